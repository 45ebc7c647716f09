package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

const (
	applicationID = 0x4a534d4f // "JSMO", in the file's header
	schemaVersion = 1          // PRAGMA user_version
)

//go:embed schema.sql
var schema string

// makeSchema makes an empty database into a ledger of site.
func makeSchema(ctx context.Context, c *sql.Conn, site string) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stamp := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, schema+stamp); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES ('site', ?)", site); err != nil {
		return err
	}
	return tx.Commit()
}

// inspect returns a *RefusedError unless the database is a ledger of site, or empty.
func inspect(ctx context.Context, c *sql.Conn, path, site string) (empty bool, err error) {
	var id, version, objects int
	err = c.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&id, &version, &objects)
	switch {
	case err != nil:
		return false, err
	case id == 0 && version == 0 && objects == 0:
		return true, nil
	case id != applicationID:
		return false, &RefusedError{Path: path, What: "is the database of another program",
			Hint: "name another file with --ledger"}
	case version != schemaVersion:
		return false, &RefusedError{Path: path, Hint: "use the jsm-onboard that wrote it, or a newer one",
			What: fmt.Sprintf(
				"was written by another version of jsm-onboard (the file has version %d, this program knows %d)",
				version,
				schemaVersion,
			)}
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
