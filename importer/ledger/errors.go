package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	errClosed   = errors.New("the ledger is closed")
	errReadOnly = errors.New("the ledger was opened for reading only")
	// ErrFull is returned when the disk does not take what is to be written.
	ErrFull = errors.New("its disk is full or fails")
)

// RefusedError is returned when the file cannot be used as this site's ledger. The file was not changed.
type RefusedError struct {
	Path   string
	What   string // what is wrong with it
	Hint   string // what to do next
	Locked bool   // another process has it open
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("ledger %s: %s\n%s", e.Path, e.What, e.Hint)
}

// wrap puts the ledger's path before err, once. A file that is damaged, or may not be written, becomes a *RefusedError.
func wrap(path string, err error) error {
	named := "ledger " + path + ": "
	if _, refused := errors.AsType[*RefusedError](err); err == nil || refused || strings.HasPrefix(err.Error(), named) {
		return err
	}
	e, _ := errors.AsType[*sqlite.Error](err)
	code := cmp.Or(e, &sqlite.Error{}).Code() & 0xff // 0: it is not of SQLite
	switch code {
	case sqlite3.SQLITE_CORRUPT:
		return refuseDamaged(path, "is damaged: "+err.Error())
	case sqlite3.SQLITE_NOTADB:
		return refuseDamaged(path, "is not a ledger: it is not an SQLite database")
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		err = fmt.Errorf("%w (%w)", ErrFull, err)
	}
	if code == sqlite3.SQLITE_READONLY || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return &RefusedError{Path: path, What: "may not be read and written by this user", Hint: "give permission on " +
			"its folder and on all files that begin with its name, or name another with --ledger"}
	}
	return fmt.Errorf("%s%w", named, err)
}

func refuseDamaged(path, what string) error {
	return &RefusedError{Path: path, What: what, Hint: "restore it from a backup, or name another file with " +
		"--ledger (a new one knows nothing of what was onboarded)"}
}
