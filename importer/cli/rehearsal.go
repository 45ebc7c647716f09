package cli

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer"
)

// accountIDs are those that a sandbox gives away: each run's sandbox the same.
type accountIDs struct {
	tenant string   // what those of its customers begin with
	others []string // of the accounts that are there from the start
}

func idsOf(site *jsmtest.Site) accountIDs {
	var ids accountIDs
	for a := range site.Accounts() {
		ids.others = append(ids.others, a.ID)
		if a.Type == jsmtest.Customer {
			ids.tenant = a.ID[:strings.LastIndex(a.ID, ":")+1]
		}
	}
	return ids
}

func (ids accountIDs) have(id string) bool {
	return ids.tenant != "" && strings.HasPrefix(id, ids.tenant) || slices.Contains(ids.others, id)
}

// rehearsal keeps a run at the sandbox from replacing the results of a real
// one, which stand at the same path unless --results says otherwise. names are
// the flags that give it files of its own.
func (s *sitting) rehearsal(results, names string) error {
	if !s.session.sandbox {
		return nil
	}
	id, err := firstAccountID(results)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && (id == "" || s.session.gives.have(id)):
		return nil
	case err == nil:
		err = errors.New("it is of another site's run")
	}
	return &hinted{code: exitBroken, err: fmt.Errorf("%s would be replaced by the results of a rehearsal: %s", results, plainly(err)),
		hint: "give the rehearsal names of its own: " + names}
}

const byteOrderMark = "\ufeff"

var errNoResults = errors.New("it is no file of results as they are written here")

// firstAccountID is the first account id in a file of results that the site had:
// all such are of one site. "": there is none, so the file tells of nothing that
// a site has.
func firstAccountID(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	text := bufio.NewReader(file)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark))
	}
	records := csv.NewReader(text)
	records.FieldsPerRecord = -1
	header, err := records.Read()
	at, status := slices.Index(header, "jsm_account_id"), slices.Index(header, "jsm_status")
	if err != nil || at < 0 {
		return "", errNoResults
	}
	for {
		record, err := records.Read()
		switch {
		case err == io.EOF:
			return "", nil
		case err != nil:
			return "", errNoResults
		case at < len(record) && record[at] != "" && (status < 0 || status >= len(record) || !onlyNamed(record[status])):
			return record[at], nil
		}
	}
}

// onlyNamed tells whether the account id of a row with this status may be what
// the input of a revocation says, of an account that the site does not have.
func onlyNamed(status string) bool {
	switch s, _ := importer.ParseStatus(status); s {
	case importer.NotFound, importer.NotPortalOnly, importer.Review, importer.Duplicate, importer.Excluded, importer.Invalid, importer.NotAttempted:
		return true
	}
	return false
}
