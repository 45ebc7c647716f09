package export

import (
	"context"
	"fmt"
	"io"
	"os"
)

// spool copies r to a temporary file that only this user may read. The caller
// closes and removes it.
func spool(ctx context.Context, r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "jsm-onboard-*.spool")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	if _, err := io.Copy(f, cancelled{ctx, r}); err != nil {
		discard(f)
		return nil, fmt.Errorf("copying the input to a temporary file: %w", err)
	}
	return f, nil
}

func discard(f *os.File) error {
	closeErr := f.Close()
	if err := os.Remove(f.Name()); err != nil {
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
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
