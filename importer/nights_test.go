package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// open writes a file and opens it.
func (d *desktop) open(name string, lines ...string) *export.File {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	file, err := export.Open(context.Background(), path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { file.Close() })
	return file
}

// night imports a file, as sync does, and returns the leavers by address with their action.
func (d *desktop) night(name string, lines ...string) (session, map[string]string) {
	d.t.Helper()
	ctx := d.t.Context()
	l, client := d.openLedger(), d.connect()
	defer l.Close()
	defer client.Close()
	file := d.open(name, lines...)
	plan, err := MakePlan(ctx, file, l, PlanOptions{
		Access:      d.access,
		Job:         ledger.Job{Command: "sync", Source: name, Input: file.Path},
		UpdateNames: d.planned.UpdateNames,
	})
	if err == nil {
		err = plan.PlanAccess(ctx, client)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	s := session{plan: plan, resumed: plan.Resumed}
	foreseen, err := plan.Roster.Leavers(ledger.Run{})
	if err != nil {
		d.t.Fatal(err)
	}
	if plan.Run, err = l.StartRun(ctx, plan.Run, time.Now()); err != nil {
		d.t.Fatal(err)
	}
	s.End = NewRun(ctx, client, l, plan, d.run).Do(plan.Rows(ctx), func(r Result) error {
		s.results = append(s.results, r)
		return nil
	})
	if s.Stop != nil {
		d.t.Fatal(s.Stop)
	}
	list, err := plan.Roster.Leavers(plan.Run)
	if err != nil {
		d.t.Fatal(err)
	}
	leavers := map[string]string{}
	for i, one := range list {
		if leavers[one.Email] = one.Action; foreseen[i].Email != one.Email || foreseen[i].Action != one.Action {
			d.t.Errorf("the plan foresees %v, and the list says %v", foreseen[i], one)
		}
	}
	if len(foreseen) != len(list) {
		d.t.Errorf("the plan foresees %d leavers of %d", len(foreseen), len(list))
	}
	done := plan.Run
	done.Outcome, done.FinishedAt = ledger.Complete, time.Now()
	if err := l.FinishRun(ctx, &done); err != nil {
		d.t.Fatal(err)
	}
	s.runID = done.ID
	return s, leavers
}

func TestLeavers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: []jsmtest.Account{{Email: "old@x.example", Name: "Old"}}})
		d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,1", "Ben,ben@x.example,2", "Cy,cy@x.example,3",
			"Old,old@x.example,4", "Dee,dee@x.example,5", "Eve,eve@x.example,6")
		_, leavers := d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,1", "Ben,ben.new@x.example,2",
			"Eve,eve@x,6")
		want := map[string]string{
			"ben@x.example": ActionReview, // another address
			"cy@x.example":  ActionRevoke,
			"old@x.example": ActionReview, // there before us
			"dee@x.example": ActionRevoke,
			"eve@x.example": ActionReview, // a typing error
		}
		if diff := cmp.Diff(want, leavers); diff != "" {
			t.Error(diff)
		}
		_, leavers = d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,3.8E+10", "Xen,xen@x.example,3.8E+10",
			"Yul,yul@x.example,3.8E+10")
		for email, action := range leavers {
			if action != ActionReview {
				t.Errorf("%s: %s, though the external ids are ruined", email, action)
			}
		}
	})
}

// Without external ids a row whose address cannot be read still names somebody: by an address that stands in it, or by
// the name, in one cell or two.
func TestWhomAnInvalidRowMayName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.night("crm.csv", "first name,last name,email", "Ann,Lee,ann@x.example", "Ben,Fox,ben@x.example",
			"Cy,Roe,cy@x.example", "Dee,Poe,dee@x.example", "Eve,Ray,eve@x.example", "Flo,Kay,flo@x.example",
			"Gus,May,gus@x.example", "Hal,Day,hal@x.example")
		_, leavers := d.night("crm.csv", "first name,last name,email", "Ann,Lee,ann@x.example", "Benny,Fox,ben@x.example.",
			"C.,R.,new@x.example (was cy@x.example)", "Dee,Poe,", "EVE, Ray ,eve(at)x.example", "flo@x.example,Kay,Flo",
			"May,Gus,n/a")
		if diff := cmp.Diff(map[string]string{"dee@x.example": ActionReview, "eve@x.example": ActionReview,
			"gus@x.example": ActionReview, "hal@x.example": ActionRevoke}, leavers); diff != "" {
			t.Error(diff)
		}
	})
}

// In a list of addresses, one that is mistyped still names somebody: by its letters and digits, in whatever form. That of
// a stranger names nobody.
func TestWhomAMistypedAddressNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		lines, want := []string{"email"}, map[string]string{"left@firm.example": ActionRevoke}
		mistyped := []string{"p1@firm..example", `"p2@firm,example"`, "p3@@firm.example", "p4 @firm.example", "p5@firm",
			"p6@firm.", "p7(at)firm.example", "p8.firm.example", "Bo <p9@firm..example>", "ok@firm.example;p10@firm,example",
			"P11@firm.example.", "<p12@firm.exa mple>"}
		for i := range mistyped {
			email := fmt.Sprintf("p%d@firm.example", i+1)
			lines, want[email] = append(lines, email), ActionReview
		}
		delete(want, "p11@firm.example") // an address stands in it
		d.night("list.csv", append(lines, "left@firm.example", "ok@firm.example")...)
		mistyped = append([]string{"email", "left@@other.example", "lefty@firm..example", "n/a"}, mistyped...)
		_, leavers := d.night("list.csv", append(mistyped, "new@firm.example")...)
		if diff := cmp.Diff(want, leavers); diff != "" {
			t.Error(diff)
		}
	})
}

// Whose create may have been carried out, and who then leaves, is for a person to review, and is found in Jira alone.
func TestUnknownLeaver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if email == "ben@x.example" {
				return jsmtest.Decision{Fault: jsmtest.UnavailableAfter}
			}
			return jsmtest.Decision{}
		}))
		people := []string{"name,email", "Ann,ann@x.example", "Ben,ben@x.example"}
		s, _ := d.night("crm.csv", people...)
		d.expect(s, map[outcome.Status]int{outcome.Created: 1, outcome.Unknown: 1})
		for range 2 {
			if _, leavers := d.night("crm.csv", people[:2]...); !cmp.Equal(leavers, map[string]string{"ben@x.example": ActionReview}) {
				t.Errorf("%v", leavers)
			}
		}
		_, leavers := d.night("crm.csv", people...)
		if len(leavers) != 0 {
			t.Errorf("Ben is back: %v", leavers)
		}
	})
}

// A leaver whose account id is not known is not to be revoked by that id.
func TestJudgeLeaverWithoutAnID(t *testing.T) {
	t.Parallel()
	for _, s := range []outcome.Status{outcome.CreatedUnconfirmed, outcome.Unknown, outcome.Conflict} {
		for id, says := range map[string]string{"": "find the customer in Jira", "qm:1": "a file that has its jsm_account_id alone"} {
			one := ledger.Leaver{Account: ledger.Account{Status: s, ID: id}}
			action, reason := (&Roster{}).judge(one)
			if action != ActionReview || !strings.HasSuffix(strings.TrimSuffix(reason, ", as the account id is not known"), says) {
				t.Errorf("%s: %s", action, reason)
			}
		}
	}
}

// A name is not another one because its letters are composed in another way; what is sent is NFC.
func TestFormsOfAName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.planned.UpdateNames = true
		for night, name := range []string{"Zoe\u0308 Lee", "Zo\u00eb Lee", "Zoe\u0308 Lee"} {
			s, _ := d.night("crm.csv", "name,email", name+",zoe@x.example")
			if s.plan.Others.Of(outcome.Renamed) != 0 || d.site.Find("zoe@x.example")[0].Name != "Zo\u00eb Lee" {
				t.Errorf("night %d: %s, %q", night, shown(s.results[0]), d.site.Find("zoe@x.example")[0].Name)
			}
		}
		before := ledger.Account{Name: "Zoe\u0308 Lee", Status: outcome.Created} // as earlier versions have sent it
		if nameChanged(&export.Row{Name: "Zo\u00eb Lee"}, before) || !nameChanged(&export.Row{Name: "zo\u00eb Lee"}, before) {
			t.Error("form and case are not told apart")
		}
	})
}

func TestOtherAddressAndNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,1", "Ben,ben@x.example,2")
		s, _ := d.night("crm.csv", "name,email,external id", "Anna,ann@x.example,1", "Ben,ben.new@x.example,2")
		if s.plan.OtherAddress != 1 || s.plan.NamesChanged != 1 || s.plan.Others.Of(outcome.Renamed) != 0 {
			t.Errorf("%+v, notes %q", s.plan, s.Notes)
		}
		for i, says := range []string{"name has changed", "ben@x.example"} {
			if !strings.Contains(s.results[i].Reason, says) {
				t.Errorf("row %d: %s", i+1, s.results[i].Reason)
			}
		}
		d.planned.UpdateNames = true
		s, _ = d.night("crm.csv", "name,email,external id", "Anna,ann@x.example,1", "Ben,ben.new@x.example,2")
		if s.plan.Others.Of(outcome.Renamed) != 1 || s.results[0].Status != outcome.Renamed || d.site.Find("ann@x.example")[0].Name != "Anna" {
			t.Errorf("%d renames; %s", s.plan.Others.Of(outcome.Renamed), shown(s.results[0]))
		}
		s, _ = d.night("crm.csv", "name,email,external id", "Anna,ann@x.example,1", "Ben,ben.new@x.example,2")
		if s.plan.Others.Of(outcome.Renamed) != 0 || s.results[0].Status != outcome.Known {
			t.Errorf("%d renames; %s", s.plan.Others.Of(outcome.Renamed), shown(s.results[0]))
		}
	})
}

// Somebody who is onboarded under a further address of their row would get a second account. One that has another name
// is somebody else's: a colleague's, a shared mailbox.
func TestOnboardedUnderAFurtherAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: []jsmtest.Account{{Email: "old@x.example", Name: "Was Here Before"}}})
		row := func(name string, addresses ...string) string { return name + "," + strings.Join(addresses, "; ") }
		d.night("names.csv", "email", "Bare@x.example; bare@home.example")
		d.night("crm.csv", "name,email", row("Ann Lee", "ann@x.example", "ann@home.example"), "Info,info@x.example",
			"Old,old@x.example", row("Bo Lee", "bo@x.example", "info@x.example"), row("Ümit", "Ü@x.example"))
		s, _ := d.night("crm.csv", "name,email", row("ann lee", "ann@home.example", "ann@x.example"),
			row("Bo Lee", "bo@x.example", "info@x.example"), row("Cy Lee", "cy@x.example", "bo@x.example", "info@x.example"),
			"Info,info@x.example", row("Old", "olga@x.example", "nobody@x.example", "old@x.example"),
			row("Dee", "dee@x.example", "cy@x.example"), row("", "Bo@home.example", "bo@x.example"),
			row("Bea Are", "bare@home.example", "bare@x.example"))
		told := map[string]string{"ann@home.example": "(ann@x.example,", "olga@x.example": "(old@x.example,",
			"bo@home.example": "(bo@x.example,", "bare@home.example": "(Bare@x.example,"}
		if s.plan.OtherAddress != len(told) {
			t.Errorf("%d are under another address", s.plan.OtherAddress)
		}
		for _, result := range s.results {
			is := strings.Contains(result.Reason, "under another")
			if is != (told[result.Key] != "") || !strings.Contains(result.Reason, told[result.Key]) {
				t.Errorf("%s", shown(result))
			}
		}
		s, _ = d.night("crm.csv", "name,email", row("Ann Lee", "ann@x.example", "ann@home.example"))
		if s.plan.OtherAddress != 0 || s.results[0].Status != outcome.Known {
			t.Errorf("%d are under another address; %s", s.plan.OtherAddress, shown(s.results[0]))
		}
	})
}

// An external id counts before a further address.
func TestIDAndFurtherAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,1", "Bo,bo@x.example,2")
		s, _ := d.night("crm.csv", "name,email,external id", "Bo,ann@new.example; bo@x.example,1", "Bo,bo@new.example; bo@x.example,2")
		for i, old := range []string{"(ann@x.example,", "(bo@x.example,"} {
			if !strings.Contains(s.results[i].Reason, old) || s.plan.OtherAddress != 2 {
				t.Errorf("%d; %s", s.plan.OtherAddress, shown(s.results[i]))
			}
		}
	})
}

// Whoever may be in an export though no row can be read as theirs stays in that source: another one that has lost them
// revokes nobody, until an export shows that they are gone.
func TestPerhapsInAnotherSource(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"a row that cannot be read": "Zed,zed@x.example,9,too many",
		"a mistyped address":        "A. L.,ann@@x.example,",
		"no address":                "Ann Lee,,",
		"a new address":             "Ann Fox,ann.fox@x.example,1",
		"no external ids":           "",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, jsmtest.Options{})
				const header, ann, bo = "name,email,external id", "Ann Lee,ann@x.example,1", "Bo Ray,bo@x.example,2"
				d.night("shop.csv", header, ann, bo)
				d.night("crm.csv", header, ann, bo)
				lines, there := []string{header, bo, row}, 1
				switch name {
				case "no external ids":
					lines = []string{"name,email", "Bo Ray,bo@x.example"}
				case "a new address":
					there = 2
				}
				time.Sleep(24 * time.Hour)
				for range 2 {
					if s, leavers := d.night("shop.csv", lines...); len(leavers) != 0 {
						t.Errorf("the shop lists %v, %v, and crm has them", leavers, s.statuses())
					}
				}
				crm := func(want map[string]string) {
					t.Helper()
					if _, leavers := d.night("crm.csv", header, bo); !cmp.Equal(leavers, want) {
						t.Errorf("leavers of crm: %v, want %v", leavers, want)
					}
				}
				crm(map[string]string{})
				s, leavers := d.night("shop.csv", lines...)
				guards := Guards{MaxShrink: Limit{Unit: Share}}
				if err := guards.Check(s.plan); leavers["ann@x.example"] != ActionReview || err != nil || s.plan.Roster.Members != there {
					t.Errorf("the shop lists %v of %d people, as crm has lost her; %v", leavers, s.plan.Roster.Members, err)
				}
				crm(map[string]string{})
				d.night("shop.csv", header, bo)
				crm(map[string]string{"ann@x.example": ActionRevoke})
			})
		})
	}
}

// Somebody whom a killed revocation has revoked does not count among the leavers while another source has them.
func TestRevokedAndInAnotherSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		for _, source := range []string{"shop.csv", "crm.csv"} {
			d.night(source, "name,email", "Ann,ann@x.example", "Bo,bo@x.example")
		}
		l := d.openLedger()
		run, err := l.StartRun(t.Context(), ledger.Run{Job: ledger.Job{Command: "revoke", Source: "crm.csv"}}, time.Now())
		e := ledger.Entry{Revoke: true, Account: ledger.MarkRevoked}
		e.Row, e.Key, e.Status = 1, "ann@x.example", outcome.Revoked
		if err = errors.Join(err, l.Settle(t.Context(), run.Seq, e), l.Close()); err != nil {
			t.Fatal(err)
		}
		for _, source := range []string{"crm.csv", "shop.csv"} {
			if s, leavers := d.night(source, "name,email", "Bo,bo@x.example"); s.plan.Roster.Revoked+len(leavers) != 0 {
				t.Errorf("%s: %d are revoked already of %v", source, s.plan.Roster.Revoked, leavers)
			}
		}
		if s, leavers := d.night("crm.csv", "name,email", "Bo,bo@x.example"); s.plan.Roster.Revoked != 1 || len(leavers) != 1 {
			t.Errorf("%d are revoked already of %v", s.plan.Roster.Revoked, leavers)
		}
	})
}

// External ids of two systems have nothing to do with one another.
func TestExternalIDsOfOtherSystems(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.night("zendesk.csv", "name,email,external id", "Ann,ann@x.example,1", "Ben,ben@x.example,2")
		s, _ := d.night("crm.csv", "name,email,external id", "Cy,cy@x.example,1", "Dee,dee@x.example,2")
		if s.plan.OtherAddress != 0 || len(s.Notes) != 0 || s.results[0].Reason != "" {
			t.Errorf("%d under another address; %q; %s", s.plan.OtherAddress, s.Notes, shown(s.results[0]))
		}
		d.night("shop.csv", "name,email", "Ann,ann@x.example", "Zed,zed@x.example")
		d.night("zendesk.csv", "name,email,external id", "Ben,ben@x.example,2")
		_, leavers := d.night("shop.csv", "name,email,external id", "Zed,zed@x.example,9", "Cy,cy@x.example,1")
		if diff := cmp.Diff(map[string]string{"ann@x.example": "revoke"}, leavers); diff != "" {
			t.Error(diff)
		}
	})
}

// An external id stays the same when a spreadsheet has taken its zeros off, and an id of zeros is not everybody's.
func TestSpellingsOfExternalIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.night("crm.csv", "name,email,external id", "Ann,ann@x.example,0042", "Ben,ben@x.example,ab-7", "Cy,cy@x.example,", "Dee,dee@x.example,8")
		_, leavers := d.night("crm.csv", "name,email,external id", "Ana,ana@x.example,42", "Benno,benno@x.example,AB-7", "Zed,zed@x.example,0")
		want := map[string]string{"ann@x.example": "review", "ben@x.example": "review", "cy@x.example": "revoke", "dee@x.example": "revoke"}
		if diff := cmp.Diff(want, leavers); diff != "" {
			t.Error(diff)
		}
	})
}

// A site without the operation costs a few requests and one sentence. Whoever was to be renamed has failed.
func TestNamesCannotBeChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.planned.UpdateNames = true
		d.export(100)
		d.sit(t.Context())
		d.site.SetFaults(jsmtest.Fault{Kind: jsmtest.RouteGone, Share: 1, Route: jsmtest.RenamePath})
		for i := range d.people {
			d.people[i].Name += " New"
		}
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Failed: 100})
		n := d.site.Stats().Route("PUT", jsmtest.RenamePath).Requests
		if n > maxSameRefusals+d.run.Workers || len(s.Notes) != 1 || s.ExitCode() != 3 || s.Stop != nil {
			t.Errorf("%d requests, notes %q, exit code %d", n, s.Notes, s.ExitCode())
		}
		if !strings.Contains(s.results[99].Reason, "not changed") {
			t.Errorf("%s", shown(s.results[99]))
		}
	})
}

// One name that cannot be changed counts against its row alone, whatever the answer: the others are changed, and people
// are created.
func TestOneRefusedRename(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status     int
		kind, body string
	}{
		{403, "application/json", `{"code":403,"message":"not a portal-only account"}`},
		{404, "application/json", `{"code":404,"message":"there is no such portal-only account"}`},
		{403, "text/html", "<html><title>Request blocked</title></html>"},
		{302, "text/html", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesktop(t, jsmtest.Options{Latency: 50 * time.Millisecond})
			d.planned.UpdateNames = true
			d.export(40)
			id := d.sit(t.Context()).results[0].AccountID
			for i := range d.people {
				d.people[i].Name = "Somebody Else"
			}
			d.add(export.Row{Name: "New", Email: "new@example.com"})
			d.client.Transport = jsmtest.Transport(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "PUT" || !strings.Contains(r.URL.Path, id) {
					d.site.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", tc.kind)
				w.WriteHeader(tc.status)
				io.WriteString(w, tc.body)
			})
			s := d.sit(t.Context())
			d.expect(s, map[outcome.Status]int{outcome.Renamed: 39, outcome.Failed: 1, outcome.Created: 1})
			if s.Stop != nil || s.ExitCode() != 3 || len(s.Notes) != 0 {
				t.Errorf("%d: exit code %d, %v, notes %q", tc.status, s.ExitCode(), s.Stop, s.Notes)
			}
		})
	}
}

// Whoever could not be renamed is in the source all the same, and a leaver when they are gone from it.
func TestWhoCouldNotBeRenamedIsInTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.planned.UpdateNames = true
		d.night("a.csv", "name,email", "Ann,ann@x.example", "Carl,carl@x.example")
		d.site.SetFaults(jsmtest.Fault{Kind: jsmtest.RouteGone, Share: 1, Route: jsmtest.RenamePath})
		if s, _ := d.night("b.csv", "name,email", "Anna,ann@x.example", "Ben,ben@x.example"); s.Totals.Of(outcome.Failed) != 1 {
			t.Errorf("%v", s.statuses())
		}
		d.night("a.csv", "name,email", "Carl,carl@x.example")
		if _, leavers := d.night("b.csv", "name,email", "Ben,ben@x.example"); leavers["ann@x.example"] != ActionRevoke {
			t.Errorf("%v", leavers)
		}
	})
}

// Names that cannot be changed are no rows that were sent, of which so many may fail.
func TestNamesThatCannotBeChangedAreNoShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if email == address(10) {
				return jsmtest.Decision{Status: 400, Key: "no"}
			}
			return jsmtest.Decision{}
		}))
		d.export(10)
		d.sit(t.Context())
		d.site.SetFaults(jsmtest.Fault{Kind: jsmtest.RouteGone, Share: 1, Route: jsmtest.TenantInfoPath})
		d.export(11)
		for i := range d.people {
			d.people[i].Name += " New"
		}
		d.planned.UpdateNames, d.run.Workers, d.run.MaxErrors = true, 1, Limit{Percent: 50, Unit: Share}
		if s := d.sit(t.Context()); s.Stop == nil || s.Stop.Cause != Guarded {
			t.Errorf("one of one row that was sent has failed, and %v, %v", s.Stop, s.statuses())
		}
	})
}

// Only accounts that were certainly created by us are renamed.
func TestOnlyOursAreRenamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, lostAnswers())
		d.export(20)
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 18, outcome.CreatedUnconfirmed: 2})
		for i := range d.people {
			d.people[i].Name += " New"
		}
		d.planned.UpdateNames = true
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Renamed: 18, outcome.Known: 2})
	})
}

// A row that was fixed in the failed file counts as done when the export is imported again.
func TestFixedRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		lines := []string{"name,email,phone", "Ann,ann@x.example,1", "Ben,ben@x,2", "Cy,cy(at)x.example,3"}
		s, _ := d.night("crm.csv", lines...)
		if s.Totals.Of(outcome.Invalid) != 2 {
			t.Fatalf("%v", s.statuses())
		}
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.failed.csv")
		s, _ = d.night("crm.failed.csv", `"name","email","phone","jsm_reason","jsm_row","jsm_line"`,
			`"Ben","ben@x.example","2","why","3","3"`, `"Cy","cy@x","3","why","4","4"`)
		if s.Totals.Of(outcome.Created) != 1 || s.Totals.Of(outcome.Invalid) != 1 {
			t.Fatalf("%v", s.statuses())
		}
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		s, _ = d.night("crm.csv", append(lines, "Dee,dee@x.example,4")...)
		if s.plan.Fixed != 1 || s.results[1].Status != outcome.Known || !strings.Contains(s.results[1].Reason, "ben@x.example") {
			t.Errorf("%d fixed; %s", s.plan.Fixed, shown(s.results[1]))
		}
		if s.results[2].Status != outcome.Invalid || s.results[3].Status != outcome.Created {
			t.Errorf("%s; %s", shown(s.results[2]), shown(s.results[3]))
		}
		s, _ = d.night("crm.failed.failed.csv", `"name","email","phone","jsm_reason","jsm_row","jsm_line"`,
			`"Cy","cy@x.example","3","why","3","3"`)
		if s.Totals.Of(outcome.Created) != 1 {
			t.Fatalf("%v", s.statuses())
		}
		if s, _ = d.night("crm.csv", lines...); s.plan.Fixed != 2 || s.ExitCode() != 0 {
			t.Errorf("%d fixed, %v", s.plan.Fixed, s.statuses())
		}
	})
}

// Whom a row was fixed to is in the source as long as the row is there, and a leaver when it is gone.
func TestFixedPeopleAreInTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		lines := []string{"name,email", "Ann,ann@x.example", "Ben,ben(at)x.example"}
		d.night("crm.csv", lines...)
		d.night("crm.failed.csv", `"name","email","jsm_reason","jsm_row","jsm_line"`, `"Ben","ben@x.example","why","3","3"`)
		for day := range 3 {
			if s, leavers := d.night("crm.csv", append(lines, fmt.Sprintf("Dee,dee%d@x.example", day))...); leavers["ben@x.example"] != "" {
				t.Errorf("%v, %v", leavers, s.statuses())
			}
			if _, leavers := d.night("crm.failed.csv", "name,email", fmt.Sprintf("Eve,eve%d@x.example", day)); leavers["ben@x.example"] != "" {
				t.Errorf("%v, though Ben is in another source", leavers)
			}
		}
		if _, leavers := d.night("crm.csv", lines[:2]...); leavers["ben@x.example"] != ActionRevoke {
			t.Errorf("Ben has left: %v", leavers)
		}
	})
}

// A row that was fixed since is done, in what is told of its run, and when that goes on: also one that was sent.
func TestFixedSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if email == "typo@x.example" {
				return jsmtest.Decision{Status: 400}
			}
			return jsmtest.Decision{}
		}))
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		lines := []string{"name,email", "Ann,ann(at)x.example", "Ben,typo@x.example", "Cy,cy@x.example"}
		s, _ := d.night("crm.csv", lines...)
		d.expect(s, map[outcome.Status]int{outcome.Invalid: 1, outcome.Failed: 1, outcome.Created: 1})
		time.Sleep(time.Hour)
		const header = `"name","email","jsm_reason","jsm_row","jsm_line"`
		d.night("crm.failed.csv", header, `"Ann","ann@x.example","why","2","2"`, `"Ben","ben@x.example","why","3","3"`)
		want := s
		want.Totals = outcome.Totals{outcome.Created: 1, outcome.Known: 2}
		d.unchanged(want)

		l := d.openLedger()
		stopped, err := l.Run(t.Context(), s.runID)
		stopped.Outcome = ledger.Stopped
		if err = errors.Join(err, l.FinishRun(t.Context(), &stopped), l.Close()); err != nil {
			t.Fatal(err)
		}
		again, _ := d.night("crm.csv", lines...)
		if d.expect(again, map[outcome.Status]int{outcome.Known: 2, outcome.Created: 1}); again.runID != s.runID || again.plan.Fixed != 2 {
			t.Errorf("run %s after %s, %d fixed", again.runID, s.runID, again.plan.Fixed)
		}
	})
}

// A row that was fixed speaks for the address that it was fixed to.
func TestSightOfAFixedRow(t *testing.T) {
	t.Parallel()
	r := &Roster{leaverRows: map[string]string{sameID("2"): ""}, fixedKeys: map[string]bool{}}
	row := &export.Row{ExternalID: "2", Invalid: "no address", Place: export.Place{Row: 3, Line: 3}}
	r.matchLeavers(Result{Row: row, fixedKey: "cy@new.example"})
	one := ledger.Leaver{Account: ledger.Account{Status: outcome.Created}, MemberID: "2", KnownID: "2"}
	action, reason := r.judge(one)
	if action != ActionReview || !strings.Contains(reason, "(row 3)") || !r.fixedKeys["cy@new.example"] {
		t.Errorf("%s: %s", action, reason)
	}
}

// One fix settles one row: another with its external id, which is wrong in another way, still has to be fixed. A fixed
// row counts also when its file lies elsewhere by then, and when other cells of the export have changed.
func TestOneFixSettlesOneRow(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"crm.failed.csv", "elsewhere.csv"} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, jsmtest.Options{})
				d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
				s, _ := d.night("crm.csv", "name,email,external id,seen", "Ann,ann(at)x.example,7,1", "Zoe,zoe(at)x.example,7,1",
					"Cy,cy@x.example,8,1", "Dee,dee@x.example,9,1", "Eve,eve@x.example,10,1")
				reason := s.results[0].Reason
				d.run.FailedPath = filepath.Join(d.folder, "again.failed.csv")
				d.night(file, `"name","email","external id","seen","jsm_reason","jsm_row","jsm_line"`,
					`"Ann","ann@x.example","7","1","`+strings.ReplaceAll(reason, `"`, `""`)+`","2","2"`)
				d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
				s, _ = d.night("crm.csv", "name,email,external id,seen", "Ann,ann(at)x.example,7,2",
					"Zoe,zoe(at)x.example,7,2", "Cy,cy@x.example,8,1", "Dee,dee@x.example,9,1",
					"Eve,eve@x.example,10,1", "Flo,flo@x.example,11,1")
				if s.results[0].Status != outcome.Known || s.results[1].Status != outcome.Invalid {
					t.Errorf("%v", s.statuses())
				}
			})
		})
	}
}

// Of rows that are all alike, too, one fix settles one, and each has its own.
func TestOneFixSettlesOneOfRowsAlike(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"name,email,phone", "name,email,external id"} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, jsmtest.Options{})
				lines := []string{header, "Ann,,7", "Ann,,7", "Cy,cy@x.example,8"}
				columns := `"` + strings.ReplaceAll(header, ",", `","`) + `","jsm_reason","jsm_row","jsm_line"`
				failed := filepath.Join(d.folder, "crm.failed.csv")
				imported := func(fixed int, want ...outcome.Status) {
					t.Helper()
					d.run.FailedPath = failed
					s, _ := d.night("crm.csv", lines...)
					if s.plan.Fixed != fixed || s.results[0].Status != want[0] || s.results[1].Status != want[1] {
						t.Errorf("%d fixed, %v", s.plan.Fixed, s.statuses())
					}
				}
				imported(0, outcome.Invalid, outcome.Invalid)
				d.run.FailedPath = filepath.Join(d.folder, "crm.failed.failed.csv")
				d.night("crm.failed.csv", columns, `"Ann","ann@x.example","7","why","3","3"`)
				lines = append(lines, "Dee,dee@x.example,9")
				imported(1, outcome.Invalid, outcome.Known)
				d.run.FailedPath = filepath.Join(d.folder, "crm.failed.failed.csv")
				d.night("crm.failed.csv", columns, `"Ann","anna@x.example","7","why","2","2"`)
				lines = append(lines, "Eve,eve@x.example,10")
				imported(2, outcome.Known, outcome.Known)
			})
		})
	}
}

// A row that was fixed in the failed file gets access, too, when its export is imported for access.
func TestFixedRowsGetAccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		lines := []string{"name,email,company", "Ann,ann@x.example,Acme", "Ben,ben@x,Beta", "Cy,cy@x,Gamma"}
		d.night("crm.csv", lines...)
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.failed.csv")
		d.night("crm.failed.csv", `"name","email","company","jsm_reason","jsm_row","jsm_line"`,
			`"Ben","ben@x.example","Beta","why","3","3"`)
		d.run.FailedPath = filepath.Join(d.folder, "crm.failed.csv")
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		s, _ := d.night("crm.csv", lines...)
		want := map[string][]string{"Acme": {"ann@x.example"}, "Beta": {"ben@x.example"}}
		if diff := cmp.Diff(want, d.members()); diff != "" {
			t.Error(diff)
		}
		if p := s.plan.Access; p.Named != 2 || p.Memberships != 2 || p.Customers != 2 || len(d.site.Desks()[0].Customers) != 2 {
			t.Errorf("%+v, %d customers", p, len(d.site.Desks()[0].Customers))
		}
	})
}

// Undo revokes what its run has created, and nobody else; afterwards there is nothing left to undo.
func TestUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(3)})
		d.export(10)
		first := d.sit(t.Context())
		d.expect(first, map[outcome.Status]int{outcome.Conflict: 3, outcome.Created: 7})
		s := d.undo(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Revoked: 7})
		if s.ExitCode() != 0 || s.plan.Create != 7 {
			t.Errorf("exit code %d, %d planned", s.ExitCode(), s.plan.Create)
		}
		for i, r := range s.results { // as the file of the run has them
			if want := d.people[i+3].Place; r.Place() != want.String() || r.Line != want.Line {
				t.Errorf("%s instead of %s", r.Place(), want)
			}
		}
		for i := range 10 {
			if a := d.site.Find(address(i))[0]; a.Revoked != (i >= 3) {
				t.Errorf("%s revoked: %t", a.Email, a.Revoked)
			}
		}
		l := d.openLedger()
		defer l.Close()
		p, err := PlanUndo(t.Context(), l, d.lastImport(l))
		if err != nil || p.Create != 0 || p.Others.Of(outcome.AlreadyRevoked) != 7 {
			t.Errorf("undone already: %+v, %v", p, err)
		}
		client := d.connect()
		again := d.sitAt(t.Context(), client, l)
		d.expect(again, map[outcome.Status]int{outcome.Known: 3, outcome.RevokedBefore: 7})
		_, err = PlanUndo(t.Context(), l, d.lastImport(l))
		if refused, ok := errors.AsType[*Stop](err); !ok || !strings.HasPrefix(refused.What, "run ") || !strings.Contains(refused.What, "created nobody") {
			t.Errorf("%v", err)
		}
	})
}

// Who may have been created, because the answer was lost, is left to a person and not passed over.
func TestUndoListsLostAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, lostAnswers())
		d.export(100)
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 90, outcome.CreatedUnconfirmed: 10})
		s := d.undo(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Revoked: 90, outcome.Review: 10})
		for i, r := range s.results {
			if s.ExitCode() != 3 || r.Email != address(i) || (r.Status == outcome.Review) != strings.Contains(r.Reason, "may have created") {
				t.Errorf("exit code %d, %s", s.ExitCode(), shown(r))
			}
		}
		l := d.openLedger()
		defer l.Close()
		if run := d.lastImport(l); run.UndoneAt.IsZero() {
			t.Errorf("run %s can be undone again", run.ID)
		}
	})
}

// An undo that was cut off goes on with the same rows.
func TestUndoIsResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: time.Second})
		d.export(100)
		d.sit(t.Context())
		ctx, cancel := context.WithCancelCause(t.Context())
		var restore func()
		time.AfterFunc(5500*time.Millisecond, func() {
			restore = d.kill()
			cancel(ErrInterrupted)
		})
		d.undo(ctx)
		restore()
		s := d.undo(t.Context())
		done := s.plan.Finished.Of(outcome.Revoked)
		share := fmt.Sprintf("%d of the %[1]d accounts this program has created and not revoked", s.plan.Create)
		if got := s.plan.RevokedShare(s.plan.Create); s.plan.Create+done != 100 || got != share {
			t.Errorf("%d to revoke, %d finished, shown as %s", s.plan.Create, done, got)
		}
		d.expect(s, map[outcome.Status]int{outcome.Revoked: 100})
		if !s.resumed || s.plan.Finished.Of(outcome.Revoked) < 8 || s.ExitCode() != 0 {
			t.Errorf("resumed %t, %+v", s.resumed, s.plan.Finished)
		}
	})
}

// Whom a killed import has created, and a revocation has taken access from before it goes on, is not called created.
func TestRevokedBeforeItGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(10)
		d.run.Limit = 4
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 4, outcome.NotAttempted: 6})
		l := d.openLedger()
		file := d.open("two.csv", "email", address(0), address(3))
		p, err := MakePlan(t.Context(), file, l, PlanOptions{Job: ledger.Job{Command: "revoke", Input: file.Path}})
		if err != nil {
			t.Fatal(err)
		}
		client := d.connect()
		r := d.carryOut(t.Context(), l, p, func() *Run { return NewRun(t.Context(), client, l, p, d.run) })
		d.expect(r, map[outcome.Status]int{outcome.Revoked: 2})
		l.Close()
		time.Sleep(time.Minute)
		d.run.Limit = 0
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 8, outcome.RevokedBefore: 2})
		if !s.resumed || s.results[3].Status != outcome.RevokedBefore || s.ExitCode() != 3 {
			t.Errorf("resumed %t, exit code %d, %s", s.resumed, s.ExitCode(), shown(s.results[3]))
		}
	})
}

// A list of leavers is revoked as long as it is fresh.
func TestRevokeLeavers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		people := []string{"name,email", "Ann,ann@x.example", "Ben,ben@x.example", "Cy,cy@x.example"}
		d.night("crm.csv", people...)
		s, leavers := d.night("crm.csv", people[:2]...)
		if diff := cmp.Diff(map[string]string{"ben@x.example": "revoke", "cy@x.example": "revoke"}, leavers); diff != "" {
			t.Fatal(diff)
		}
		list := []string{"email,name,jsm_account_id,jsm_action,jsm_reason,last_seen,jsm_source,jsm_run_id"}
		for _, email := range []string{"ben@x.example", "cy@x.example", "cy@x.example"} {
			list = append(list, email+",N,"+d.site.Find(email)[0].ID+",revoke,gone,2026-01-01,crm.csv,"+s.runID)
		}
		plan := func(l *ledger.Ledger) (*Plan, error) {
			file := d.open("crm.leavers.csv", list...)
			job := ledger.Job{Command: "revoke", Input: file.Path}
			return MakePlan(t.Context(), file, l, PlanOptions{Job: job})
		}
		l := d.openLedger()
		p, err := plan(l)
		if err != nil || p.Create != 2 || !p.IsLeaversList || p.Others.Of(outcome.Duplicate) != 1 {
			t.Fatalf("%v, %+v", err, p)
		}
		client := d.connect()
		r := d.carryOut(t.Context(), l, p, func() *Run { return NewRun(t.Context(), client, l, p, d.run) })
		d.expect(r, map[outcome.Status]int{outcome.Revoked: 2, outcome.Duplicate: 1})
		l.Close()
		d.night("crm.csv", people[:2]...)
		l = d.openLedger()
		defer l.Close()
		if _, err := plan(l); err == nil || !strings.Contains(err.Error(), "the last complete run of the source") || strings.Contains(err.Error(), "this person is in") {
			t.Errorf("an old list: %v", err)
		}
		header := list[0]
		three := []string{"jsm_action", "jsm_source", "jsm_run_id"} // one of them makes it a list of leavers
		for _, one := range three {
			list[0] = strings.Replace(header, one, "other", 1)
			if _, err := plan(l); err == nil {
				t.Errorf("a list without %s is taken for any file", one)
			}
			list[0] = strings.NewReplacer(one, one, "jsm_action", "a", "jsm_source", "s", "jsm_run_id", "r").Replace(header)
			if one == "jsm_action" { // of somebody's own
				continue
			}
			if _, err := plan(l); err == nil {
				t.Errorf("a list with %s alone is taken for any file", one)
			}
		}
		list[0] = strings.NewReplacer("jsm_source", "s", "jsm_run_id", "r").Replace(header)
		if _, err := plan(l); err != nil {
			t.Errorf("a list of somebody's own: %v", err)
		}
		list = append(list, "ann@x.example,N,"+d.site.Find("ann@x.example")[0].ID+",revoke,,,,")
		if _, err := plan(l); err == nil || !strings.Contains(err.Error(), "this person is in the source crm.csv") {
			t.Errorf("a list with somebody who is there: %v", err)
		}
		list[0] = strings.Replace(list[0], "jsm_action", "a", 1)
		if _, err := plan(l); err != nil {
			t.Errorf("no list: %v", err)
		}
		last, err := l.Run(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		list = []string{header, "cy@new.example,N,qm:0a1b2c3d-0000-4000-8000-00000000abcd:0000000000000000000000aa,revoke,,,crm.csv," + last.ID}
		if p, err := plan(l); err != nil || p.Create != 0 || p.Others.Of(outcome.Review) != 1 {
			t.Errorf("a row of somebody unknown, filled down: %v, %+v", err, p)
		}
	})
}

// An account that is named by its address and again by its id is revoked and counted once, also by a run that goes on.
func TestRevokeSameAccountTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		puts := 0
		d := newDesktop(t, jsmtest.Options{OnAnswer: func(x jsmtest.Exchange) {
			if x.Path == jsmtest.RevokePath {
				puts++
				cancel(ErrInterrupted)
			}
		}})
		d.export(2)
		d.sit(t.Context())
		l, client := d.openLedger(), d.connect()
		defer l.Close()
		defer client.Close()
		id := func(i int) string { return d.site.Find(address(i))[0].ID }
		file := d.open("list.csv", "email,account_id", address(0)+",", ","+id(0), ","+id(1), address(1)+",", ","+id(1),
			"stranger@example.com,"+id(1))
		d.run.Workers = 1
		for _, want := range []map[outcome.Status]int{
			{outcome.Revoked: 1, outcome.NotAttempted: 2, outcome.Duplicate: 3},
			{outcome.Revoked: 2, outcome.Duplicate: 3, outcome.Invalid: 1},
		} {
			p, err := MakePlan(t.Context(), file, l, PlanOptions{Job: ledger.Job{Command: "revoke", Input: file.Path}})
			if err != nil || p.Create+p.Finished.Of(outcome.Revoked) != 2 {
				t.Fatalf("%v, %d to revoke", err, p.Create)
			}
			s := d.carryOut(ctx, l, p, func() *Run { return NewRun(ctx, client, l, p, d.run) })
			d.expect(s, want)
			if reason := s.results[3].Reason; reason != "same account as row 4" {
				t.Error(reason)
			}
			ctx = t.Context()
		}
		if puts != 2 {
			t.Errorf("%d requests for 2 accounts", puts)
		}
	})
}

// Accounts whose ids are not known are not one account: undo leaves each of them to a person.
func TestUndoLeavesEachUnknownToAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if email == address(1) || email == address(3) {
				return jsmtest.Decision{Fault: jsmtest.UnavailableAfter}
			}
			return jsmtest.Decision{}
		}))
		d.export(5)
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 3, outcome.Unknown: 2})
		d.expect(d.undo(t.Context()), map[outcome.Status]int{outcome.Revoked: 3, outcome.Review: 2})
	})
}

// A run that is told again knows whom it knew then, also when the account was made anew or revoked since, and nobody
// else.
func TestToldAgainAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(1)
		d.sit(t.Context())
		d.export(3)
		d.run.Limit = 1
		then := d.sit(t.Context())
		d.expect(then, map[outcome.Status]int{outcome.Known: 1, outcome.Created: 1, outcome.NotAttempted: 1})
		people := d.people
		d.run.Limit, d.planned.ResendKnown = 0, true
		for n := 4; n < 6; n++ {
			time.Sleep(time.Minute)
			d.site = jsmtest.New(jsmtest.Options{}) // nobody is there any more
			d.client.Transport = jsmtest.Transport(d.site.ServeHTTP)
			d.export(n)
			d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: n})
		}
		d.expect(d.undo(t.Context()), map[outcome.Status]int{outcome.Revoked: 5})
		d.people = people
		d.unchanged(then)
	})
}
