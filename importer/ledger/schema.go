package ledger

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	applicationID = 0x4a534d4f // "JSMO", in the file's header
	schemaVersion = 2          // PRAGMA user_version
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
  pruned_at     TEXT NOT NULL DEFAULT '',
  completed     INTEGER NOT NULL DEFAULT 0          -- 1, 2, … in the order in which runs were completed, whatever the clock said
) STRICT;
CREATE INDEX runs_job ON runs (command, source, input_sha256, choices);
CREATE INDEX runs_completed ON runs (source, completed);

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

-- Who is in a source as of its last complete run.
CREATE TABLE members (
  source      TEXT NOT NULL,
  key         TEXT NOT NULL,
  external_id TEXT NOT NULL,
  first_run   INTEGER NOT NULL,
  left_run    INTEGER,                              -- NULL: there
  last_seen   TEXT NOT NULL,                        -- '' while there
  aside       INTEGER NOT NULL DEFAULT 0,           -- was never onboarded from there: only in rows that are not sent, or as a further address
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
  aside       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
`

// books is what keeps account of requests and accounts, since version 2.
const books = `
-- Attempts that are under way: those that went onto the disk together, with
-- run and kind in common. A record goes when all of them are settled.
CREATE TABLE journal (
  id       INTEGER PRIMARY KEY,
  run      INTEGER NOT NULL,
  revoke   INTEGER NOT NULL,
  at       TEXT NOT NULL,
  attempts TEXT NOT NULL                            -- JSON: row, line, key, email, name, external_id of each
) STRICT;

-- The attempts of rows that are not settled: their answer will not come when
-- the process that made them has ended. (One that is open is in lost.)
CREATE VIEW pending AS
  SELECT j.run, j.revoke, a.value->>'row' AS row, a.value->>'line' AS line, a.value->>'key' AS key,
    coalesce(a.value->>'email', '') AS email, a.value->>'name' AS name,
    coalesce(a.value->>'external_id', '') AS external_id, j.at
  FROM journal j CROSS JOIN json_each(j.attempts) a
  WHERE NOT EXISTS (SELECT 1 FROM outcomes o
    WHERE o.run = j.run AND o.revoke = j.revoke AND o.row = a.value->>'row');

-- Attempts that may have been carried out and whose answer was never learned.
CREATE TABLE lost (
  run           INTEGER NOT NULL,
  revoke        INTEGER NOT NULL,
  row           INTEGER NOT NULL,
  line          INTEGER NOT NULL,
  key           TEXT NOT NULL,
  email         TEXT NOT NULL,
  name          TEXT NOT NULL,
  external_id   TEXT NOT NULL,
  at            TEXT NOT NULL,
  superseded_by INTEGER NOT NULL DEFAULT 0,         -- the run that has settled the key since
  PRIMARY KEY (run, revoke, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX lost_key ON lost (key);

-- Versions of accounts, only ever added to: of a key the highest id counts.
-- Status 'gone': the site has it no more, and all is as if it had never been.
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
  revoked_at  TEXT NOT NULL
) STRICT;

-- Where the versions of a key stand, but for those of the newest accounts:
-- they are entered by the thousand and in order, since each alone would
-- change a page.
CREATE TABLE account_keys (
  key TEXT NOT NULL,
  id  INTEGER NOT NULL,
  PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('accounts_entered', '0');  -- the newest that is in account_keys

CREATE VIEW unentered AS
  SELECT key, id FROM accounts
  WHERE id > (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'accounts_entered');
CREATE VIEW versions AS
  SELECT key, id FROM account_keys UNION ALL SELECT key, id FROM unentered;

CREATE INDEX moves_external ON moves (source, external_id) WHERE external_id <> '';
`

// fromVersion1 fills the books from those of version 1. No process goes on
// with what was pending in them.
const fromVersion1 = `
ALTER TABLE accounts RENAME TO accounts_1;
` + books + `
INSERT INTO lost SELECT run, revoke, row, line, key, email, name, external_id, at, superseded_by FROM attempts;
INSERT INTO accounts SELECT id, key, run, row, email, name, external_id, account_id, status, verified,
  coalesce((SELECT before.at FROM accounts_1 before WHERE a.revoked_at <> '' AND before.key = a.key
    AND before.id < a.id AND before.revoked_at = '' ORDER BY before.id DESC LIMIT 1), at), revoked_at
  FROM accounts_1 a;
DROP TABLE attempts;
DROP TABLE accounts_1;
ALTER TABLE runs ADD COLUMN completed INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET completed = done.n
  FROM (SELECT seq, row_number() OVER (ORDER BY finished_at, seq) AS n FROM runs WHERE outcome = 'complete') done
  WHERE done.seq = runs.seq;
CREATE INDEX runs_completed ON runs (source, completed);
ALTER TABLE members ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moves ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;
`

// prepareFile checks that the database is a ledger of site, brings one of an
// earlier version up to date, and makes an empty one into a ledger. A file that
// is refused is not written to.
func prepareFile(ctx context.Context, c *sql.Conn, path, site string) error {
	version, err := inspect(ctx, c, path, site)
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
	switch version {
	case 0:
		return makeSchema(ctx, c, schema+books, site)
	case 1:
		return makeSchema(ctx, c, fromVersion1, site)
	}
	return nil
}

// makeSchema runs text and stamps the file as one of this version.
func makeSchema(ctx context.Context, c *sql.Conn, text, site string) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	pragmas := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, text+pragmas); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('site', ?)", site); err != nil {
		return err
	}
	return tx.Commit()
}

// inspect reads the version of the file; 0: nothing is in it yet.
func inspect(ctx context.Context, c *sql.Conn, path, site string) (version int, err error) {
	var id, objects int
	for query, into := range map[string]*int{
		"PRAGMA application_id":              &id,
		"PRAGMA user_version":                &version,
		"SELECT count(*) FROM sqlite_schema": &objects,
	} {
		if err := c.QueryRowContext(ctx, query).Scan(into); err != nil {
			return 0, err
		}
	}
	switch {
	case id == 0 && version == 0 && objects == 0:
		return 0, nil
	case id != applicationID:
		return 0, &RefusedError{Path: path, What: "is the database of another program",
			Hint: "name another file with --ledger"}
	case version > schemaVersion:
		return 0, &RefusedError{Path: path, What: fmt.Sprintf("was written by a newer jsm-onboard (version %d of the file, this program knows %d)", version, schemaVersion),
			Hint: "use that newer jsm-onboard"}
	case version < 1:
		return 0, refuseDamaged(path, fmt.Sprintf("has version %d, which there never was", version))
	}
	var has string
	if err := c.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'site'").Scan(&has); err != nil {
		return 0, err
	}
	if has != site {
		return 0, &RefusedError{Path: path, What: fmt.Sprintf("belongs to %s, not to %s", has, site),
			Hint: "each site has a ledger of its own: leave --ledger out, or name another file"}
	}
	return version, nil
}
