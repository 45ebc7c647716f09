package importer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

func refusedWith(status int, key string) error {
	return &apiclient.Error{Op: "creating a customer", Status: status, Key: key}
}

func TestJudgeCreate(t *testing.T) {
	noAnswer := &apiclient.Error{Op: "creating a customer", Kind: apiclient.KindTimeout, Message: "no answer in time"}
	cancelled := fmt.Errorf("creating a customer: %w", context.Canceled)
	for _, tc := range []struct {
		name string
		lost bool // in an earlier sitting or run
		call apiclient.Call
		err  error
		want verdict
	}{
		{name: "201", call: apiclient.Call{Attempts: 1, Status: 201},
			want: verdict{status: Created, known: true, verified: true}},
		{name: "201 after a lost attempt elsewhere", lost: true, call: apiclient.Call{Attempts: 1, Status: 201},
			want: verdict{status: Created, known: true, verified: true}},
		{name: "409 at once", call: apiclient.Call{Attempts: 1, Status: 409}, err: refusedWith(409, ""),
			want: verdict{status: Conflict, known: true, lookUp: true}},
		{name: "409 after our own lost attempt", call: apiclient.Call{Attempts: 2, Status: 409, Lost: true}, err: refusedWith(409, ""),
			want: verdict{status: CreatedUnconfirmed, known: true, lookUp: true}},
		{name: "409 after a lost attempt of an earlier run", lost: true, call: apiclient.Call{Attempts: 1, Status: 409}, err: refusedWith(409, ""),
			want: verdict{status: CreatedUnconfirmed, known: true, lookUp: true}},
		{name: "409 after attempts that never left or were refused", call: apiclient.Call{Attempts: 3, Status: 409}, err: refusedWith(409, ""),
			want: verdict{status: Conflict, known: true, lookUp: true}},
		{name: "400", call: apiclient.Call{Attempts: 1, Status: 400}, err: refusedWith(400, "k"),
			want: verdict{status: Failed}},
		{name: "400 after a lost attempt", call: apiclient.Call{Attempts: 2, Status: 400, Lost: true}, err: refusedWith(400, "k"),
			want: verdict{status: Unknown, open: true}},
		{name: "retries ended, one may have been carried out", call: apiclient.Call{Attempts: 8, Status: 503, Lost: true}, err: refusedWith(503, ""),
			want: verdict{status: Unknown, open: true}},
		{name: "never reached", call: apiclient.Call{}, err: noAnswer,
			want: verdict{status: Failed}},
		{name: "never reached now, lost before", lost: true, call: apiclient.Call{}, err: noAnswer,
			want: verdict{status: Unknown, open: true}},
		{name: "stopped before it left", err: cancelled,
			want: verdict{status: NotAttempted, withdraw: true}},
		{name: "stopped between attempts, one lost", call: apiclient.Call{Attempts: 1, Status: 502, Lost: true}, err: cancelled,
			want: verdict{status: Unknown, open: true}},
		{name: "stopped after a 429", call: apiclient.Call{Attempts: 1, Status: 429}, err: cancelled,
			want: verdict{status: NotAttempted, withdraw: true}},
		{name: "the quota wants a long pause", err: &pacer.PauseError{Until: time.Now()},
			want: verdict{status: NotAttempted, withdraw: true}},
		{name: "the site is gone, and this attempt was lost", call: apiclient.Call{Attempts: 1, Lost: true}, err: &pacer.OutageError{},
			want: verdict{status: Unknown, open: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judgeCreate(tc.lost, tc.call, tc.err)
			if (got.reason == "") != (got.status == Created) {
				t.Errorf("reason %q for %s", got.reason, got.status)
			}
			got.reason = ""
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(verdict{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJudgeLookUp(t *testing.T) {
	customer := func(name string) apiclient.Account {
		return apiclient.Account{ID: "qm:1:2", Type: "customer", DisplayName: name}
	}
	unconfirmed := ledger.Outcome{Status: "created_unconfirmed", LookUp: true, Known: true, Name: "Ana Sol"}
	for _, tc := range []struct {
		name     string
		o        ledger.Outcome
		found    apiclient.Account
		err      error
		status   string
		id       string
		verified bool
	}{
		{"ours", unconfirmed, customer("Ana Sol"), nil, "created_unconfirmed", "qm:1:2", true},
		{"ours, in another Unicode form", ledger.Outcome{Status: "created_unconfirmed", Name: "José  Núñez"}, customer("JOSE\u0301 NU\u0301N\u0303EZ"), nil, "created_unconfirmed", "qm:1:2", true},
		{"another name", unconfirmed, customer("Somebody Else"), nil, "conflict", "qm:1:2", false},
		{"name hidden", unconfirmed, customer(""), nil, "created_unconfirmed", "qm:1:2", false},
		{"an Atlassian account", unconfirmed, apiclient.Account{ID: "712020:x", Type: "atlassian", DisplayName: "Ana Sol"}, nil, "created_unconfirmed", "712020:x", false},
		{"not resolved", unconfirmed, apiclient.Account{}, &apiclient.UnresolvedError{Why: apiclient.SeveralFound}, "created_unconfirmed", "", false},
		{"a conflict with another name stays one", ledger.Outcome{Status: "conflict", Name: "Ana"}, customer("Ben"), nil, "conflict", "qm:1:2", false},
		{"the search fails", ledger.Outcome{Status: "conflict"}, apiclient.Account{}, errors.New("no"), "conflict", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judgeLookUp(tc.o, []string{tc.o.Name}, tc.found, tc.err)
			if got.Status != tc.status || got.AccountID != tc.id || got.Verified != tc.verified || got.LookUp {
				t.Errorf("got %s, id %q, verified %t, look-up %t; want %s, %q, %t, false", got.Status, got.AccountID, got.Verified, got.LookUp, tc.status, tc.id, tc.verified)
			}
			if tc.err != nil && got.Reason == "" {
				t.Error("no reason although the id was not resolved")
			}
		})
	}
	if got := judgeLookUp(unconfirmed, []string{"Earlier Name", "Ana Sol"}, customer("Earlier Name"), nil); got.Status != "created_unconfirmed" {
		t.Errorf("the name of the earlier lost attempt made it %s", got.Status)
	}
}

// A 409 after another run's lost attempt is ours only under the name that that
// attempt sent; the name of a row that was answered at once proves nothing.
func TestOnlyLostNamesCount(t *testing.T) {
	c := &creation{options: Options{ResolveConflicts: true}}
	later := &task{row: &export.Row{Number: 1, Line: 2, Name: "Ana Luna"}, lost: &ledger.Lost{Name: "Ana Sol"}}
	taken := refusedWith(409, "")
	for _, tc := range []struct {
		lost          bool // in this call, too
		shown, status string
	}{
		{false, "Ana Sol", "created_unconfirmed"},
		{false, "Ana Luna", "conflict"},
		{true, "Ana Luna", "created_unconfirmed"},
	} {
		call := apiclient.Call{Attempts: 1, Status: 409, Lost: tc.lost}
		o := c.record(later, judgeCreate(true, call, taken), apiclient.Customer{}, call)
		found := apiclient.Account{ID: "qm:1:2", Type: "customer", DisplayName: tc.shown}
		if got := judgeLookUp(o, []string{"Ana Sol", o.Name}, found, nil); got.Status != tc.status {
			t.Errorf("lost %t, the site shows %s: %s, want %s", tc.lost, tc.shown, got.Status, tc.status)
		}
	}
}
