package importer

import (
	"context"
	"errors"
	"testing"

	"jsm-onboard/apiclient"
)

func TestJudgeRevoke(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before bool // an attempt of an earlier sitting whose answer was lost
		call   apiclient.Call
		err    error
		want   Status
		open   bool
	}{
		{"204", false, apiclient.Call{Attempts: 1, Status: 204}, nil, Revoked, false},
		{"204 at last", true, apiclient.Call{Attempts: 3, Status: 204, Lost: true}, nil, Revoked, false},
		{"404", false, apiclient.Call{Status: 404}, refusedWith(404, ""), NotFound, false},
		{"404 after a lost answer", true, apiclient.Call{Status: 404}, refusedWith(404, ""), NotFound, false},
		{"403", false, apiclient.Call{Status: 403}, refusedWith(403, ""), Failed, false},
		{"403 after a lost answer", false, apiclient.Call{Status: 403, Lost: true}, refusedWith(403, ""), Unknown, true},
		{"no answer", false, apiclient.Call{Attempts: 8, Lost: true}, errors.New("timeout"), Unknown, true},
		{"not reached", false, apiclient.Call{Attempts: 0}, errors.New("no route"), Failed, false},
		{"not reached, but sent before", true, apiclient.Call{}, errors.New("no route"), Unknown, true},
		{"called off in the wait", false, apiclient.Call{}, context.Canceled, NotAttempted, false},
		{"called off after an attempt", false, apiclient.Call{Attempts: 1, Lost: true}, context.Canceled, Unknown, true},
	} {
		v := judgeRevoke(tc.before, tc.call, tc.err)
		if v.status != tc.want || v.open != tc.open || v.known != (tc.want == Revoked) || v.withdraw != (tc.want == NotAttempted) {
			t.Errorf("%s: %+v", tc.name, v)
		}
	}
	if stop := forbiddenRevoke(refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 does not stop: %+v", stop)
	}
	if stop := forbiddenRevoke(refusedWith(404, "")); stop != nil {
		t.Errorf("404 stops: %v", stop)
	}
}

// A 404 is not taken for the account's being gone while the site shows it, or
// may show it another night.
func TestNotThere(t *testing.T) {
	unresolved := func(why apiclient.Unresolved) error { return &apiclient.UnresolvedError{Why: why} }
	for _, tc := range []struct {
		name  string
		found string
		err   error
		want  bool
	}{
		{"nobody has the address", "", unresolved(apiclient.NoneFound), true},
		{"another account has it", "qm:1:3", nil, true},
		{"the account is there", "qm:1:2", nil, false},
		{"several have it", "", unresolved(apiclient.SeveralFound), false},
		{"hidden", "", unresolved(apiclient.AddressesHidden), false},
		{"nobody may be seen", "", unresolved(apiclient.BrowseMissing), true},
		{"the token may not look", "", refusedWith(401, ""), true},
		{"no answer", "", refusedWith(503, ""), false},
		{"not reached", "", errors.New("no route"), false},
		{"called off", "", context.Canceled, false},
	} {
		if got := notThere("qm:1:2", apiclient.Account{ID: tc.found}, tc.err); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}
