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
	By   string // "process 123 (sync) since 2026-01-02 03:04:05", or "another process"
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("ledger %s is in use by %s\nwait until that run has ended, or end it, and start again",
		e.Path, e.By)
}

// lock is <ledger>.lock, locked by the operating system for as long as the process lives. The file stays;
// its text only names the holder and is read only while the lock is held.
type lock struct {
	file  *os.File
	since time.Time
}

func takeLock(path string) (*lock, error) {
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
	l := &lock{file: f, since: time.Now()}
	l.describe("")
	return l, nil
}

// describe writes who has the lock. It is for people: nothing depends on it.
func (l *lock) describe(command string) {
	if command != "" {
		command = " (" + command + ")"
	}
	holder := fmt.Sprintf("process %d%s since %s", os.Getpid(), command, l.since.Local().Format(time.DateTime))
	if l.file.Truncate(0) == nil {
		_, _ = l.file.WriteAt([]byte(holder), 0)
	}
}

// release empties the text and gives the lock back.
func (l *lock) release() error {
	_ = l.file.Truncate(0)
	return l.file.Close()
}

// holder is what describe has written to f.
func holder(f *os.File) string {
	holder, err := io.ReadAll(io.NewSectionReader(f, 0, 100))
	if err != nil || len(holder) == 0 {
		return "another process"
	}
	return text.Printable(string(holder))
}
