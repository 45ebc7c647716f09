package ledger

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	applicationID = 0x4a534d4f // "JSMO", in the file's header
	schemaVersion = 1          // PRAGMA user_version
	timeLayout    = "2006-01-02T15:04:05.000Z"
)

// schema is what a new ledger is made of. Times are UTC text, flags 0 or 1;
// an address is left empty where it is the key itself.
const schema = `
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  command       TEXT NOT NULL,
  source        TEXT NOT NULL,
  input         TEXT NOT NULL,
  input_sha256  TEXT NOT NULL,
  choices       TEXT NOT NULL,
  started_at    TEXT NOT NULL,
  finished_at   TEXT NOT NULL DEFAULT '',
  outcome       TEXT NOT NULL DEFAULT '',           -- complete, stopped; '' while it goes on or when it was killed
  stop_reason   TEXT NOT NULL DEFAULT '',
  exit_code     INTEGER NOT NULL DEFAULT 0,
  rows_read     INTEGER NOT NULL DEFAULT 0,
  summary       TEXT NOT NULL DEFAULT '',           -- JSON
  sittings      INTEGER NOT NULL DEFAULT 1,         -- how often it was started
  ask_again     INTEGER NOT NULL DEFAULT 0,         -- forget outcomes.ask_again when it goes on
  accounts_upto INTEGER NOT NULL DEFAULT 0,         -- the newest accounts.id when its last sitting began
  roster        INTEGER NOT NULL DEFAULT 0,         -- it said who is in the source; counts when complete
  pruned_at     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX runs_job ON runs (command, source, input_sha256, choices);

-- What the page of a run draws, as JSON.
CREATE TABLE traces (
  run   INTEGER PRIMARY KEY,
  trace TEXT NOT NULL
) STRICT;

-- What became of each row of a run.
CREATE TABLE outcomes (
  run         INTEGER NOT NULL,
  revoke      INTEGER NOT NULL,                     -- 0: create, 1: take access away
  row         INTEGER NOT NULL,
  line        INTEGER NOT NULL,
  key         TEXT NOT NULL,
  email       TEXT NOT NULL,
  name        TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status      TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  reason      TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  open        INTEGER NOT NULL,                     -- may have been carried out, answer not known
  look_up     INTEGER NOT NULL,                     -- account id still to be looked up
  known       INTEGER NOT NULL,                     -- is in accounts
  verified    INTEGER NOT NULL,
  ask_again   INTEGER NOT NULL,                     -- forgotten when a run that stopped for a problem goes on
  PRIMARY KEY (run, revoke, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX outcomes_look_up ON outcomes (run, row) WHERE look_up = 1;

-- Requests that may have left and whose answer was not learned (yet).
CREATE TABLE attempts (
  run           INTEGER NOT NULL,
  revoke        INTEGER NOT NULL,
  row           INTEGER NOT NULL,
  line          INTEGER NOT NULL,
  key           TEXT NOT NULL,
  email         TEXT NOT NULL,
  name          TEXT NOT NULL,
  external_id   TEXT NOT NULL,
  at            TEXT NOT NULL,
  lost          INTEGER NOT NULL DEFAULT 0,         -- 1: its answer will not come; so are all of a process that has ended
  superseded_by INTEGER NOT NULL DEFAULT 0,         -- the run that has settled the key since
  PRIMARY KEY (run, revoke, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_lost ON attempts (key) WHERE lost = 1;

-- Versions of accounts: one run adds at most one for a key; the highest id counts.
CREATE TABLE accounts (
  id          INTEGER PRIMARY KEY,
  key         TEXT NOT NULL,
  run         INTEGER NOT NULL,
  row         INTEGER NOT NULL,
  email       TEXT NOT NULL,
  name        TEXT NOT NULL,
  external_id TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  status      TEXT NOT NULL,
  verified    INTEGER NOT NULL,
  at          TEXT NOT NULL,
  revoked_at  TEXT NOT NULL,
  UNIQUE (key, run)
) STRICT;

-- Who is in a source as of its last complete run.
CREATE TABLE members (
  source      TEXT NOT NULL,
  key         TEXT NOT NULL,
  external_id TEXT NOT NULL,
  first_run   INTEGER NOT NULL,
  left_run    INTEGER,                              -- NULL: there
  last_seen   TEXT NOT NULL,                        -- '' while there
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_key ON members (key);
CREATE INDEX members_external ON members (source, external_id) WHERE external_id <> '';
CREATE INDEX members_left ON members (source, key) WHERE left_run IS NOT NULL;

-- Changes to members, staged until the run that saw them is complete.
CREATE TABLE moves (
  source      TEXT NOT NULL,
  key         TEXT NOT NULL,
  external_id TEXT NOT NULL,
  gone        INTEGER NOT NULL,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
`

// prepareFile checks that the database is a ledger of site, and makes an empty
// one into it. A file that is refused is not written to.
func prepareFile(ctx context.Context, c *sql.Conn, path, site string) error {
	empty, err := inspect(ctx, c, path, site)
	if err != nil {
		return err
	}
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" && mode != "memory" {
		return fmt.Errorf("no write-ahead log here: journal_mode is %q", mode)
	}
	if !empty {
		return nil
	}
	return makeSchema(ctx, c, site)
}

func makeSchema(ctx context.Context, c *sql.Conn, site string) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	pragmas := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, schema+pragmas); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES ('site', ?)", site); err != nil {
		return err
	}
	return tx.Commit()
}

// inspect reads what kind of file this is. empty: nothing is in it yet.
func inspect(ctx context.Context, c *sql.Conn, path, site string) (empty bool, err error) {
	var id, version, objects int
	for query, into := range map[string]*int{
		"PRAGMA application_id":              &id,
		"PRAGMA user_version":                &version,
		"SELECT count(*) FROM sqlite_schema": &objects,
	} {
		if err := c.QueryRowContext(ctx, query).Scan(into); err != nil {
			return false, err
		}
	}
	switch {
	case id == 0 && version == 0 && objects == 0:
		return true, nil
	case id != applicationID:
		return false, &RefusedError{Path: path, What: "is the database of another program",
			Hint: "name another file with --ledger"}
	case version > schemaVersion:
		return false, &RefusedError{Path: path, What: fmt.Sprintf("was written by a newer jsm-onboard (version %d of the file, this program knows %d)", version, schemaVersion),
			Hint: "use that newer jsm-onboard"}
	case version != schemaVersion:
		return false, refuseDamaged(path, fmt.Sprintf("has version %d, which there never was", version))
	}
	var has string
	if err := c.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'site'").Scan(&has); err != nil {
		return false, err
	}
	if has != site {
		return false, &RefusedError{Path: path, What: fmt.Sprintf("belongs to %s, not to %s", has, site),
			Hint: "each site has a ledger of its own: leave --ledger out, or name another file"}
	}
	return false, nil
}
