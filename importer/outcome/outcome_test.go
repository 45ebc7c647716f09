package outcome

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyStatus is what a run of either kind can end a row with.
func everyStatus() []Status {
	all := append(ImportStatuses(), RevokeStatuses()...)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryStatusIsDescribed(t *testing.T) {
	all := everyStatus()
	if len(all) != len(statuses)-1 {
		t.Errorf("%d statuses in the two lists, %d in all", len(all), len(statuses)-1)
	}
	for _, s := range all {
		if !strings.HasSuffix(s.Meaning(), ".") || strings.ContainsAny(s.Meaning(), "\n") {
			t.Errorf("%s means %q", s, s.Meaning())
		}
		back, err := ParseStatus(s.String())
		if err != nil || back != s {
			t.Errorf("%s is read back as %s, %v", s, back, err)
		}
	}
}

// TestGood pins the table of statuses: whoever adds one decides on it here.
func TestGood(t *testing.T) {
	want := map[Status]bool{
		Created: true, CreatedUnconfirmed: true, Conflict: true, Known: true, Renamed: true, Duplicate: true,
		Excluded: true, Revoked: true, AlreadyRevoked: true,
		RevokedBefore: false, Invalid: false, Failed: false, Unknown: false, NotAttempted: false,
		Review: false, NotFound: false, NotPortalOnly: false,
	}
	got := map[Status]bool{}
	var fixing []Status
	for _, s := range everyStatus() {
		got[s] = s.Good()
		if s.NeedsFixing() {
			fixing = append(fixing, s)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Status{Invalid, Failed, Unknown}, fixing); diff != "" {
		t.Error(diff)
	}
}

func TestStatusAsText(t *testing.T) {
	text, err := json.Marshal(map[Status]int{CreatedUnconfirmed: 2})
	if err != nil || string(text) != `{"created_unconfirmed":2}` {
		t.Errorf("%s, %v", text, err)
	}
	var s Status
	if err := json.Unmarshal([]byte(`"not_found"`), &s); err != nil || s != NotFound {
		t.Errorf("%s, %v", s, err)
	}
	if err := json.Unmarshal([]byte(`"gone"`), &s); err == nil {
		t.Error("a word that is not a status was taken")
	}
	if _, err := json.Marshal(Status(0)); err == nil {
		t.Error("no status was written")
	}
	if got := Status(99).String(); got != "status(99)" {
		t.Error(got)
	}
}

func TestPlace(t *testing.T) {
	cases := []struct {
		o    Outcome
		want string
	}{
		{Outcome{Row: 1, SheetRow: 2, Line: 2}, "row 2"},
		{Outcome{Row: 414, SheetRow: 415, Line: 424}, "row 415 (line 424)"},
		{Outcome{Row: 3, SheetRow: 3}, "row 3"},
	}
	for _, c := range cases {
		if got := c.o.Place(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestAccess(t *testing.T) {
	var words []string
	for a := Added; a <= AccessNotAttempted; a++ {
		words = append(words, a.String())
		if good := a == Added || a == AccessKnown; AccessGood(a.String()) != good {
			t.Errorf("%s: good %t as a cell", a, AccessGood(a.String()))
		}
	}
	if diff := cmp.Diff([]string{"added", "known", "invalid", "failed", "not_attempted"}, words); diff != "" {
		t.Error(diff)
	}
	if !AccessGood("") || !AccessGood("added;known") || AccessGood("added;failed") {
		t.Error("what was not asked for, or is there, is not good")
	}
}

func TestTotals(t *testing.T) {
	var totals Totals
	for _, s := range []Status{Created, Created, Failed, Unknown, NotAttempted, Duplicate} {
		totals[s]++
	}
	totals[Failed]--
	totals[Invalid]++
	got := map[string]int{
		"created": totals.Of(Created), "failed": totals.Of(Failed), "sum": totals.Sum(),
		"not good": totals.NotGood(),
	}
	want := map[string]int{"created": 2, "failed": 0, "sum": 6, "not good": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := totals.CheckComplete(6); err != nil {
		t.Error(err)
	}
	if err := totals.CheckComplete(1); err == nil || err.Error() != "1 row was read but 6 outcomes were counted" {
		t.Error(err)
	}
}
