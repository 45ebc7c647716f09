-- What the rows of a run ask for besides accounts, in a temporary database beside the ledger.

CREATE TEMP TABLE claims (
  key          TEXT NOT NULL,               -- of the account
  row          INTEGER NOT NULL,
  sheet_row    INTEGER NOT NULL,            -- as a spreadsheet numbers it
  organization TEXT NOT NULL,               -- groups.name; '' when the row names none
  spelled      TEXT NOT NULL,               -- as the row names it
  no_account   INTEGER NOT NULL,            -- there is none, and the run will not make one
  PRIMARY KEY (key, row)
) WITHOUT ROWID;
CREATE UNIQUE INDEX temp.claims_row ON claims (row);
CREATE INDEX temp.claims_organization ON claims (organization, row) WHERE organization <> '';

-- Organizations that rows name, and service projects.
CREATE TEMP TABLE groups (
  number INTEGER PRIMARY KEY,
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,
  id     TEXT NOT NULL,                     -- at the site; '' while it has none
  why    TEXT NOT NULL,                     -- why nobody can be added
  invalid INTEGER NOT NULL,                  -- because it is no organization
  run    INTEGER NOT NULL,                  -- the run that asks
  source TEXT NOT NULL,                     -- and its source
  UNIQUE (kind, name)
);

-- Members whom the site has refused.
CREATE TEMP TABLE refused (
  kind   TEXT NOT NULL,
  target TEXT NOT NULL,
  member TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (kind, target, member)
) WITHOUT ROWID;

-- Organizations that somebody asks for who has an account.
CREATE TEMP VIEW needed AS
SELECT c.organization AS name FROM claims c CROSS JOIN accounts a ON a.key = c.key
WHERE c.organization <> '' AND a.id <> '' AND a.gone_run = 0 AND a.revoked_at = '';

-- What is asked for, for each row and for each organization, and what has become of it. (+kind: whoever asks for one
-- kind must not have all groups of that kind searched for each row.)
CREATE TEMP VIEW wanted AS
WITH asked AS (
  SELECT c.row, c.sheet_row, c.key, c.no_account, g.number, +g.kind AS kind, g.name, g.id AS target, g.run, g.source,
    coalesce(a.id, '') AS member,
    g.invalid, CASE WHEN g.why <> '' THEN g.why WHEN a.id = '' THEN '%[1]s' ELSE '' END AS why
  FROM claims c CROSS JOIN groups g ON g.kind = 'service_desk' OR g.kind = 'organization' AND g.name = c.organization
    LEFT JOIN accounts a ON a.key = c.key AND a.gone_run = 0 AND a.revoked_at = ''
  UNION ALL
  SELECT 0, 0, o.name, 0, g.number, 'service_desk_organization', g.name, g.id, g.run, g.source, o.id, 0, ''
  FROM groups g CROSS JOIN groups o WHERE g.kind = 'service_desk' AND o.kind = 'organization' AND o.id <> ''
)
SELECT asked.*,
  CASE WHEN invalid THEN 'invalid' WHEN why <> '' THEN 'failed' WHEN x.run = asked.run THEN 'added' WHEN x.run IS NOT NULL THEN 'known'
    WHEN f.reason IS NOT NULL THEN 'failed' ELSE 'not_attempted' END AS access,
  CASE WHEN why <> '' THEN why WHEN x.run IS NOT NULL OR asked.member = '' THEN ''
    ELSE coalesce(f.reason, '%[2]s') END AS reason
FROM asked
  LEFT JOIN access x ON x.kind = asked.kind AND x.member = asked.member AND x.target = asked.target AND NOT EXISTS (
    -- Whoever is back: a run of this source has added them to another since, and had an administrator take them out.
    SELECT 1 FROM access y WHERE asked.kind = 'organization' AND y.kind = 'organization' AND y.member = asked.member
      AND y.run > x.run AND x.run <> asked.run AND (SELECT source FROM runs WHERE seq = y.run) = asked.source
      AND y.target NOT IN (SELECT id FROM claims c CROSS JOIN groups g
        ON g.kind = 'organization' AND g.name = c.organization WHERE c.key = asked.key))
  LEFT JOIN refused f ON f.kind = asked.kind AND f.target = asked.target AND f.member = asked.member;
