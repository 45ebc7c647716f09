package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedByte lies far behind the text: on Windows a locked range cannot be read by others.
const lockedByte = 1 << 30

// tryLock locks one byte of f; Windows gives it back when the process ends.
func tryLock(f *os.File) error {
	at := &windows.Overlapped{Offset: lockedByte}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}

// unlock is done by closing f.
func unlock(f *os.File) error { return f.Close() }

// syncFolder does nothing: NTFS keeps its own journal of names, and a folder cannot be flushed.
func syncFolder(string) error { return nil }
