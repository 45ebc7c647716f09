// Package ledger remembers what has been done at a site: runs, what became of
// each of their rows, accounts, and who is in which source. It is one SQLite
// file, which the sqlite3 shell opens.
//
// # What is on disk, and when
//
// Begin returns after the attempt is on disk; the callback of Settle and of
// Withdraw is called after the outcome is. One goroutine writes: it takes what
// has come in since its last commit as one transaction, so that a commit is
// never waited for with nothing to do, and is shared when there is much to do.
// While much comes in, outcomes wait for one another, some milliseconds at most,
// and attempts, which requests wait for, overtake them.
// The file is in WAL mode with synchronous FULL (fullfsync on macOS): each
// commit appends to the log and flushes it to the device before it returns,
// and a checkpoint flushes log and file before the log is used anew. The
// folder is flushed after the file was made. So after a killed process what is
// in the log is found again, and after a power loss too, as far as the device
// keeps what it has acknowledged.
//
// What is written costs by the page, so what comes in together is put together:
// attempts stand in a journal, a record for each group, until they are settled;
// and where the accounts of a key stand is entered by the thousand, in order of
// the keys. Opening the ledger ends what a killed process has left of both.
//
// When the disk fails, every waiting and later call gets that error: nothing
// that was told as durable is lost, and the ledger can be opened again when
// there is room.
//
// A row takes about half a kilobyte of file: its outcome, the account and,
// after a sync, the member. Prune gives the outcome's part back.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Ledger is an open ledger. Its methods may be called by many goroutines.
type Ledger struct {
	path  string
	lock  *lock   // nil: read-only
	write *writer // nil: read-only

	read     *sql.DB
	accounts *sql.Stmt // accountsQuery

	directory *directory // nil before Index
	tail      *tail

	pending []lostAttempt // read-only: begun and not settled when it was opened

	mu   sync.Mutex
	runs map[int64]string // ids by seq, as far as they were needed
}

// Open opens the ledger of site at path and makes folder (0700) and file
// (0600) where there are none. The Ledger is the only one that writes until it
// is closed or the process ends.
//
// A file of 0 bytes is taken as new: SQLite leaves one behind when the process
// is killed while making it. Errors: *HeldError, *RefusedError.
func Open(ctx context.Context, path, site string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, wrap(path, err)
	}
	held, err := takeLock(ctx, path)
	if err != nil {
		return nil, err
	}
	l, err := open(ctx, path, site)
	if err != nil {
		return nil, wrap(path, errors.Join(err, held.release()))
	}
	l.lock = held
	return l, nil
}

func open(ctx context.Context, path, site string) (*Ledger, error) {
	if err := makeFile(path); err != nil {
		return nil, err
	}
	w, err := openWriter(ctx, path, site)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	db, err := openReader(dsn(path, "rw", readPragmas...))
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	l, err := newLedger(ctx, path, db)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	l.write, l.tail = w, w.tail
	return l, nil
}

func openWriter(ctx context.Context, path, site string) (*writer, error) {
	db, err := sql.Open("sqlite", dsn(path, "rw", writePragmas...))
	if err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	err = prepareFile(ctx, c, path, site)
	if err == nil {
		err = takeOver(ctx, c)
	}
	var w *writer
	if err == nil {
		w, err = startWriter(path, db, c)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close(), db.Close())
	}
	return w, nil
}

// takeOver ends what a process has left that was killed. Nobody else writes:
// what is pending now will not be settled any more.
func takeOver(ctx context.Context, c *sql.Conn) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, text := range []string{losePending + " true" + onLost, "DELETE FROM journal", enter, entered} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// newLedger reads from db, and closes it when that does not work.
func newLedger(ctx context.Context, path string, db *sql.DB) (*Ledger, error) {
	st, err := db.PrepareContext(ctx, accountsQuery)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Ledger{path: path, read: db, accounts: st, tail: &tail{}, runs: map[int64]string{}}, nil
}

// makeFile makes an empty file for its mode of 0600. A log without its
// database is never written over.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return checkLog(path)
}

// checkLog refuses a database that is empty while its log is not: SQLite would drop the log.
func checkLog(path string) error {
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	if file.IsDir() {
		return &RefusedError{Path: path, What: "is a folder", Hint: "name a file in it with --ledger"}
	}
	log, err := os.Stat(path + "-wal")
	if err == nil && file.Size() == 0 && log.Size() > 0 {
		return refuseDamaged(path, "is empty, but its log "+path+"-wal is not")
	}
	return nil
}

// writePragmas: a commit flushes the log; at 32 MB of log a checkpoint follows.
var writePragmas = []string{"synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
	"wal_autocheckpoint(8000)", "journal_size_limit(67108864)", "cache_size(-4096)"}

// readers is how many connections read, with half a MB of pages each (and as much
// that the allocation of pages wastes).
const readers = 4

var readPragmas = []string{"query_only(1)", "cache_size(-512)"}

func openReader(dsn string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
}

// Path returns the path as given to Open.
func (l *Ledger) Path() string { return l.path }

// Close waits for what is still to be written, then gives the ledger back.
// It returns the error that ended writing, if there was one.
func (l *Ledger) Close() error {
	err := errors.Join(l.accounts.Close(), l.read.Close())
	if l.write != nil {
		err = errors.Join(err, l.write.close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.release())
	}
	return err
}

// dsn names the file as a URI, so that every path may be opened. mode is
// SQLite's: rw, ro.
func dsn(path, mode string, pragmas ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	q := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}
