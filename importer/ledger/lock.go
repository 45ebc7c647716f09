package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"jsm-onboard/importer/text"
)

// The holder's name stands behind the first byte, which is what Windows locks: nobody else may read that.
const nameAt, nameLength = 1, 60

// Lock locks <path>.lock for as long as the process lives or the lock is not given back. That leaves the file; its
// text only names the holder. [TryOpen] holds it for a moment, so it is asked for a few times.
func Lock(path string) (*flock.Flock, error) {
	real, _ := filepath.EvalSymlinks(path) // by whatever links: one file has one lock
	f, err := os.OpenFile(cmp.Or(real, path)+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lock := flock.New(f.Name())
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	got, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	if !got {
		name, _ := io.ReadAll(io.NewSectionReader(f, nameAt, nameLength))
		by := cmp.Or(text.Printable(strings.TrimSpace(string(name))), "another process")
		return nil, &RefusedError{Path: path, Locked: true, What: "is in use by " + by,
			Hint: "wait until that run has ended, or end it; nothing was sent"}
	}
	name := fmt.Sprintf("process %d since %s", os.Getpid(), time.Now().Format(time.DateTime))
	_, _ = f.WriteAt(fmt.Appendf(nil, "%-*s", nameLength, name), nameAt)
	return lock, nil
}

// syncFolder makes the names of files just made in dir durable, where the system can do that.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // Windows and some network file systems cannot
	return d.Close()
}
