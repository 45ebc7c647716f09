package csvtext

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// File is a text that has been opened: one unpacked copy of it in a temporary
// file, so that it cannot change while it is read. Close removes the copy.
type File struct {
	path      string
	sha256    string
	unpacked  *os.File
	stats     byteStats
	temporary []*os.File // the copy, and that of an archive
}

// Open copies the text at path ("-": stdin) out of whatever it is packed in. A *RefusedError says why it is none that
// can be read. When the context ends it returns at once; a read of the source that waits for data is left behind.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f, source := &File{path: "stdin"}, stdin
	if path != "-" {
		raw, err := openFile(path)
		if err != nil {
			return nil, err
		}
		defer raw.Close()
		f.path, source = path, raw
	}
	if err := f.unpack(ctx, source); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	what := ""
	switch st, statErr := f.Stat(); {
	case errors.Is(err, fs.ErrNotExist):
		what = "there is no such file"
	case err != nil:
		what = errors.Unwrap(err).Error()
	case statErr == nil && st.IsDir():
		what = "this is a folder"
	default:
		return f, nil
	}
	f.Close()
	return nil, &RefusedError{Path: path, What: what, Hint: "name a CSV file that you may read, or - for stdin"}
}

// Path is the path as given, or "stdin".
func (f *File) Path() string { return f.path }

// SHA256 is the checksum of the bytes as they lie on disk.
func (f *File) SHA256() string { return f.sha256 }

// Close removes the copy.
func (f *File) Close() (err error) {
	for _, t := range f.temporary {
		err = errors.Join(err, t.Close())
		if removeErr := os.Remove(t.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

// newTemporary makes a file that nobody else sees: where the system allows it, it has no name any more.
func (f *File) newTemporary() (*os.File, error) {
	t, err := os.CreateTemp("", "jsm-onboard-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	os.Remove(t.Name()) // fails on Windows, where Close does it
	f.temporary = append(f.temporary, t)
	return t, nil
}

// unpack makes the copy, and refuses what is no text of cells.
func (f *File) unpack(ctx context.Context, source io.Reader) (err error) {
	piped := interruptible(ctx, source)
	defer piped.Close()
	sum := sha256.New()
	raw := bufio.NewReaderSize(io.TeeReader(piped, sum), 64<<10)
	var text io.Reader = raw
	damaged := &RefusedError{Path: f.path, Hint: "download it again"}
	switch head, _ := raw.Peek(4); { // an error comes again
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		damaged.What = "the gzip file is damaged or cut off"
		text, err = gzip.NewReader(raw)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		damaged.What = "the zip archive, or Excel workbook, is damaged or encrypted"
		damaged.Hint += "; of a workbook export the people as CSV UTF-8"
		text, err = f.unzip(raw)
	}
	if err == nil {
		err = f.copyText(contextReader{ctx, text})
	}
	switch {
	case damaged.What != "" && isDamage(err):
		return damaged
	case err != nil:
		return err
	case len(f.stats.head) == 0:
		return &RefusedError{Path: f.path, What: "the file is empty: there is nothing to do",
			Hint: "check whether the export has failed, and make it again"}
	}
	f.sha256 = hex.EncodeToString(sum.Sum(nil))
	return refuseForeign(f.path, f.stats.head)
}

// isDamage reports an error that is the fault of a packed file, and not that of the disk or of the context.
func isDamage(err error) bool {
	_, disk := errors.AsType[*fs.PathError](err)
	_, refused := errors.AsType[*RefusedError](err)
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	return err != nil && !disk && !refused && !ended
}

// interruptible reads from source until the context ends. Only a read that has begun outlives it.
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

// unzip opens the one CSV file in a zip archive, which it copies first.
func (f *File) unzip(raw io.Reader) (io.Reader, error) {
	packed, err := f.newTemporary()
	if err != nil {
		return nil, err
	}
	size, err := io.Copy(packed, raw)
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", f.path, err)
	}
	return csvInZip(f.path, packed, size)
}

// copyText copies the text itself, and adds its lines to the stats. Lines that are longer than
// a row may be are added in pieces.
func (f *File) copyText(text io.Reader) (err error) {
	if f.unpacked, err = f.newTemporary(); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(io.TeeReader(text, f.unpacked), maxRow)
	for err == nil || err == bufio.ErrBufferFull {
		var line []byte
		line, err = lines.ReadSlice('\n')
		f.stats.add(line)
	}
	if err != io.EOF {
		return fmt.Errorf("copying %s to a temporary file: %w", f.path, err)
	}
	return nil
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
