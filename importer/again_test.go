package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/ledger"
)

// What becomes of a row that is sent again, and of the ledger's account.
func TestJudgeFound(t *testing.T) {
	held := ledger.Account{ID: "qm:1:2", Status: "created", Verified: true, Name: "Ana Sol"}
	revoked := held
	revoked.RevokedAt = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	nameless := held
	nameless.ID, nameless.Status = "", "created_unconfirmed"
	same := apiclient.Account{ID: "qm:1:2", Type: "customer", DisplayName: "Ana Sol", Active: true}
	other, inactive, more, renamed := same, same, same, same
	other.ID, inactive.Active, more.Type, renamed.DisplayName = "qm:1:3", false, "atlassian", "Ana Luna"
	for _, tc := range []struct {
		name   string
		status Status // before the look-up
		had    *ledger.Account
		found  apiclient.Account
		err    error

		want  Status
		says  string
		known bool // a new version of the account, of that status
		back  bool // or as it was before
	}{
		{"given back", Conflict, &revoked, same, nil, Conflict, "revoked by us on 2026-03-01", false, true},
		{"given back, after a lost answer", CreatedUnconfirmed, &revoked, same, nil, Conflict, "cannot be seen from here", false, true},
		{"not given back, as far as the site shows", Conflict, &revoked, inactive, nil, RevokedBefore, "inactive", false, false},
		{"no portal-only customer", Conflict, &revoked, more, nil, RevokedBefore, "portal-only", false, false},
		{"several accounts", Conflict, &revoked, apiclient.Account{}, &apiclient.UnresolvedError{Why: apiclient.SeveralFound}, RevokedBefore, "not resolved", false, false},
		{"the search fails, after a lost answer", CreatedUnconfirmed, &revoked, apiclient.Account{}, errors.New("no"), RevokedBefore, "the look-up failed", false, false},
		{"nobody looks", Conflict, &revoked, apiclient.Account{}, errNotLookedUp, RevokedBefore, "not looked up", false, false},
		{"another account has the address", Conflict, &revoked, other, nil, Conflict, "", true, false},
		{"made anew, and the answer lost", CreatedUnconfirmed, &revoked, other, nil, CreatedUnconfirmed, "", true, false},

		{"still there", Conflict, &held, same, nil, Conflict, "", false, false},
		{"still there, after a lost answer", CreatedUnconfirmed, &held, same, nil, CreatedUnconfirmed, "", false, false},
		{"still there under another name, after a lost answer", CreatedUnconfirmed, &held, renamed, nil, Conflict, "another name", false, false},
		{"not resolved", CreatedUnconfirmed, &held, apiclient.Account{}, errors.New("no"), CreatedUnconfirmed, "not resolved", false, false},
		{"made anew by another", Conflict, &held, other, nil, Conflict, "", true, false},
		{"an id that was not known", CreatedUnconfirmed, &nameless, same, nil, CreatedUnconfirmed, "", true, false},
		{"a conflict whose id was not known", Conflict, &nameless, same, nil, Conflict, "", false, false},

		{"nothing was known", Conflict, nil, same, nil, Conflict, "", true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := ledger.Outcome{Status: tc.status.String(), LookUp: true, Name: "Ana Sol", Known: tc.had == nil}
			got := judgeFound(o, tc.had, []string{"Ana Sol"}, tc.found, tc.err)
			if got.Status != tc.want.String() || got.Known != (tc.known || tc.back) || got.Restored != tc.back || got.LookUp {
				t.Errorf("%s, known %t, restored %t, look-up %t; want %s, %t, %t, false", got.Status, got.Known, got.Restored, got.LookUp, tc.want, tc.known || tc.back, tc.back)
			}
			if !strings.Contains(got.Reason, tc.says) {
				t.Errorf("the reason is %q", got.Reason)
			}
		})
	}
}

// A process that dies before the look-up leaves it behind: the run that goes on
// finds that access was given back, and the account is as it was made.
func TestGivenBackKilledBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const id = "qm:0a1b2c3d-0000-4000-8000-00000000abcd:123456789012345678901234"
		d := newDesktop(t, jsmtest.Options{Existing: []jsmtest.Account{{Email: address(0), Name: "Person 0", ID: id}}})
		d.export(1)
		d.run.ResendKnown = true
		l, err := ledger.Open(t.Context(), filepath.Join(d.folder, "ledger"), d.client.Site)
		if err != nil {
			t.Fatal(err)
		}
		start := func(command, input string) ledger.Run {
			sum := sha256.Sum256([]byte(input))
			run, _, err := l.StartRun(t.Context(), ledger.Identity{Command: command, InputSHA256: hex.EncodeToString(sum[:])}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return run
		}
		day := time.Now().UTC().Truncate(time.Millisecond)
		made := ledger.Outcome{Row: 1, Line: 2, Key: address(0), Email: address(0), Name: "Person 0", AccountID: id, Status: "created", Known: true, Verified: true}
		l.Settle(start("import", "another").Seq, made, nil)
		time.Sleep(24 * time.Hour)
		revoked := made
		revoked.Status, revoked.Revoke = "revoked", true
		l.Settle(start("revoke", "another").Seq, revoked, nil)
		half := made
		half.Status, half.AccountID, half.Known, half.LookUp, half.HTTPStatus, half.Attempts = "conflict", "", false, true, 409, 1
		l.Settle(start("import", "name,email\nPerson 0,"+address(0)+"\n").Seq, half, nil)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}

		s := d.sit(t.Context())
		if o := s.outcomes[0]; !s.resumed || o.Status != Conflict || !strings.Contains(o.Reason, "revoked by us") || d.posts() != 0 {
			t.Errorf("resumed %t, %s: %s; %d requests", s.resumed, o.Status, o.Reason, d.posts())
		}
		if l, err = ledger.Open(context.Background(), filepath.Join(d.folder, "ledger"), d.client.Site); err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		known, err := l.Recall(t.Context(), 0, []ledger.Query{{Key: address(0)}})
		if a := known[0].Account; err != nil || a == nil || a.Status != "created" || !a.Verified || a.ID != id || !a.RevokedAt.IsZero() || a.At.Sub(day) > time.Hour {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
