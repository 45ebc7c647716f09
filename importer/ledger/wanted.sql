-- What the rows of a run ask for besides accounts, in a temporary database beside the ledger.

CREATE TEMP TABLE claims (
  row          INTEGER PRIMARY KEY,
  sheet_row    INTEGER NOT NULL,            -- as a spreadsheet numbers it
  key          TEXT NOT NULL,               -- of the account
  organization TEXT NOT NULL,               -- groups.name; '' when the row names none
  spelled      TEXT NOT NULL,               -- as the row names it
  problem      TEXT NOT NULL,               -- why the row's organization cannot be used
  no_account   INTEGER NOT NULL             -- there is none, and the run will not make one
);
CREATE INDEX temp.claims_no_account ON claims (key) WHERE no_account;
CREATE INDEX temp.claims_organization ON claims (organization, row) WHERE organization <> '';

-- Organizations that rows name, and service projects.
CREATE TEMP TABLE groups (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  id   TEXT NOT NULL,                       -- at the site; '' while it has none
  why  TEXT NOT NULL,                       -- why nobody can be added
  PRIMARY KEY (kind, name)
);

-- The place of each person in each group that was asked for, and of each organization in each project.
CREATE TEMP TABLE seats (
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,
  key    TEXT NOT NULL,
  member TEXT NOT NULL,                     -- its id; '' when there is nobody to add
  access TEXT NOT NULL,                     -- as the results show it
  reason TEXT NOT NULL,
  PRIMARY KEY (kind, name, key)
) WITHOUT ROWID;
CREATE INDEX temp.seats_open ON seats (kind, name, key) WHERE access = 'not_attempted' AND member <> '';
