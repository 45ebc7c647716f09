package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"
)

// errLocked is what tryLock returns when another process has the lock.
var errLocked = errors.New("locked")

// lock is <ledger>.lock, locked by the operating system for as long as the
// process lives. The file stays; its text only says who has the lock and is
// looked at only when the lock is held. Readers take no lock.
type lock struct {
	file  *os.File
	since time.Time
}

// takeLock waits a moment for a holder that is just ending, then gives up
// with a *HeldError.
func takeLock(ctx context.Context, path string) (*lock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap(path, err)
	}
	err = tryLock(f)
	if errors.Is(err, errLocked) {
		select {
		case <-ctx.Done():
		case <-time.After(150 * time.Millisecond):
		}
		err = tryLock(f)
	}
	if err == nil {
		l := &lock{file: f, since: time.Now()}
		l.tell("")
		return l, nil
	}
	defer f.Close()
	if errors.Is(err, errLocked) {
		return nil, &HeldError{Path: path, By: holder(f)}
	}
	return nil, wrap(path, err)
}

// tell writes who has the lock. It is for people: nothing depends on it.
func (l *lock) tell(command string) {
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
