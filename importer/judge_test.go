package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

func refusedWith(status int, key string) error {
	return &apiclient.Error{Op: "creating a customer", Status: status, Key: key}
}

func TestJudgeCreate(t *testing.T) {
	noAnswer := &apiclient.Error{Op: "creating a customer", Kind: apiclient.KindTimeout, Message: "no answer in time"}
	cancelled := fmt.Errorf("creating a customer: %w", context.Canceled)
	created := entry(outcome.Created, "", ledger.Store)
	unconfirmed := entry(outcome.CreatedUnconfirmed, "", ledger.Store)
	conflict := entry(outcome.Conflict, "", ledger.Store)
	unconfirmed.LookUp, conflict.LookUp = true, true
	failed, unknown := entry(outcome.Failed, "", ledger.NoChange), entry(outcome.Unknown, "", ledger.NoChange)
	failed.Retry, unknown.Open = true, true
	stopped := entry(outcome.NotAttempted, "", ledger.NoChange)
	for _, tc := range []struct {
		name string
		lost bool // in an earlier session or run
		call apiclient.Call
		err  error
		want ledger.Entry
	}{
		{"201", false, apiclient.Call{Attempts: 1, Status: 201}, nil, created},
		{"201 after a lost attempt elsewhere", true, apiclient.Call{Attempts: 1, Status: 201}, nil, created},
		{"409 at once", false, apiclient.Call{Attempts: 1}, refusedWith(409, ""), conflict},
		{"409 after our own lost attempt", false, apiclient.Call{Attempts: 2, Lost: true}, refusedWith(409, ""), unconfirmed},
		{"409 after a lost attempt of an earlier run", true, apiclient.Call{Attempts: 1}, refusedWith(409, ""), unconfirmed},
		{"409 after attempts that were refused", false, apiclient.Call{Attempts: 3, Refused: 2}, refusedWith(409, ""), conflict},
		{"400", false, apiclient.Call{Attempts: 1}, refusedWith(400, "k"), failed},
		{"400 after a lost attempt", false, apiclient.Call{Attempts: 2, Lost: true}, refusedWith(400, "k"), unknown},
		{"429 again and again", false, apiclient.Call{Attempts: 8, Refused: 8}, refusedWith(429, ""), failed},
		{"retries ended, one may have been carried out", false, apiclient.Call{Attempts: 8, Lost: true}, refusedWith(503, ""), unknown},
		{"never reached", false, apiclient.Call{}, noAnswer, failed},
		{"never reached now, lost before", true, apiclient.Call{}, noAnswer, unknown},
		{"stopped before it left", false, apiclient.Call{}, cancelled, stopped},
		{"stopped, lost before", true, apiclient.Call{}, cancelled, stopped},
		{"stopped between attempts, one lost", false, apiclient.Call{Attempts: 1, Lost: true}, cancelled, unknown},
		{"stopped after a 429", false, apiclient.Call{Attempts: 1, Refused: 1}, cancelled, stopped},
		{"the quota wants a long pause", false, apiclient.Call{}, &apiclient.PauseError{Until: time.Now()}, stopped},
		{"the site is gone, and this one was lost", false, apiclient.Call{Attempts: 1, Lost: true}, &apiclient.PauseError{Outage: time.Now()}, unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judge(outcome.Created, tc.lost, tc.call, tc.err)
			if (got.Reason == "") != (got.Status == outcome.Created || got.Status == outcome.NotAttempted) {
				t.Errorf("reason %q for %s", got.Reason, got.Status)
			}
			got.Reason = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJudgeLookUp(t *testing.T) {
	customer := func(name string) apiclient.Account {
		return apiclient.Account{ID: "qm:1:2", Type: "customer", DisplayName: name}
	}
	none := apiclient.NoneFound
	unconfirmed, conflict := outcome.CreatedUnconfirmed, outcome.Conflict
	for _, tc := range []struct {
		name   string
		status outcome.Status
		found  apiclient.Account
		err    error
		early  bool
		want   outcome.Status
		id     string
		open   bool
	}{
		{"found", unconfirmed, customer("Ana Sol"), nil, true, unconfirmed, "qm:1:2", false},
		{"in another Unicode form", unconfirmed, customer("JOSE\u0301  nu\u0301n\u0303EZ"), nil, false, unconfirmed, "qm:1:2", false},
		{"another name", unconfirmed, customer("Somebody Else"), nil, false, conflict, "qm:1:2", false},
		{"name hidden", unconfirmed, customer(""), nil, false, unconfirmed, "qm:1:2", false},
		{"a conflict with another name stays one", conflict, customer("Ben"), nil, false, conflict, "qm:1:2", false},
		{"several, and ours may come", unconfirmed, apiclient.Account{}, apiclient.SeveralFound, true, unconfirmed, "", true},
		{"several", unconfirmed, apiclient.Account{}, apiclient.SeveralFound, false, unconfirmed, "", false},
		{"addresses hidden, and ours may come", conflict, apiclient.Account{}, apiclient.AddressesHidden, true, conflict, "", true},
		{"addresses hidden", conflict, apiclient.Account{}, apiclient.AddressesHidden, false, conflict, "", false},
		{"nobody yet", unconfirmed, apiclient.Account{}, none, true, unconfirmed, "", true},
		{"nobody", unconfirmed, apiclient.Account{}, none, false, unconfirmed, "", false},
		{"we may not look", conflict, apiclient.Account{}, leftOut(apiclient.BrowseMissing), false, conflict, "", true},
		{"we may not look, as a refusal", conflict, apiclient.Account{}, refusedWith(403, ""), false, conflict, "", true},
		{"the search fails", conflict, apiclient.Account{}, errors.New("no"), false, conflict, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := outcome.Outcome{Status: tc.status, LookUp: true, Reason: "r"}
			names := []string{"Ana Sol", "José Núñez"}
			got := judgeLookUp(o, names, tc.found, tc.err, tc.early)
			if got.Status != tc.want || got.AccountID != tc.id || got.LookUp != tc.open {
				t.Errorf("%s, id %q, open %t; want %s, %q, %t", got.Status, got.AccountID, got.LookUp, tc.want, tc.id, tc.open)
			}
			tooEarly := tc.early && tc.err != nil
			if tooEarly != strings.Contains(got.Reason, outcome.ReasonTooEarly) {
				t.Errorf("reason %q, too early: %t", got.Reason, tooEarly)
			}
			if (tc.err != nil) != strings.Contains(got.Reason, "not known") {
				t.Errorf("reason %q", got.Reason)
			}
			again := judgeLookUp(got, names, tc.found, tc.err, tc.early)
			if tc.err != nil && again != got {
				t.Errorf("asked again, the reason grows: %q", again.Reason)
			}
		})
	}
}

// What becomes of a row that is sent again, and of the ledger's account.
func TestJudgeResent(t *testing.T) {
	held := ledger.Account{ID: "qm:1:2", Status: outcome.Created, Name: "Ana Sol",
		At: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}
	revoked, nameless, strange := held, held, held
	strange.Status = outcome.Conflict
	revoked.RevokedAt = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	nameless.ID, nameless.Status = "", outcome.CreatedUnconfirmed
	same := apiclient.Account{ID: "qm:1:2", Type: "customer", DisplayName: "Ana Sol", Active: true}
	other, inactive, more := same, same, same
	other.ID, inactive.Active, more.Type = "qm:1:3", false, "atlassian"
	several := apiclient.SeveralFound
	unconfirmed, conflict, before := outcome.CreatedUnconfirmed, outcome.Conflict, outcome.RevokedBefore
	for _, tc := range []struct {
		name   string
		status outcome.Status // before the look-up
		had    ledger.Account
		found  apiclient.Account
		err    error
		want   outcome.Status
		reason string
		change ledger.Change
	}{
		{"given back", conflict, revoked, same, nil, conflict, "on 2026-03-01", ledger.MarkRestored},
		{"given back, after a lost answer", unconfirmed, revoked, same, nil, conflict, "given back", ledger.MarkRestored},
		{"not given back", conflict, revoked, inactive, nil, before, "does not show it as an active", ledger.NoChange},
		{"not a portal-only customer", conflict, revoked, more, nil, before, "portal-only", ledger.NoChange},
		{"several accounts", conflict, revoked, apiclient.Account{}, several, before, "several", ledger.NoChange},
		{"nobody looks", conflict, revoked, apiclient.Account{}, leftOut("not looked up"), before, "not looked up", ledger.NoChange},
		{"another account has the address", conflict, revoked, other, nil, conflict, "", ledger.Store},
		{"created anew, and the answer lost", unconfirmed, revoked, other, nil, unconfirmed, "", ledger.Store},
		{"still there", conflict, held, same, nil, conflict, "the address has", ledger.NoChange},
		{"still there, and not ours", conflict, strange, same, nil, conflict, "the address has", ledger.NoChange},
		{"still there, so the lost attempt did nothing", unconfirmed, held, same, nil, conflict, "", ledger.NoChange},
		{"not resolved", unconfirmed, held, apiclient.Account{}, errors.New("no"), unconfirmed, "", ledger.NoChange},
		{"created anew by somebody", conflict, held, other, nil, conflict, "", ledger.Store},
		{"an id that was not known", unconfirmed, nameless, same, nil, unconfirmed, "", ledger.Store},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judgeResent(entry(tc.status, "", ledger.Store), "Ana Sol", tc.had, tc.found, tc.err)
			if got.Status != tc.want || got.Account != tc.change || !strings.Contains(got.Reason, tc.reason) {
				t.Errorf("%s, change %d, %q; want %s, %d", got.Status, got.Account, got.Reason, tc.want, tc.change)
			}
		})
	}
}

func TestJudgeRevoke(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before bool // an attempt of an earlier session whose answer was lost
		call   apiclient.Call
		err    error
		want   outcome.Status
		open   bool
	}{
		{"204", false, apiclient.Call{Attempts: 1, Status: 204}, nil, outcome.Revoked, false},
		{"204 at last", true, apiclient.Call{Attempts: 3, Status: 204, Lost: true}, nil, outcome.Revoked, false},
		{"404", false, apiclient.Call{Status: 404}, refusedWith(404, ""), outcome.NotFound, false},
		{"404 after a lost answer", true, apiclient.Call{Status: 404}, refusedWith(404, ""), outcome.Review, true},
		{"403", false, apiclient.Call{Status: 403}, refusedWith(403, ""), outcome.Failed, false},
		{"403 after a lost answer", false, apiclient.Call{Status: 403, Lost: true}, refusedWith(403, ""), outcome.Unknown, true},
		{"no answer", false, apiclient.Call{Attempts: 8, Lost: true}, errors.New("timeout"), outcome.Unknown, true},
		{"not reached", false, apiclient.Call{}, errors.New("no route"), outcome.Failed, false},
		{"not reached, but sent before", true, apiclient.Call{}, errors.New("no route"), outcome.Unknown, true},
		{"called off in the wait", false, apiclient.Call{}, context.Canceled, outcome.NotAttempted, false},
		{"called off after an attempt", false, apiclient.Call{Attempts: 1, Lost: true}, context.Canceled, outcome.Unknown, true},
	} {
		v := judge(outcome.Revoked, tc.before, tc.call, tc.err)
		if v.Status != tc.want || v.Open != tc.open || (v.Account == ledger.MarkRevoked) != (tc.want == outcome.Revoked) {
			t.Errorf("%s: %+v", tc.name, v)
		}
	}
	plan := &Plan{Run: ledger.Run{Job: ledger.Job{Command: "revoke"}}}
	rules := &NewRun(t.Context(), nil, nil, plan, Options{}).rules
	if stop := rules.after(outcome.NotFound, refusedWith(404, "")); stop != nil {
		t.Errorf("404 stops: %v", stop)
	}
	if stop := rules.after(outcome.Failed, refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 does not stop: %+v", stop)
	}
}

// After a 404 an account counts as deleted only when a look-up shows it.
func TestDeleted(t *testing.T) {
	for _, tc := range []struct {
		name  string
		found string
		err   error
		sees  bool
		want  bool
	}{
		{"nobody has the address", "", apiclient.NoneFound, true, true},
		{"nobody is seen, perhaps for want of permission", "", apiclient.NoneFound, false, false},
		{"another account has it", "qm:1:3", nil, false, true},
		{"the account is there", "qm:1:2", nil, true, false},
		{"several have it", "", apiclient.SeveralFound, true, false},
		{"hidden", "", apiclient.AddressesHidden, true, false},
		{"nobody may be seen", "", apiclient.BrowseMissing, true, false},
		{"the token may not look", "", refusedWith(401, ""), true, false},
		{"forbidden", "", refusedWith(403, ""), true, false},
		{"no answer", "", refusedWith(503, ""), true, false},
		{"called off", "", context.Canceled, true, false},
	} {
		if got := deleted("qm:1:2", apiclient.Account{ID: tc.found}, tc.err, tc.sees); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}

func TestJudgeRefusal(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&apiclient.Error{Status: 400, Message: "no"}, "400"},
		{&apiclient.Error{Message: "no connection"}, "could not be reached"},
		{errors.New("no connection"), "could not be reached"},
	} {
		if got := refusedReason(tc.err); !strings.Contains(got, tc.want) {
			t.Errorf("%v: %q, without %q", tc.err, got, tc.want)
		}
	}
}

func TestJudgeRename(t *testing.T) {
	a := ledger.Account{Name: "Ana"}
	for _, tc := range []struct {
		name string
		lost bool
		err  error
		want outcome.Status
	}{
		{"done", false, nil, outcome.Renamed},
		{"cut short", false, context.Canceled, outcome.NotAttempted},
		{"no such operation", false, &apiclient.Error{Status: 404, Kind: apiclient.KindNotFound, RouteUncertain: true}, outcome.Failed},
		{"no such account", false, &apiclient.Error{Status: 404, Kind: apiclient.KindNotFound}, outcome.Failed},
		{"forbidden", false, &apiclient.Error{Status: 403, Kind: apiclient.KindForbidden}, outcome.Failed},
		{"no scope", false, &apiclient.Error{Status: 401, Kind: apiclient.KindScope}, outcome.Failed},
		{"no cloud id", false, &apiclient.Error{Kind: apiclient.KindSite}, outcome.Failed},
		{"no more are made", false, leftOut("404 Not Found"), outcome.Failed},
		{"a wrong name", false, &apiclient.Error{Status: 400, Kind: apiclient.KindInvalid}, outcome.Failed},
		{"a page of another site", false, &apiclient.Error{Status: 302, Kind: apiclient.KindSite}, outcome.Failed},
		{"no answer of the site", false, errors.New("no"), outcome.Failed},
		{"an answer was lost", true, errors.New("no"), outcome.Unknown},
		{"an answer was lost, and the name is wrong", true, &apiclient.Error{Status: 400}, outcome.Unknown},
		{"an answer was lost, and then it was done", true, nil, outcome.Renamed},
		{"an answer was lost, and then it was cut short", true, context.Canceled, outcome.NotAttempted},
	} {
		e := judgeRename(a, tc.lost, tc.err)
		if e.Status != tc.want {
			t.Errorf("%s: %+v", tc.name, e)
		}
		unchanged := tc.want == outcome.Failed
		if strings.Contains(e.Reason, "the name was not changed: ") != unchanged {
			t.Errorf("%s: %q", tc.name, e.Reason)
		}
	}
}

func TestJudgeLeaver(t *testing.T) {
	member := func(status outcome.Status, id string) ledger.Leaver {
		return ledger.Leaver{Account: ledger.Account{Status: status}, MemberID: id}
	}
	before := member(outcome.Conflict, "1")
	before.RevokedAt = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	seen, known := member(outcome.Created, ""), member(outcome.Created, "")
	seen.RevokedAt, seen.LastSeen = before.RevokedAt, before.RevokedAt.Add(24*time.Hour)
	known.LastSeen = before.RevokedAt
	for _, tc := range []struct {
		name   string
		one    ledger.Leaver
		other  string
		ids    bool
		action string
		reason string
	}{
		{"gone", member(outcome.Created, "1"), "", true, ActionRevoke, "in no row"},
		{"gone, of a source without ids", member(outcome.Created, ""), "", false, ActionRevoke, "in no row"},
		{"there before us", member(outcome.Conflict, "1"), "", true, ActionReview, "not certainly created"},
		{"not certainly ours", member(outcome.CreatedUnconfirmed, "1"), "", true, ActionReview, "not certainly created"},
		{"the ids are gone", member(outcome.Created, "1"), "", false, ActionReview, "not those of earlier runs"},
		{"another address", member(outcome.Created, "1"), "b@x", true, ActionReview, "b@x"},
		{"another row", member(outcome.Created, "1"), "row 7", true, ActionReview, "in the export (row 7)"},
		{"a row with the name", member(outcome.Created, ""), "row 7", false, ActionReview, "in the export (row 7)"},
		{"revoked by a killed run", before, "", false, ActionRevoke, "revoked by this program on 2026-03-01"},
		{"revoked, and in an export after that", seen, "", false, ActionReview, "may have access again"},
		{"seen on a day", known, "", false, ActionRevoke, "since 2026-03-01"},
	} {
		tc.one.NewKey = tc.other
		action, reason := (&Roster{hasIDs: tc.ids}).judge(tc.one)
		if action != tc.action || !strings.Contains(reason, tc.reason) {
			t.Errorf("%s: %s, %q", tc.name, action, reason)
		}
	}
}

// Rows of our own files that are left to a person, and rows that do not say which account they mean.
func TestWithoutRequest(t *testing.T) {
	const id = "qm:1:2"
	own := func(name, value string) map[string]string { return map[string]string{name: value} }
	has := func(a *ledger.Account) ledger.History { return ledger.History{Account: a} }
	known := &ledger.Account{Key: "a@x", ID: id, Status: outcome.Created}
	before := &ledger.Account{Key: "a@x", ID: id, Status: outcome.Conflict}
	revoked := &ledger.Account{Key: "a@x", ID: id, Status: outcome.Conflict, RevokedAt: time.Now()}
	for _, tc := range []struct {
		name string
		t    task
		own  map[string]string
		want outcome.Status
	}{
		{"an account", task{accountID: id, History: has(known)}, nil, outcome.Revoked},
		{"listed to revoke", task{accountID: id}, own("jsm_action", "Revoke"), outcome.Revoked},
		{"listed to review", task{accountID: id}, own("jsm_action", "review"), outcome.Review},
		{"another action", task{accountID: id}, own("jsm_action", "delete"), outcome.Review},
		{"the action was emptied", task{accountID: id}, own("jsm_action", " "), outcome.Review},
		{"a conflict of a results file", task{accountID: id}, own("jsm_status", "conflict"), outcome.Review},
		{"not certainly ours", task{accountID: id}, own("jsm_status", "created_unconfirmed"), outcome.Review},
		{"not known to be ours", task{accountID: id}, own("jsm_status", "unknown"), outcome.Review},
		{"left to a person before", task{accountID: id}, own("jsm_status", "review"), outcome.Review},
		{"created", task{accountID: id}, own("jsm_status", "created"), outcome.Revoked},
		{"known, and ours", task{accountID: id, History: has(known)}, own("jsm_status", "known"), outcome.Revoked},
		{"known, and there before us", task{accountID: id, History: has(before)}, own("jsm_status", "known"), outcome.Review},
		{"known to another ledger", task{accountID: id}, own("jsm_status", "known"), outcome.Review},
		{"a repeat of who was there before us", task{accountID: id, History: has(before)}, own("jsm_status", "duplicate"), outcome.Review},
		{"there before us, in a file of the user's own", task{accountID: id, History: has(before)}, nil, outcome.Revoked},
		{"there before us, in a list that has lost its action", task{accountID: id, History: has(before)}, own("jsm_reason", "not certainly created"), outcome.Review},
		{"there before us, and revoked", task{accountID: id, History: has(revoked)}, own("jsm_status", "revoked"), outcome.AlreadyRevoked},
		{"in a source since", task{accountID: id, History: has(known)}, map[string]string{"jsm_status": inSource, "jsm_reason": "in crm"}, outcome.Review},
		{"in a source since, of no account that is known", task{}, map[string]string{"jsm_status": inSource, "jsm_reason": "in crm"}, outcome.Review},
		{"in a source since, and revoked", task{accountID: id, History: has(&ledger.Account{Key: "a@x", ID: id, Status: outcome.Created, RevokedAt: time.Now()})},
			own("jsm_status", inSource), outcome.AlreadyRevoked},
		{"no id", task{}, nil, outcome.Invalid},
		{"no id known", task{History: has(&ledger.Account{})}, nil, outcome.Invalid},
		{"not an id", task{accountID: "qm"}, nil, outcome.Invalid},
		{"another id for the address", task{accountID: "qm:1:3", History: has(known)}, nil, outcome.Invalid},
		{"the id of another address", task{accountID: id, History: ledger.History{Owner: "a@x"}}, nil, outcome.Invalid},
		{"not a plain id", task{accountID: "qm:1/../2"}, nil, outcome.Invalid},
		{"revoked", task{accountID: id, History: has(revoked)}, nil, outcome.AlreadyRevoked},
		{"an Atlassian account", task{accountID: "712020:abc"}, nil, outcome.NotPortalOnly},
	} {
		tc.t.row = &export.Row{Own: tc.own, Place: export.Place{Row: 3, Line: 3}}
		if status, reason := withoutRequest(&tc.t); status != tc.want || (reason == "") != (tc.want == outcome.Revoked) {
			t.Errorf("%s: %s, %q", tc.name, status, reason)
		}
	}
}
