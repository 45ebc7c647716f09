// Package ledger remembers what has been done at a site: runs, what became of each of their rows,
// accounts, who is in which source, and memberships. It is one SQLite file, which the sqlite3 shell opens.
//
// Every method that writes returns when what it wrote is on disk: what comes in during a commit is the next
// transaction, in WAL mode with synchronous FULL (fullfsync on macOS). What a method has returned without an error
// survives a killed process, and a power loss as far as the device keeps what it has acknowledged.
//
// When the disk fails, every waiting and later write gets that error; once there is room, it can be opened again.
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

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite": what sql.Open cannot open shows when it is asked
)

// Ledger is an open ledger. Its methods may be called by many goroutines.
type Ledger struct {
	path   string
	name   string // by which SQLite opens it for reading
	read   *sql.DB
	write  *writer      // nil: opened for reading only
	lock   *flock.Flock // nil: opened for reading only
	wanted []*sql.DB
}

// Open opens the ledger of site at the absolute path, and makes folder (0700) and file (0600) where there are none.
// Nobody else can open it for writing until it is closed or the process ends. Attempts in the file without an outcome
// are of a process that has ended: they become lost attempts. An error may be a *RefusedError.
func Open(ctx context.Context, path, site string) (*Ledger, error) {
	l := &Ledger{path: path}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		_, err = inspect(ctx, path, site, os.O_RDWR) // before there is a lock beside what is no ledger
	}
	if err == nil {
		l.lock, err = Lock(path)
	}
	if err == nil {
		err = l.open(ctx, site)
	}
	if err != nil {
		_ = l.Close() // fails for the same reason, if it does
		return nil, wrap(path, err)
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context, site string) error {
	empty, err := inspect(ctx, l.path, site, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	if l.write, err = openWriter(ctx, l.path); err != nil {
		return err
	}
	if ctx = context.WithoutCancel(ctx); empty {
		err = l.update(ctx, newLedger, site)
	} else {
		err = l.update(ctx, "UPDATE attempts SET lost = 1 WHERE lost = 0")
	}
	l.name = dsn(l.path, "ro", "cache_size(-6144)") // the inner pages of a million accounts
	l.read, _ = sql.Open("sqlite", l.name)
	return errors.Join(err, syncFolder(filepath.Dir(l.path)))
}

// TryOpen returns the error of Open for a missing permission, or another process that has it. It leaves nothing behind.
func TryOpen(path string) error {
	if _, err := os.Stat(path + ".lock"); err == nil {
		lock, err := Lock(path)
		if err != nil {
			return wrap(path, err)
		}
		defer lock.Unlock()
	}
	if _, err := noContent(path, os.O_RDWR); err != nil {
		return wrap(path, err)
	}
	folder := filepath.Dir(path)
	for _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist); _, err = os.Stat(folder) {
		folder = filepath.Dir(folder) // in which the others would be made
	}
	f, err := os.CreateTemp(folder, ".jsm-onboard-")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	return wrap(path, err)
}

// OpenReadOnly opens the ledger for reading. It takes no lock: a run may write meanwhile, and what it has committed is
// read. A missing file is an empty ledger; none is created. Methods that write return an error.
func OpenReadOnly(ctx context.Context, path, site string) (*Ledger, error) {
	empty, err := inspect(ctx, path, site, os.O_RDONLY)
	if err != nil {
		return nil, wrap(path, err)
	}
	l := &Ledger{path: path, name: dsn(path, "ro", "cache_size(-2048)")}
	if empty {
		l.name = fmt.Sprintf("file:/%p?vfs=memdb", l) // in memory, for all connections of l
	}
	if l.read, _ = sql.Open("sqlite", l.name); empty {
		_, err = l.read.ExecContext(ctx, newLedger, site)
	}
	if err != nil {
		return nil, wrap(path, errors.Join(err, l.Close()))
	}
	return l, nil
}

// Close waits for writes, then closes the ledger and unlocks it. It returns the error that ended writing, if any.
func (l *Ledger) Close() error {
	var err error
	for _, db := range append(l.wanted, l.read) {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if l.write != nil {
		err = errors.Join(err, l.write.close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Unlock())
	}
	return err
}

// Bind ties the ledger to the site with this cloud id. The first is kept; any other is a *RefusedError, also "", of a
// site that shows none any more. A ledger that was opened for reading only compares.
func (l *Ledger) Bind(ctx context.Context, cloudID string) error {
	if l.write != nil && cloudID != "" {
		if err := l.update(ctx, "INSERT OR IGNORE INTO meta VALUES ('cloud_id', ?)", cloudID); err != nil {
			return err
		}
	}
	has, err := value[string](ctx, l, "SELECT value FROM meta WHERE name = 'cloud_id'")
	if err != nil || has == "" || has == cloudID {
		return err
	}
	refused := &RefusedError{
		Path: l.path,
		What: "belongs to another site at the same address (its cloud id was " + has + " and is now " + cloudID + ")",
		Hint: "name another file with --ledger; a sandbox that was started again has forgotten all accounts",
	}
	if cloudID == "" {
		refused.What = "is of the site with the cloud id " + has + ", and this one shows none: it may be another"
		refused.Hint = "run it again when the site answers at /_edge/tenant_info; nothing was sent"
	}
	return refused
}

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
