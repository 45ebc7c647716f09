package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// errLocked is what tryLock returns when another process has the lock.
var errLocked = errors.New("locked")

// endingTime is how long a holder that is just ending is waited for.
const endingTime = 150 * time.Millisecond

// Holder is who has a ledger open. PID 0: not known.
type Holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command,omitempty"` // "" until its run has started
	Since   time.Time `json:"since"`
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "another process"
	}
	s := fmt.Sprintf("process %d", h.PID)
	if h.Command != "" {
		s += " (" + h.Command + ")"
	}
	return s + " since " + h.Since.Local().Format("2006-01-02 15:04:05")
}

// HeldError is returned by Open while another process has the ledger open.
type HeldError struct {
	Path string
	By   Holder
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("ledger %s is in use by %s\nwait until that run has ended, or end it, and start again", e.Path, e.By)
}

// lock is <ledger>.lock, locked by the operating system for as long as the process lives. The file stays;
// its text only names the holder and is read only while the lock is held.
type lock struct {
	file  *os.File
	since time.Time
}

func takeLock(ctx context.Context, path string) (*lock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap(path, err)
	}
	if err = tryLock(f); errors.Is(err, errLocked) {
		select {
		case <-ctx.Done():
		case <-time.After(endingTime):
		}
		err = tryLock(f)
	}
	if err == nil {
		l := &lock{file: f, since: time.Now()}
		l.describe("")
		return l, nil
	}
	defer f.Close()
	if errors.Is(err, errLocked) {
		return nil, &HeldError{Path: path, By: holder(f)}
	}
	return nil, wrap(path, err)
}

// describe writes who has the lock. It is for people: nothing depends on it.
func (l *lock) describe(command string) {
	text, err := json.Marshal(Holder{PID: os.Getpid(), Command: command, Since: l.since.UTC().Truncate(time.Second)})
	if err != nil || l.file.Truncate(0) != nil {
		return
	}
	_, _ = l.file.WriteAt(append(text, '\n'), 0)
}

// release empties the text and gives the lock back.
func (l *lock) release() error {
	_ = l.file.Truncate(0)
	return l.file.Close()
}

func holder(f *os.File) Holder {
	var h Holder
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}
