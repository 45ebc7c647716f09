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
	Path    string // as given, or "stdin"
	SHA256  string // of the bytes as they lie on disk
	NotUTF8 int    // lines with bytes that are not UTF-8

	unpacked *os.File
	head     []byte // the beginning, at most statsBytes
	isUTF8   int    // lines with bytes above ASCII that are UTF-8
	badLines []byte // the first of those that are not, at most statsBytes
}

// Open copies the text at path ("-": stdin) out of whatever it is packed in. A *RefusedError says why it is none that
// can be read. When the context ends it returns at once; a read of the source that waits for data is left behind.
func Open(ctx context.Context, path string, stdin io.Reader) (f *File, err error) {
	f, source := &File{Path: "stdin"}, stdin
	if path != "-" {
		f.Path = path
		raw, err := f.openSource()
		if err != nil {
			return nil, err
		}
		defer raw.Close()
		source = raw
	}
	if f.unpacked, err = os.CreateTemp("", "jsm-onboard-*"); err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	os.Remove(f.unpacked.Name()) // nobody else sees it; on Windows, Close does it
	if err := f.unpack(ctx, source); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *File) openSource() (*os.File, error) {
	source, err := os.Open(f.Path)
	what := "this is a folder"
	switch st, statErr := source.Stat(); {
	case errors.Is(err, fs.ErrNotExist):
		what = "there is no such file"
	case err != nil:
		what = errors.Unwrap(err).Error()
	case statErr != nil || !st.IsDir():
		return source, nil
	}
	source.Close()
	return nil, f.refuse(what, "name a CSV file that you may read, or - for stdin")
}

func (f *File) refuse(what, hint string) error {
	return &RefusedError{Path: f.Path, What: what, Hint: hint}
}

// Close removes the copy.
func (f *File) Close() error {
	defer os.Remove(f.unpacked.Name()) // where Open could not
	return f.unpacked.Close()
}

// unpack makes the copy, and refuses what is no text of cells.
func (f *File) unpack(ctx context.Context, source io.Reader) (err error) {
	piped := interruptible(ctx, source)
	defer piped.Close()
	sum := sha256.New()
	raw := bufio.NewReaderSize(io.TeeReader(piped, sum), 64<<10)
	var text io.Reader = raw
	damage, hint := "", "download it again"
	switch head, _ := raw.Peek(4); { // an error comes again
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		damage = "the gzip file is damaged or cut off"
		text, err = gzip.NewReader(raw)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		damage = "the zip archive, or Excel workbook, is damaged or encrypted"
		hint += "; of a workbook export the people as CSV UTF-8"
		text, err = f.csvInZip(raw)
	}
	if err == nil {
		err = f.copyText(text)
	}
	_, disk := errors.AsType[*fs.PathError](err)
	_, refused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil:
		f.SHA256 = hex.EncodeToString(sum.Sum(nil))
		return f.refuseForeign()
	case damage == "" || disk || refused || ctx.Err() != nil:
		return err
	}
	return f.refuse(damage, hint)
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

// copyText copies the text itself, and adds its lines to the stats. Lines that are longer than
// a row may be are added in pieces.
func (f *File) copyText(text io.Reader) (err error) {
	lines := bufio.NewReaderSize(io.TeeReader(text, f.unpacked), maxRow)
	for err == nil || err == bufio.ErrBufferFull {
		var line []byte
		line, err = lines.ReadSlice('\n')
		f.addLine(line)
	}
	if err != io.EOF {
		return fmt.Errorf("copying %s to a temporary file: %w", f.Path, err)
	}
	return nil
}
