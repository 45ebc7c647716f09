package ledger

import (
	"context"
	"database/sql"
	"errors"
	"os"

	sqlite3 "modernc.org/sqlite/lib"
)

// OpenReadOnly opens the ledger for reading: it takes no lock, so a run may go
// on meanwhile, and what is read is what that run has committed. A file that
// is not there is an empty ledger; none is made. Whatever writes returns an error.
func OpenReadOnly(ctx context.Context, path, site string) (*Ledger, error) {
	file, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return openEmpty(ctx, path, site)
	}
	if err == nil {
		err = checkLog(path)
	}
	if err != nil {
		return nil, wrap(path, err)
	}
	if file.Size() == 0 {
		return openEmpty(ctx, path, site)
	}
	l, err := openFile(ctx, path, site, dsn(path, "ro", readPragmas...))
	// In a folder that may not be written to, SQLite cannot share the log's index.
	// Without a log there is none to share.
	if c := primary(err); (c == sqlite3.SQLITE_CANTOPEN || c == sqlite3.SQLITE_READONLY) && !hasLog(path) {
		l, err = openFile(ctx, path, site, dsn(path, "ro", readPragmas...)+"&immutable=1")
	}
	return l, wrap(path, err)
}

func hasLog(path string) bool {
	log, err := os.Stat(path + "-wal")
	return err == nil && log.Size() > 0
}

func openFile(ctx context.Context, path, site, name string) (*Ledger, error) {
	db, err := openReader(name)
	if err != nil {
		return nil, err
	}
	version, err := inspectDB(ctx, db, path, site)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if version == 0 {
		if err := db.Close(); err != nil {
			return nil, err
		}
		return openEmpty(ctx, path, site)
	}
	l, err := newLedger(ctx, path, db)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.readPending(ctx), l.readTail(ctx)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func inspectDB(ctx context.Context, db *sql.DB, path, site string) (version int, err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	version, err = inspect(ctx, c, path, site)
	if err == nil && 0 < version && version < schemaVersion {
		err = &RefusedError{Path: path, What: "was written by an earlier version of jsm-onboard",
			Hint: "the next import, sync or revoke brings it up to date"}
	}
	return version, err
}

// openEmpty is a ledger in memory with nothing in it.
func openEmpty(ctx context.Context, path, site string) (*Ledger, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := errors.Join(prepareFile(ctx, c, path, site), c.Close()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return newLedger(ctx, path, db)
}
