// Package ledger remembers what has been done at a site: runs, what became of each of their rows,
// accounts, who is in which source, and memberships. It is one SQLite file, which the sqlite3 shell opens.
//
// Every method that writes returns when what it wrote is on disk: one goroutine commits what has come in
// since its last commit as one transaction, in WAL mode with synchronous FULL (fullfsync on macOS).
// What a method has returned without an error survives a killed process, and a power loss as far as the
// device keeps what it has acknowledged.
//
// When the disk fails, every waiting and later write gets that error; the file can be opened again when
// there is room. A row takes about half a kilobyte; Prune gives back what outcomes take.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Ledger is an open ledger. Its methods may be called by many goroutines.
type Ledger struct {
	path  string
	read  *sql.DB
	write *writer  // nil: opened for reading only
	lock  *os.File // nil: opened for reading only
}

// Open opens the ledger of site at the absolute path, and makes folder (0700) and file (0600) where there are none.
// Nobody else can open it for writing until it is closed or the process ends. Attempts that are under way
// in the file are of a process that has ended: from now on they are lost.
// Errors: *HeldError, *RefusedError.
func Open(ctx context.Context, path, site string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, wrap(path, err)
	}
	held, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	l := &Ledger{path: path, lock: held}
	if err := l.open(ctx, site); err != nil {
		return nil, wrap(path, errors.Join(err, l.Close()))
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context, site string) (err error) {
	// A file of 0 bytes is new: SQLite leaves one behind when the process is killed while making it.
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), checkLog(l.path)); err != nil {
		return err
	}
	if l.write, err = openWriter(ctx, l.path, site); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(l.path)); err != nil {
		return err
	}
	l.read, err = openChecked(ctx, l.path, site, dsn(l.path, "rw", readPragmas...))
	return err
}

// OpenReadOnly opens the ledger for reading. It takes no lock: a run may go on meanwhile, and what that
// has committed is read. A file that is not there is an empty ledger; none is made.
// Whatever writes returns an error.
func OpenReadOnly(ctx context.Context, path, site string) (*Ledger, error) {
	file, err := os.Open(path) // SQLite does not say why it cannot
	if err == nil {
		err = errors.Join(file.Close(), checkLog(path))
	}
	l := &Ledger{path: path}
	if err == nil {
		l.read, err = openChecked(ctx, path, site, dsn(path, "ro", readPragmas...))
	}
	if errors.Is(err, os.ErrNotExist) {
		l.read, err = openChecked(ctx, path, site, inMemory)
	}
	if err != nil {
		return nil, wrap(path, err)
	}
	return l, nil
}

const inMemory = ":memory:"

// openChecked opens a ledger of site for reading; inMemory is one with nothing in it. An empty file is
// os.ErrNotExist.
func openChecked(ctx context.Context, path, site, name string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	if name == inMemory {
		db.SetMaxOpenConns(1) // a second one would have a memory of its own
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	empty, err := inspect(ctx, c, path, site)
	switch {
	case empty && name == inMemory:
		err = makeSchema(ctx, c, site)
	case empty:
		err = os.ErrNotExist
	}
	if err = errors.Join(err, c.Close()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Path returns the path as given to Open.
func (l *Ledger) Path() string { return l.path }

// Close waits for what is being written, then gives the ledger back. It returns the error that ended
// writing, if there was one.
func (l *Ledger) Close() error {
	var err error
	if l.read != nil {
		err = l.read.Close()
	}
	if l.write != nil {
		err = errors.Join(err, l.write.close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Truncate(0), unlock(l.lock))
	}
	return err
}

// Bind ties the ledger to the site with this cloud id: the first one is kept, and any other is a
// *RefusedError. A ledger that was opened for reading only compares.
func (l *Ledger) Bind(ctx context.Context, cloudID string) error {
	if l.write != nil {
		if err := l.update(ctx, "INSERT OR IGNORE INTO meta VALUES ('cloud_id', ?)", cloudID); err != nil {
			return err
		}
	}
	var has string
	err := l.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'cloud_id'").Scan(&has)
	if errors.Is(err, sql.ErrNoRows) || err == nil && has == cloudID {
		return nil
	}
	if err != nil {
		return wrap(l.path, err)
	}
	return &RefusedError{Path: l.path,
		What: fmt.Sprintf(
			"belongs to another site at the same address (its cloud id was %s and is now %s)",
			has,
			cloudID,
		),
		Hint: "name another file with --ledger; a sandbox that was started again has forgotten all accounts"}
}

// checkLog refuses a database that is empty while its log is not: SQLite would drop the log.
func checkLog(path string) error {
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	log, err := os.Stat(path + "-wal")
	if err == nil && file.Size() == 0 && log.Size() > 0 {
		return refuseDamaged(path, "is empty, but its log "+path+"-wal is not")
	}
	return nil
}

// readPragmas: each connection keeps 2 MiB of pages.
var readPragmas = []string{"query_only(1)", "cache_size(-2048)"}

// dsn names the file as a URI, so that every absolute path may be opened. mode is SQLite's: rw, ro.
func dsn(path, mode string, pragmas ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	q := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}
