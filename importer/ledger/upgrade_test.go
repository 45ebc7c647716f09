package ledger

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// version1 is the schema of version 1, as it was.
const version1 = `
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

// year1 is what a ledger of version 1 may hold. ann's access was taken away a
// month after she was made. The last run of the source is the third one, by
// finished_at, by which version 1 went.
const year1 = `
INSERT INTO runs (seq, id, command, source, input, input_sha256, choices, started_at, finished_at, outcome, roster) VALUES
  (1, '0badcafe', 'import', '', 'a.csv', 'a', '', '2026-01-02T03:04:05.000Z', '2026-01-02T03:05:05.000Z', 'complete', 0),
  (2, '0badcaff', 'sync', 'desk', 'b.csv', 'b', '', '2026-01-02T03:04:05.000Z', '2026-02-02T03:05:05.000Z', 'stopped', 1),
  (3, '0badcafa', 'sync', 'desk', 'c.csv', 'c', '', '2026-01-02T03:04:05.000Z', '2026-03-02T03:05:05.000Z', 'complete', 1),
  (4, '0badcafb', 'sync', 'desk', 'd.csv', 'd', '', '2026-01-02T03:04:05.000Z', '2026-02-28T03:05:05.000Z', 'complete', 1);
INSERT INTO accounts VALUES
  (1, 'ann', 1, 1, '', 'Ann', '7', 'qm:ann', 'created', 1, '2026-01-02T03:04:05.000Z', ''),
  (2, 'ann', 3, 1, '', 'Ann', '7', 'qm:ann', 'created', 1, '2026-02-02T03:04:05.000Z', '2026-02-02T03:04:05.000Z'),
  (3, 'eve', 3, 2, '', 'Eve', '', 'qm:eve', '', 0, '2026-02-03T03:04:05.000Z', '2026-02-03T03:04:05.000Z');
INSERT INTO attempts VALUES (1, 0, 2, 3, 'bob', '', 'Bob', '', '2026-01-02T03:04:05.000Z', 0, 0),
  (1, 0, 3, 4, 'cyd', '', 'Cyd', '', '2026-01-02T03:04:05.000Z', 1, 0), (1, 0, 4, 5, 'dan', '', 'Dan', '', '2026-01-02T03:04:05.000Z', 1, 1);
INSERT INTO members VALUES ('desk', 'ann', '7', 3, NULL, '');
`

func whyRefused(err error) string {
	if r, ok := errors.AsType[*RefusedError](err); ok {
		return r.What
	}
	return fmt.Sprint(err)
}

// A ledger of version 1 is brought up to date by who may write, and loses nothing.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.db")
	change(t, path, version1+year1+fmt.Sprintf("INSERT INTO meta VALUES ('site', '%s'); PRAGMA application_id = %d; PRAGMA user_version = 1;", site, applicationID))
	if _, err := OpenReadOnly(t.Context(), path, site); whyRefused(err) != "was written by an earlier version of jsm-onboard" {
		t.Error(err)
	}
	l := openAt(t, path)
	m, err := l.Recall(t.Context(), 0, []Query{{Row: 1, Key: "ann"}, {Row: 2, Key: "bob"}, {Row: 3, Key: "cyd"}, {Row: 4, Key: "dan"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := m[0].Account; a == nil || a.ID != "qm:ann" || a.ExternalID != "7" || a.RunID != "0badcafa" || !a.Verified || text(a.At) != "2026-01-02T03:04:05.000Z" || a.RevokedAt.IsZero() {
		t.Errorf("account %+v", a)
	}
	if m[1].Lost == nil || m[2].Lost == nil || m[3].Lost != nil {
		t.Errorf("lost: %v", m)
	}
	same(t, []string{"1 1", "2 0", "3 3", "4 2"}, ask(t, l, "SELECT seq || ' ' || completed FROM runs ORDER BY seq"))
	if last, _, err := l.LastComplete(t.Context(), "desk"); err != nil || last.Seq != 3 {
		t.Error(last, err)
	}
	same(t, []Member{{Key: "ann", ExternalID: "7"}}, all(t, l.Members(t.Context(), "desk")))
	same(t, []string{fmt.Sprint(schemaVersion)}, ask(t, l, "PRAGMA user_version"))
	const columns = "SELECT s.name || '.' || coalesce(c.name, '') FROM sqlite_schema s LEFT JOIN pragma_table_info(s.name) c ORDER BY s.name, c.cid"
	same(t, ask(t, openNew(t), columns), ask(t, l, columns))
}
