package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
)

const (
	applicationID = 0x4a534d4f // "JSMO", in the file's header
	schemaVersion = 1          // PRAGMA user_version
)

//go:embed schema.sql
var schema string

// newLedger makes an empty database into the ledger of a site.
var newLedger = schema + fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; ",
	applicationID, schemaVersion) + "INSERT INTO meta VALUES ('site', ?)"

// inspect returns a *RefusedError unless the file is a ledger of site, or there is nothing in it or no file: SQLite
// leaves one behind without content when the process is killed while making it. access is of noContent.
func inspect(ctx context.Context, path, site string, access int) (empty bool, err error) {
	if empty, err := noContent(path, access); empty || err != nil {
		return empty, err
	}
	db, _ := sql.Open("sqlite", dsn(path, "ro"))
	defer db.Close()
	var id, version, objects int
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
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
			What: fmt.Sprintf("was written by another version of jsm-onboard (the file has version %d, this program "+
				"knows %d)", version, schemaVersion)}
	}
	var has string
	err = db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'site'").Scan(&has)
	if err == nil && has != site {
		err = &RefusedError{Path: path, What: fmt.Sprintf("belongs to %s, not to %s", has, site),
			Hint: "each site has a ledger of its own: leave --ledger out, or name another file"}
	}
	return false, err
}

// noContent reports whether there is no file, or nothing in it. One that is empty while its log is not is refused:
// SQLite would drop the log. It opens the file with access, as os.OpenFile takes it: SQLite does not say why it fails.
func noContent(path string, access int) (bool, error) {
	file, err := os.OpenFile(path, access, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	found, err := file.Stat()
	if err != nil || found.Size() > 0 {
		return false, err
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return false, refuseDamaged(path, "is empty, but its log "+path+"-wal is not")
	}
	return true, nil
}
