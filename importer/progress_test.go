package importer

import "testing"

func TestProgressCountsWhatLimitCounts(t *testing.T) {
	var p progress
	for _, s := range []Status{Created, CreatedUnconfirmed, Conflict, Failed, Unknown, RevokedBefore} {
		p.worked(Outcome{Status: s, Attempts: 1, Lost: s == Unknown})
	}
	p.worked(Outcome{Status: NotAttempted})
	want := Progress{Tasks: 7, Made: 3, Sent: 6, Lost: 1}
	if got := p.look(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
