package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// spool copies r to a temporary file that only this user may read. The caller
// closes and removes it.
func spool(ctx context.Context, r io.Reader) (*os.File, error) {
	f, err := temporary()
	if err != nil {
		return nil, err
	}
	copied := make(chan error, 1)
	go func() { // a read from a pipe or a terminal cannot be called off; it ends with the process
		_, err := io.Copy(f, cancelled{ctx, r})
		copied <- err
	}()
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-copied:
	}
	if err != nil {
		discard(f)
		return nil, fmt.Errorf("copying the input to a temporary file: %w", err)
	}
	return f, nil
}

// temporary makes a file of mode 0600. Where the system lets an open file have
// no name, it has none: what is in it does not outlive a process that is killed.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "jsm-onboard-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	_ = os.Remove(f.Name()) // fails on Windows, where discard does it
	return f, nil
}

func discard(f *os.File) error {
	closeErr := f.Close()
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return closeErr
}

// cancelled is a reader that ends with the context's error.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
