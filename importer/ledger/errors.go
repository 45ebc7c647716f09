package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNoRun is returned by Run when no run has the id that was asked for.
var ErrNoRun = errors.New("no such run")

var (
	errClosed   = errors.New("the ledger is closed")
	errReadOnly = errors.New("the ledger was opened for reading only")
)

// RefusedError is returned when the file cannot be used as this site's ledger. The file was not changed.
type RefusedError struct {
	Path string
	What string // what is wrong with it
	Hint string // what to do next
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("ledger %s: %s\n%s", e.Path, e.What, e.Hint)
}

// wrap puts the ledger's path before err. A file that turns out to be damaged, or that this user may not
// write to, becomes a *RefusedError.
func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	switch code := code(err); code & 0xff {
	case 0:
		if forbidden(err) {
			return refuseForbidden(path)
		}
	case sqlite3.SQLITE_READONLY:
		if code != sqlite3.SQLITE_READONLY_DBMOVED {
			return refuseForbidden(path)
		}
	case sqlite3.SQLITE_CANTOPEN:
		if cannotWrite(path) {
			return refuseForbidden(path)
		}
	case sqlite3.SQLITE_CORRUPT:
		return refuseDamaged(path, "is damaged: "+err.Error())
	case sqlite3.SQLITE_NOTADB:
		return refuseDamaged(path, "is not a ledger: it is no SQLite database")
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("ledger %s: the disk is full: %w", path, err)
	}
	return fmt.Errorf("ledger %s: %w", path, err)
}

func refuseDamaged(path, what string) error {
	return &RefusedError{Path: path, What: what, Hint: "bring it back from a backup, or name another file with " +
		"--ledger (a new one knows nothing of what was onboarded)"}
}

func refuseForbidden(path string) error {
	what := "may not be written to by this user"
	if f, err := os.Open(path); err == nil {
		_ = f.Close()
	} else if forbidden(err) {
		what = "may not be read by this user"
	}
	return &RefusedError{Path: path, What: what,
		Hint: "give write permission on the file and on its folder, or name another ledger with --ledger"}
}

// forbidden reports whether the operating system has refused access.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// cannotWrite reports whether permission is missing on path or on a file that SQLite keeps beside it.
func cannotWrite(path string) bool {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err == nil {
			_ = f.Close()
		}
		if forbidden(err) {
			return true
		}
	}
	return false
}

// cannotShare reports whether SQLite could not make the files that it shares with a writer.
func cannotShare(err error) bool {
	primary := code(err) & 0xff
	return primary == sqlite3.SQLITE_CANTOPEN || primary == sqlite3.SQLITE_READONLY
}

// code returns SQLite's extended result code, 0 when err does not come from SQLite.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}
