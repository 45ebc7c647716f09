package export

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"time"
)

const chunkSize = 256 << 10

// checksums are what is remembered of the raw bytes: enough to notice a
// change in any chunk before it is used.
type checksums struct {
	seed    maphash.Seed
	chunks  []uint64
	size    int64
	modTime time.Time
	sha256  string
}

// sum reads the raw file once.
func (f *File) sum(ctx context.Context) (*checksums, error) {
	st, err := f.raw.Stat()
	if err != nil {
		return nil, err
	}
	s := &checksums{seed: maphash.MakeSeed(), modTime: st.ModTime()}
	whole := sha256.New()
	buf := make([]byte, chunkSize)
	for {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		n, err := f.raw.ReadAt(buf, s.size)
		if n > 0 {
			whole.Write(buf[:n])
			s.chunks = append(s.chunks, maphash.Bytes(s.seed, buf[:n]))
			s.size += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.path, err)
		}
	}
	s.sha256 = hex.EncodeToString(whole.Sum(nil))
	return s, nil
}

// chunkReader reads the raw file and fails with a *ChangedError before it
// hands out a byte of a chunk that is not as it was summed.
type chunkReader struct {
	ctx    context.Context
	f      *File
	buf    []byte
	loaded int // number of the chunk in buf, -1: none
	offset int64
	err    error // the first trouble below what is packed
}

func (f *File) verified(ctx context.Context) *chunkReader {
	return &chunkReader{ctx: ctx, f: f, buf: make([]byte, 0, chunkSize), loaded: -1}
}

func (c *chunkReader) load(n int) error {
	if c.loaded == n {
		return nil
	}
	if err := context.Cause(c.ctx); err != nil {
		return err
	}
	if c.f.replaced() {
		return &ChangedError{c.f.path}
	}
	sums := c.f.sums
	want := min(sums.size-int64(n)*chunkSize, chunkSize)
	c.loaded, c.buf = -1, c.buf[:want]
	if got, err := c.f.raw.ReadAt(c.buf, int64(n)*chunkSize); int64(got) < want {
		if err == io.EOF {
			return &ChangedError{c.f.path}
		}
		return fmt.Errorf("reading %s: %w", c.f.path, err)
	}
	if maphash.Bytes(sums.seed, c.buf) != sums.chunks[n] {
		return &ChangedError{c.f.path}
	}
	c.loaded = n
	return nil
}

func (c *chunkReader) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		if off >= c.f.sums.size {
			return done, io.EOF
		}
		if err := c.load(int(off / chunkSize)); err != nil {
			c.err = err
			return done, err
		}
		n := copy(p[done:], c.buf[off%chunkSize:])
		done, off = done+n, off+int64(n)
	}
	return done, nil
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if rest := c.f.sums.size - c.offset; int64(len(p)) > rest {
		if rest == 0 {
			return 0, c.grown()
		}
		p = p[:rest]
	}
	n, err := c.ReadAt(p, c.offset)
	c.offset += int64(n)
	return n, err
}

// grown is io.EOF unless the file has become longer.
func (c *chunkReader) grown() error {
	if st, err := c.f.raw.Stat(); err != nil || st.Size() != c.f.sums.size || c.f.replaced() {
		return &ChangedError{c.f.path}
	}
	return io.EOF
}

// replaced tells whether another file has come to stand at the path. One that
// is gone is still read to its end.
func (f *File) replaced() bool {
	if f.spool {
		return false
	}
	there, err := os.Stat(f.path)
	if err != nil {
		return false
	}
	ours, err := f.raw.Stat()
	return err != nil || !os.SameFile(there, ours)
}

// unpack reads the unpacked bytes. The sums must be there.
func (f *File) unpack(ctx context.Context) (io.Reader, error) {
	raw := f.verified(ctx)
	switch f.pack {
	case gzipped:
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, f.damaged("gzip file", raw, err)
		}
		return packedReader{f, raw, "gzip file", z}, nil
	case zipped:
		e, err := f.zipEntry(raw)
		if err != nil {
			return nil, f.damaged("zip archive", raw, err)
		}
		r, err := e.Open()
		if err != nil {
			return nil, f.damaged("zip archive", raw, err)
		}
		return packedReader{f, raw, "zip archive", r}, nil
	}
	return raw, nil
}

// packedReader tells a damaged archive from trouble below it.
type packedReader struct {
	f    *File
	raw  *chunkReader
	name string
	r    io.Reader
}

func (p packedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && err != io.EOF {
		err = p.f.damaged(p.name, p.raw, err)
	}
	return n, err
}

func (f *File) damaged(name string, raw *chunkReader, err error) error {
	if raw.err != nil {
		return raw.err
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused
	}
	return &RefusedError{Path: f.path, What: fmt.Sprintf("the %s is damaged or was cut off: %v", name, err), Hint: "download or pack it again"}
}
