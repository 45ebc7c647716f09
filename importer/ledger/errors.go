package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNoRun is returned by Run when no run has the id that was asked for.
var ErrNoRun = errors.New("no such run")

var (
	errClosed   = errors.New("the ledger is closed")
	errReadOnly = errors.New("the ledger was opened for reading only")
)

// RefusedError tells that the file cannot be used as this site's ledger. The
// file has not been changed.
type RefusedError struct {
	Path string
	What string // what is wrong with it
	Hint string // what to do next
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("ledger %s: %s\n%s", e.Path, e.What, e.Hint)
}

// Holder says who has a ledger open. PID 0: not known.
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

// HeldError tells that another run has the ledger open.
type HeldError struct {
	Path string
	By   Holder
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("ledger %s is in use by %s\nwait until that run has ended, or end it, and start again", e.Path, e.By)
}

// wrap puts the ledger's path before err. A file that turns out to be damaged,
// or that this user may not write to, becomes a *RefusedError.
func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	switch primary(err) {
	case 0:
		if forbids(err) {
			return refuseForbidden(path)
		}
	case sqlite3.SQLITE_READONLY:
		if code(err) != sqlite3.SQLITE_READONLY_DBMOVED {
			return refuseForbidden(path)
		}
	case sqlite3.SQLITE_CANTOPEN:
		if mayNotWrite(path) {
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
	return &RefusedError{Path: path, What: what,
		Hint: "bring it back from a backup, or name another file with --ledger (a new one knows nothing of what was onboarded)"}
}

func refuseForbidden(path string) error {
	what := "may not be written to by this user"
	if f, err := os.Open(path); err == nil {
		_ = f.Close()
	} else if forbids(err) {
		what = "may not be read by this user"
	}
	return &RefusedError{Path: path, What: what,
		Hint: "give write permission on the file and on its folder, or name another ledger with --ledger"}
}

// forbids tells whether the operating system has refused to let us write.
func forbids(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// mayNotWrite tells whether it is for want of permission that SQLite cannot
// open path, or a file beside it.
func mayNotWrite(path string) bool {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err == nil {
			err = f.Close()
		}
		if forbids(err) {
			return true
		}
	}
	return false
}

// primary returns SQLite's result code without its extended part, 0 when err
// does not come from SQLite.
func primary(err error) int { return code(err) & 0xff }

// code is primary with the extended part.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// unusable tells whether err says that nothing more can be written for now.
func unusable(err error) bool {
	switch primary(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return true
	}
	return false
}
