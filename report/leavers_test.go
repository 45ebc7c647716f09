package report

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLeavers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.leavers.csv")
	leavers := []Leaver{
		{"ada@example.com", "Ada \"Al\" Byron", "qm:1", "revoke", "in no row since 2025-03-01", Day{time.Date(2025, 3, 1,
			23, 0, 0, 0, time.FixedZone("", -7200))}, "hr", "3f9a"},
		{"-b@example.com", "=B", "qm:2", "review", "the external id is here under a new address", Day{}, "@hr", "3f9a"},
	}
	if err := WriteLeavers(path, ',', leavers); err != nil {
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
	if err := WriteLeavers(path, ';', nil); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" + `"email";"name";"jsm_account_id";"jsm_action";"jsm_reason";"last_seen";"jsm_source";"jsm_run_id"` + "\r\n"
	if got := read(t, path); got != want {
		t.Errorf("%q", got)
	}
}
