package csvtext

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"
)

// File is a text that has been opened: one unpacked copy of it in a temporary
// file, so that it cannot change while it is read. Close removes the copy.
type File struct {
	path   string
	sha256 string
	copy   *os.File
	marks  marks
}

// Open copies the text at path ("-": stdin) out of whatever it is packed in. A
// *RefusedError says why it is none that can be read. When the context ends it
// returns at once; a read of the source that waits for data is left behind.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f := &File{path: path}
	source := stdin
	if path == "-" {
		f.path = "stdin"
	} else {
		raw, err := os.Open(path)
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			what := failed.Err.Error()
			if errors.Is(err, fs.ErrNotExist) {
				what = "there is no such file"
			}
			return nil, &RefusedError{Path: path, What: what,
				Hint: "name the CSV file to read, or - for stdin"}
		}
		defer raw.Close()
		st, err := raw.Stat()
		if err != nil {
			return nil, err
		}
		if st.IsDir() {
			return nil, &RefusedError{Path: path, What: "this is a folder", Hint: "name the CSV file in it"}
		}
		source = raw
	}
	if err := f.unpack(ctx, source); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Path is the path as given, or "stdin".
func (f *File) Path() string { return f.path }

// SHA256 is the checksum of the bytes as they lie on disk.
func (f *File) SHA256() string { return f.sha256 }

// Close removes the copy.
func (f *File) Close() error { return discard(f.copy) }

// unpack makes the copy, and refuses what is no text of cells.
func (f *File) unpack(ctx context.Context, source io.Reader) error {
	piped := interruptible(ctx, source)
	defer piped.Close()
	sum := sha256.New()
	raw := bufio.NewReaderSize(io.TeeReader(piped, sum), 64<<10)
	head, err := raw.Peek(headSize)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", f.path, err)
	}
	if err := refuseForeign(f.path, head); err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		err = f.gunzip(ctx, raw)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		err = f.unzip(ctx, raw)
	default:
		err = f.keep(ctx, raw)
	}
	if err != nil {
		return err
	}
	f.sha256 = hex.EncodeToString(sum.Sum(nil))
	if len(f.marks.head) == 0 {
		return &RefusedError{Path: f.path, What: "the file is empty: there is nothing to do",
			Hint: "check whether the export has failed, and make it again"}
	}
	return refuseForeign(f.path, f.marks.head[:min(headSize, len(f.marks.head))])
}

// interruptible reads from source until the context ends. Only a read that has
// begun outlives it.
func interruptible(ctx context.Context, source io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	go func() {
		defer stop()
		_, err := io.Copy(w, source)
		w.CloseWithError(err)
	}()
	return r
}

func (f *File) gunzip(ctx context.Context, raw io.Reader) error {
	unpacked, err := gzip.NewReader(raw)
	if err == nil {
		err = f.keep(ctx, unpacked)
	}
	if isDamage(err) {
		return &RefusedError{Path: f.path, What: "the gzip file is damaged or cut off", Hint: "download it again"}
	}
	return err
}

// isDamage reports an error of a packed file's content, and not of the disk.
func isDamage(err error) bool {
	for _, damage := range []error{gzip.ErrHeader, gzip.ErrChecksum, zip.ErrFormat, zip.ErrChecksum,
		zip.ErrAlgorithm, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, damage) {
			return true
		}
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt
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
	text, err := textIn(f.path, packed, size)
	if err == nil {
		err = f.keep(ctx, text)
		text.Close()
	}
	if isDamage(err) {
		return &RefusedError{Path: f.path, What: "the zip archive, or Excel workbook, is damaged",
			Hint: "download it again; of a workbook export the people as CSV UTF-8"}
	}
	return err
}

// keep copies the text itself, and looks at its bytes on the way.
func (f *File) keep(ctx context.Context, text io.Reader) error {
	var err error
	if f.copy, err = temporary(); err != nil {
		return err
	}
	lines := bufio.NewScanner(contextReader{ctx, text})
	lines.Buffer(make([]byte, 0, 256<<10), maxCell)
	lines.Split(wholeLines)
	for lines.Scan() {
		f.marks.add(lines.Bytes())
		if _, err := f.copy.Write(lines.Bytes()); err != nil {
			return fmt.Errorf("copying %s to a temporary file: %w", f.path, err)
		}
	}
	if lines.Err() != nil {
		return fmt.Errorf("reading %s: %w", f.path, lines.Err())
	}
	return nil
}

// wholeLines cuts a text between lines, and a line that is very long between
// characters: each piece is UTF-8 where the text is.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	end := bytes.LastIndexAny(data, "\r\n") + 1
	switch {
	case atEOF:
		end = len(data)
	case end == 0 && len(data) >= maxCell/2:
		for end = len(data) - 1; end > len(data)-utf8.UTFMax && !utf8.RuneStart(data[end]); end-- {
		}
	}
	if end == 0 {
		return 0, nil, nil
	}
	return end, data[:end], nil
}

// contextReader reads until the context ends.
type contextReader struct {
	ctx    context.Context
	source io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.source.Read(p)
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
