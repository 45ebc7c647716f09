package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"jsm-onboard/importer/text"
)

// errLocked is what tryLock returns when another process has the lock.
var errLocked = errors.New("locked")

// HeldError is returned by Open while another process has the ledger open.
type HeldError struct {
	Path string
	By   string // "process 123 since 2026-01-02 03:04:05", or "another process"
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("ledger %s is in use by %s\nwait until that run has ended, or end it, and start again",
		e.Path, e.By)
}

// takeLock locks <path>.lock for as long as the process lives or the file is open. The file stays; its text
// only names the holder.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap(path, err)
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		if errors.Is(err, errLocked) {
			return nil, &HeldError{Path: path, By: holder(f)}
		}
		return nil, wrap(path, err)
	}
	if f.Truncate(0) == nil {
		_, _ = fmt.Fprintf(f, "process %d since %s", os.Getpid(), time.Now().Format(time.DateTime))
	}
	return f, nil
}

func holder(f *os.File) string {
	holder, err := io.ReadAll(io.NewSectionReader(f, 0, 100))
	if err != nil || len(holder) == 0 {
		return "another process"
	}
	return text.Printable(string(holder))
}
