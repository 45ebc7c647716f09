-- What a new ledger is made of. Times are UTC text, flags 0 or 1, statuses their names.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,                   -- site, cloud_id
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE,
  command      TEXT NOT NULL,
  source       TEXT NOT NULL,
  input        TEXT NOT NULL,
  input_sha256 TEXT NOT NULL,
  choices      TEXT NOT NULL,
  started_at   TEXT NOT NULL,               -- of its last session
  finished_at  TEXT NOT NULL DEFAULT '',
  outcome      TEXT NOT NULL DEFAULT '',    -- complete, stopped, held; '' while it goes on or when it was killed
  stop_reason  TEXT NOT NULL DEFAULT '',
  exit_code    INTEGER NOT NULL DEFAULT 0,
  rows_read    INTEGER NOT NULL DEFAULT 0,
  retry        INTEGER NOT NULL DEFAULT 0,  -- outcomes.retry are forgotten when it goes on
  roster       INTEGER NOT NULL DEFAULT 0,  -- it says who is in the source, once it is complete
  completed    INTEGER NOT NULL DEFAULT 0,  -- its turn: 1, 2, … in the order in which runs begin, go on and end, whatever the clock said
  undone_at    TEXT NOT NULL DEFAULT '',
  pruned_at    TEXT NOT NULL DEFAULT '',
  summary      TEXT NOT NULL DEFAULT '',    -- JSON
  trace        TEXT NOT NULL DEFAULT ''     -- what the run's page draws, as JSON
) STRICT;
CREATE INDEX runs_job ON runs (command, source, input_sha256, choices);
CREATE INDEX runs_completed ON runs (source, completed);

-- What became of each row of a run.
CREATE TABLE outcomes (
  run         INTEGER NOT NULL,
  revoke      INTEGER NOT NULL,             -- 0: create, 1: revoke access
  row         INTEGER NOT NULL,
  sheet_row   INTEGER NOT NULL,
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
  open        INTEGER NOT NULL,             -- a request may have been carried out, its answer is not known
  look_up     INTEGER NOT NULL,             -- the account id is still to be looked up
  retry       INTEGER NOT NULL,
  PRIMARY KEY (run, revoke, row)
) STRICT, WITHOUT ROWID;

-- Requests that are under way, and those whose answer was lost.
CREATE TABLE attempts (
  run         INTEGER NOT NULL,
  revoke      INTEGER NOT NULL,
  row         INTEGER NOT NULL,
  key         TEXT NOT NULL,
  email       TEXT NOT NULL,
  name        TEXT NOT NULL,
  external_id TEXT NOT NULL,
  at          TEXT NOT NULL,
  lost        INTEGER NOT NULL,             -- may have been carried out, and its answer will not come
  PRIMARY KEY (run, revoke, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_key ON attempts (key);

-- Accounts at the site, one row for each address.
CREATE TABLE accounts (
  key         TEXT PRIMARY KEY,
  email       TEXT NOT NULL,
  name        TEXT NOT NULL,                -- as it was sent last
  external_id TEXT NOT NULL,
  id          TEXT NOT NULL,                -- '' when it is not known
  status      TEXT NOT NULL,                -- created, created_unconfirmed, conflict
  first_run   INTEGER NOT NULL,
  run         INTEGER NOT NULL,             -- with row: what status and id are from
  row         INTEGER NOT NULL,
  at          TEXT NOT NULL,
  revoked_at  TEXT NOT NULL DEFAULT '',
  revoked_run INTEGER NOT NULL DEFAULT 0,
  gone_run    INTEGER NOT NULL DEFAULT 0,   -- the run that found that the site has it no more
  look_up     INTEGER NOT NULL DEFAULT 0,
  names_sent  TEXT NOT NULL DEFAULT ''      -- JSON: names in attempts whose answer was lost, until look_up is 0
) STRICT; -- in the order in which they were made: Recall reads what lies side by side
CREATE INDEX accounts_id ON accounts (id) WHERE id <> '';
CREATE INDEX accounts_external ON accounts (external_id) WHERE external_id <> '';
CREATE INDEX accounts_look_up ON accounts (key) WHERE look_up = 1;

-- Who is in a source as of its last complete run.
CREATE TABLE members (
  source      TEXT NOT NULL,
  key         TEXT NOT NULL,
  external_id TEXT NOT NULL,
  first_run   INTEGER NOT NULL,
  left_run    INTEGER,                      -- NULL: there
  last_seen   TEXT NOT NULL,                -- '' while there; not so while left_run is NULL: missing, perhaps there
  aside       INTEGER NOT NULL,             -- only in rows that are not sent, or as a further address
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
  gone        INTEGER NOT NULL,             -- 0: there, 1: gone, 2: missing
  aside       INTEGER NOT NULL,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- Memberships that are done: of accounts in organizations and service projects.
CREATE TABLE access (
  kind   TEXT NOT NULL,                     -- organization, service_desk, service_desk_organization, organization_created
  member TEXT NOT NULL,
  target TEXT NOT NULL,
  run    INTEGER NOT NULL,                  -- the run that added it
  PRIMARY KEY (kind, member, target)
) STRICT, WITHOUT ROWID;

-- What the results of a run show of the access of its rows.
CREATE TABLE row_access (
  run          INTEGER NOT NULL,
  row          INTEGER NOT NULL,
  organization TEXT NOT NULL,
  service_desk TEXT NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (run, row)
) STRICT, WITHOUT ROWID;

-- Rows of failed files, and those of them that were imported with success after they had been fixed.
CREATE TABLE fixed (
  original TEXT PRIMARY KEY,                -- how the importer identifies the row
  key      TEXT NOT NULL,
  run      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
