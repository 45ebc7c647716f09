package report

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

func TestLeavers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.leavers.csv")
	leavers := []importer.Leaver{
		{
			Email:     "ada@example.com",
			Name:      "Ada \"Al\" Byron",
			AccountID: "qm:1",
			Action:    "revoke",
			Reason:    "in no row since 2025-03-01",
			LastSeen:  "2025-03-02",
			Source:    "hr",
			RunID:     "3f9a",
		},
		{
			Email:     "-b@example.com",
			Name:      "=B",
			AccountID: "qm:2",
			Action:    "review",
			Reason:    "the external id is here under a new address",
			Source:    "@hr",
			RunID:     "3f9a",
		},
	}
	if err := WriteLeavers(path, &export.Survey{}, leavers); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" + `"email","name","jsm_account_id","jsm_action","jsm_reason","last_seen","jsm_source","jsm_run_id"` + "\r\n" +
		`"ada@example.com","Ada ""Al"" Byron","qm:1","revoke","in no row since 2025-03-01","2025-03-02","hr","3f9a"` + "\r\n" +
		`"'-b@example.com","'=B","qm:2","review","the external id is here under a new address","","'@hr","3f9a"` + "\r\n"
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestNoLeaversIsAHeaderAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.csv")
	write(t, path, "yesterday's")
	if err := WriteLeavers(path, &export.Survey{Dialect: export.Dialect{Delimiter: ';'}}, nil); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" + `"email";"name";"jsm_account_id";"jsm_action";"jsm_reason";"last_seen";"jsm_source";"jsm_run_id"` + "\r\n"
	if got := read(t, path); got != want {
		t.Errorf("%q", got)
	}
}
