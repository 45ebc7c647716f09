package csvtext

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// File is a text that has been opened: one unpacked copy of it in a temporary
// file, so that it cannot change while it is read. Close removes the copy.
type File struct {
	path    string
	sha256  string
	size    int64
	modTime time.Time
	copy    *os.File
	marks   marks
}

// Open copies the text at path ("-": stdin) out of whatever it is packed in. A
// *RefusedError says why it is none that can be read.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f := &File{path: path}
	source := stdin
	if path == "-" {
		f.path = "stdin"
	} else {
		raw, err := openRaw(path)
		if err != nil {
			return nil, err
		}
		defer raw.Close()
		if st, err := raw.Stat(); err == nil {
			f.modTime = st.ModTime()
		}
		source = raw
	}
	if err := f.unpack(ctx, source); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openRaw(path string) (*os.File, error) {
	raw, err := os.Open(path)
	if err != nil {
		return nil, refuseOpen(path, err)
	}
	if st, err := raw.Stat(); err == nil && st.IsDir() {
		raw.Close()
		return nil, &RefusedError{Path: path, What: "this is a folder", Hint: "name the CSV file in it"}
	}
	return raw, nil
}

func refuseOpen(path string, err error) error {
	const nameIt = "name the CSV file to read, or - for stdin"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &RefusedError{Path: path, What: "there is no such file", Hint: nameIt}
	case errors.Is(err, fs.ErrPermission):
		return &RefusedError{Path: path, What: "you may not read this file", Hint: "make it readable for this user"}
	case errors.Is(err, syscall.ENOTDIR):
		return &RefusedError{Path: path, What: "there is no such file: a part of the path is no folder", Hint: nameIt}
	}
	return err
}

// Path is the path as given, or "stdin".
func (f *File) Path() string { return f.path }

// SHA256 is the checksum of the bytes as they lie on disk.
func (f *File) SHA256() string { return f.sha256 }

// Size is the number of bytes on disk.
func (f *File) Size() int64 { return f.size }

// ModTime is when the file was changed last; zero for stdin.
func (f *File) ModTime() time.Time { return f.modTime }

// Close removes the copy.
func (f *File) Close() error { return discard(f.copy) }

// unpack makes the copy.
func (f *File) unpack(ctx context.Context, source io.Reader) error {
	sum := &summed{ctx: ctx, source: source, hash: sha256.New()}
	raw := bufio.NewReaderSize(sum, 256<<10)
	head, err := raw.Peek(512)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", f.path, err)
	}
	if err := refuseForeign(f.path, head); err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		err = f.gunzip(raw)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		err = f.unzip(ctx, raw)
	default:
		err = f.keep(raw)
	}
	if err != nil {
		return err
	}
	f.sha256, f.size = hex.EncodeToString(sum.hash.Sum(nil)), sum.size
	return f.refuseContent()
}

// refuseContent refuses what an archive may hold as well.
func (f *File) refuseContent() error {
	if len(f.marks.head) == 0 {
		return &RefusedError{Path: f.path, What: "the file is empty: there is nothing to do",
			Hint: "look whether the export has failed, and make it again"}
	}
	return refuseForeign(f.path, f.marks.head[:min(512, len(f.marks.head))])
}

func (f *File) gunzip(raw io.Reader) error {
	unpacked, err := gzip.NewReader(raw)
	if err == nil {
		err = f.keep(unpacked)
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, io.EOF) || isFlateError(err) {
		return &RefusedError{Path: f.path, What: "the gzip file is damaged or cut off", Hint: "download it again"}
	}
	return err
}

func (f *File) unzip(ctx context.Context, raw io.Reader) error {
	packed, err := temporary()
	if err != nil {
		return err
	}
	defer discard(packed)
	size, err := io.Copy(packed, raw)
	if err != nil {
		return fmt.Errorf("copying %s: %w", f.path, err)
	}
	entry, err := onlyEntry(f.path, packed, size)
	if err != nil {
		return err
	}
	content, err := entry.Open()
	if err == nil {
		defer content.Close()
		err = f.keep(&summed{ctx: ctx, source: content})
	}
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrAlgorithm) ||
		errors.Is(err, io.ErrUnexpectedEOF) || isFlateError(err) {
		return damagedZip(f.path, packed, err)
	}
	return err
}

// keep copies the text itself, and looks at its bytes on the way.
func (f *File) keep(text io.Reader) error {
	var err error
	if f.copy, err = temporary(); err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := text.Read(buf)
		f.marks.add(buf[:n])
		if _, err := f.copy.Write(buf[:n]); err != nil {
			return fmt.Errorf("copying %s to a temporary file: %w", f.path, err)
		}
		if err == io.EOF {
			f.marks.end()
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", f.path, err)
		}
	}
}

// summed reads until the context ends, and sums what it reads when it has a hash.
type summed struct {
	ctx    context.Context
	source io.Reader
	hash   hash.Hash
	size   int64
}

func (s *summed) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.source.Read(p)
	if s.hash != nil {
		s.hash.Write(p[:n])
		s.size += int64(n)
	}
	return n, err
}

// temporary makes a file that nobody else sees: where the system allows it, it
// has no name any more.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "jsm-onboard-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	os.Remove(f.Name()) // fails on Windows, where discard does it
	return f, nil
}

func discard(f *os.File) error {
	if f == nil {
		return nil
	}
	err := f.Close()
	if removeErr := os.Remove(f.Name()); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}
