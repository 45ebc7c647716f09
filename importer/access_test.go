package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// company adds n people of an organization to the export, numbered from first.
func (d *desktop) company(name string, first, n int) {
	for i := first; i < first+n; i++ {
		d.add(export.Row{Name: fmt.Sprintf("Person %d", i), Email: address(i), Organization: name})
	}
}

// members are the addresses in each organization of the site.
func (d *desktop) members() map[string][]string {
	all := map[string][]string{}
	for _, o := range d.site.Organizations() {
		all[o.Name] = nil
		for _, m := range o.Members {
			all[o.Name] = append(all[o.Name], m.Email)
		}
	}
	return all
}

// writes are the requests that changed access.
func (d *desktop) writes() (n int) {
	stats := d.site.Stats()
	for _, path := range []string{jsmtest.OrgsPath, jsmtest.OrgUsersPath, jsmtest.DeskCustomersPath, jsmtest.DeskOrgsPath} {
		n += stats.Route("POST", path).Requests
	}
	return n
}

func TestAccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "ACME  Ltd"}, {Name: "Other"}}})
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		d.company("Acme Ltd", 0, 70)
		d.company("acme  LTD", 70, 1)
		d.company("Beta", 71, 10)
		d.company("", 81, 5)
		d.company("Gamma", 0, 1) // a duplicate row adds for the person whom it repeats
		d.add(export.Row{Name: "Wrong", Email: "wrong", Invalid: "no address", Organization: "Delta"})
		d.add(export.Row{Name: "Long", Email: "long@example.com", InvalidOrganization: "it has 300 characters"})
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 87, outcome.Duplicate: 1, outcome.Invalid: 1})
		p := *s.plan.Access
		if p.Named != 3 || p.ToCreate != 2 || !cmp.Equal(p.FirstNew, []string{"Beta", "Gamma"}) ||
			p.WithoutOrganization != 6 || p.Memberships != 82 || p.Customers != 87 {
			t.Errorf("%+v", p)
		}
		members := d.members()
		if len(members) != 4 || len(members["ACME  Ltd"]) != 71 || len(members["Beta"]) != 10 ||
			!cmp.Equal(members["Gamma"], []string{address(0)}) || members["Other"] != nil {
			t.Errorf("%v", members)
		}
		desk := d.site.Desks()[0]
		if len(desk.Customers) != 87 || len(desk.Organizations) != 3 {
			t.Errorf("%d customers and %d organizations in %s", len(desk.Customers), len(desk.Organizations), desk.Key)
		}
		want := AccessTotals{ServiceDesks: map[string]*DeskTotals{"SUP": {87, 3}}, NotGood: 1}
		want.Organizations.Named, want.Organizations.Existed, want.Organizations.Created = 3, 1, 2
		want.Memberships.Added = 82
		if diff := cmp.Diff(want, *s.Access); diff != "" || s.ExitCode() != 3 {
			t.Errorf("exit code %d\n%s", s.ExitCode(), diff)
		}
		last := s.results[len(s.results)-1]
		if last.Organization != "invalid" || last.ServiceDesk != "added" || !strings.Contains(last.Reason, "300") {
			t.Errorf("%s", shown(last))
		}
		// 2 organizations; 3 into the project; Acme 2, Beta 1, Gamma 1; the project's customers 2
		if n := d.writes(); n != 11 {
			t.Errorf("%d calls", n)
		}
		again := d.sit(t.Context())
		if n := d.writes(); n != 11 || again.runID == s.runID || again.Access.Memberships.Known != 82 || again.plan.Access.Memberships != 0 {
			t.Errorf("%d calls; run %s after %s, %+v", n, again.runID, s.runID, again.Access)
		}
		if w := again.results[0]; w.Organization != "known" || w.ServiceDesk != "known" {
			t.Errorf("%s", shown(w))
		}
	})
}

// A run with a limit creates, and adds to projects, the organizations of those alone who have an account by then.
func TestOrganizationsWithinTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "Org 3"}, {Name: "Org 4"}}})
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		for i := range 5 {
			d.company(fmt.Sprintf("Org %d", i), i, 1)
		}
		d.run.Limit = 1
		s := d.sit(t.Context())
		want := map[string][]string{"Org 0": {address(0)}, "Org 3": nil, "Org 4": nil}
		if diff := cmp.Diff(want, d.members()); diff != "" {
			t.Error(diff)
		}
		o := s.Access.Organizations
		if n := len(d.site.Desks()[0].Organizations); n != 1 || o.Named != 5 || o.Existed != 2 || o.Created != 1 || s.ExitCode() != 0 {
			t.Errorf("%d in the project; %+v, exit code %d", n, o, s.ExitCode())
		}
		d.run.Limit = 0
		s = d.sit(t.Context())
		o = s.Access.Organizations
		if n := len(d.site.Desks()[0].Organizations); n != 5 || len(d.members()["Org 4"]) != 1 || o.Existed != 2 || o.Created != 3 {
			t.Errorf("%d in the project; %+v, %v", n, o, d.members())
		}
	})
}

// Somebody who changed company is added to the new one; the old membership stays and is listed.
func TestChangedCompany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.access.Organizations = true
		d.company("Acme", 0, 3)
		d.sit(t.Context())
		d.people = nil
		d.company("Acme", 0, 2)
		d.company("Beta", 2, 1)
		d.company("Beta", 1, 1) // in both
		s := d.sit(t.Context())
		members := d.members()
		if len(members["Acme"]) != 3 || len(members["Beta"]) != 2 {
			t.Errorf("%v", members)
		}
		acme := d.site.Organizations()[0]
		want := []ledger.Moved{{Row: 4, AccountID: d.site.Find(address(2))[0].ID, OrganizationID: acme.ID}}
		if r := s.Access.ToReview; acme.Name != "Acme" || !cmp.Equal(r, want) {
			t.Errorf("%+v in %+v", r, acme)
		}
	})
}

// An earlier membership that another source may ask for is not to be reviewed, before the person has left that.
func TestCompaniesOfTwoSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.access.Organizations = true
		d.night("crm.csv", "name,email,company", "Ann,ann@x.example,Acme", "Ben,ben@x.example,Acme")
		if s, _ := d.night("shop.csv", "name,email,company", "Ann,ann@x.example,Beta"); s.Access.ToReview != nil || s.Access.Memberships.Added != 1 {
			t.Errorf("%+v", s.Access)
		}
		d.night("crm.csv", "name,email,company", "Ben,ben@x.example,Acme")
		if s, _ := d.night("shop.csv", "name,email,company", "Ann,ann@x.example,Club"); len(s.Access.ToReview) != 2 {
			t.Errorf("%+v", s.Access)
		}
	})
}

// One account that the site does not know is found by halving, and the others get their access.
func TestUnknownAccountInAChunk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Faults: []jsmtest.Fault{{Kind: jsmtest.UnknownAccount, Share: 0.02}}})
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		d.company("Acme", 0, 200)
		s := d.sit(t.Context())
		failed, added := 0, 0
		for _, r := range s.results {
			if r.Organization == "failed" {
				failed++
			}
			if r.Organization == "added" {
				added++
			}
		}
		if failed == 0 || failed > 20 || added+failed != 200 || s.Access.NotGood < failed || s.ExitCode() != 3 {
			t.Errorf("%d added, %d failed, %+v, exit code %d", added, failed, s.Access, s.ExitCode())
		}
		if n := len(d.members()["Acme"]); n != added {
			t.Errorf("%d members, and %d were reported", n, added)
		}
	})
}

// An organization that takes nobody, and a project that takes no organizations, each cost a few calls and one sentence.
func TestRefusedAccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{
			Faults:        []jsmtest.Fault{{Kind: jsmtest.NoAgentLicence, Share: 1}},
			Organizations: []jsmtest.Organization{{Name: "Managed", SCIMManaged: true}},
		})
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		d.company("Managed", 0, 120)
		d.company("Acme", 120, 1)
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 121})
		if s.Access.Memberships.Failed != 120 || s.Access.Memberships.Added != 1 || len(s.Access.Refused) != 1 || s.ExitCode() != 3 {
			t.Errorf("%+v, exit code %d", s.Access, s.ExitCode())
		}
		if n := d.site.Stats().Route("POST", jsmtest.OrgUsersPath).Requests; n > 60 {
			t.Errorf("%d calls to add members", n)
		}
	})
}

// A project whose customers the account may not administer is asked a few times, and keeps no other one empty. The run
// refuse lets the site answer each POST to a path with a status, after 100 ms, and counts them.
func (d *desktop) refuse(path string, status int) (asked *atomic.Int32) {
	asked = new(atomic.Int32)
	d.client.Transport = jsmtest.Transport(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" && strings.HasSuffix(r.URL.Path, path) {
			asked.Add(1)
			time.Sleep(100 * time.Millisecond)
			w.WriteHeader(status)
			return
		}
		d.site.ServeHTTP(w, r)
	})
	return asked
}

// ends with 4 when all else is done.
func TestOneForbiddenProject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 100 * time.Millisecond})
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP", "BIL"}}
		d.company("Acme", 0, 1000)
		asked := d.refuse("/servicedesk/1/customer", 403)
		s := d.sit(t.Context())
		if n := len(d.site.Desks()[1].Customers); n != 1000 || s.Access.Memberships.Added != 1000 || asked.Load() > accessAtOnce {
			t.Errorf("%d customers, %+v; the other project was asked %d times", n, s.Access, asked.Load())
		}
		if r := s.results[999]; s.Stop == nil || s.ExitCode() != 4 || r.ServiceDesk != "failed;added" || !strings.Contains(r.Reason, "403") {
			t.Errorf("exit code %d, %v, %s", s.ExitCode(), s.Stop, shown(r))
		}
		d.client.Transport = jsmtest.Transport(d.site.ServeHTTP)
		if s = d.sit(t.Context()); s.ExitCode() != 0 || !s.resumed || len(d.site.Desks()[0].Customers) != 1000 {
			t.Errorf("exit code %d, %v, resumed %t", s.ExitCode(), s.Stop, s.resumed)
		}
	})
}

// An organization that answers 400, whoever is to be added, is not asked twice for each member.
func TestOrganizationThatTakesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "Acme", ID: "1"}}})
		d.access.Organizations = true
		d.company("Acme", 0, 1000)
		d.company("Beta", 1000, 100)
		asked := d.refuse("/organization/1/user", 400)
		s := d.sit(t.Context())
		m := s.Access.Memberships
		if m.Failed != 1000 || m.Added != 100 || asked.Load() > 200 || s.ExitCode() != 3 {
			t.Errorf("asked %d times, exit code %d, %+v", asked.Load(), s.ExitCode(), m)
		}
	})
}

// An organization that the site does not let us create was not there before either.
func TestOrganizationIsNotCreated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "Acme"}}})
		inner := d.client.Transport
		d.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != "POST" || !strings.HasSuffix(r.URL.Path, jsmtest.OrgsPath) {
				return inner.RoundTrip(r)
			}
			body := io.NopCloser(strings.NewReader(`{"errorMessage":"no"}`))
			return &http.Response{StatusCode: 400, Body: body, Header: http.Header{}, Request: r}, nil
		})
		d.access.Organizations = true
		d.company("Acme", 0, 1)
		d.company("Beta", 1, 2)
		s := d.sit(t.Context())
		if o := s.Access.Organizations; o.Named != 2 || o.Existed != 1 || o.Created != 0 || s.Access.Memberships.Failed != 2 {
			t.Errorf("%+v", s.Access)
		}
		if r := s.results[1]; r.Organization != "failed" || !strings.Contains(r.Reason, "creating an organization: 400") {
			t.Errorf("%s", shown(r))
		}
	})
}

// Killed again and again, with faults on every route, memberships are in the end as the file has them.
func TestAccessIsResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := jsmtest.Options{
			Existing: peopleBefore(5),
			Latency:  200 * time.Millisecond,
			Faults: []jsmtest.Fault{
				{Kind: jsmtest.Unavailable, Share: 0.05},
				{Kind: jsmtest.UnavailableAfter, Share: 0.05},
				{Kind: jsmtest.ResetAfter, Share: 0.05},
			},
		}
		d := newDesktop(t, o)
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP", "BIL"}}
		for i := range 12 {
			d.company(fmt.Sprintf("Company %d", i), 20*i, 20)
		}
		var s session
		for i := 1; ; i++ {
			ctx, cancel := context.WithCancelCause(t.Context())
			var restore func()
			timer := time.AfterFunc(time.Duration(i)*1500*time.Millisecond, func() {
				restore = d.kill()
				cancel(ErrInterrupted)
			})
			s = d.sit(ctx)
			timer.Stop()
			if restore == nil {
				break
			}
			restore()
			time.Sleep(6 * time.Minute)
		}
		if s.Stop != nil || s.Access.NotGood != 0 || s.ExitCode() != 0 {
			t.Errorf("%v, %+v, exit code %d, %v", s.Stop, s.Access, s.ExitCode(), s.statuses())
		}
		for name, members := range d.members() {
			if len(members) != 20 {
				t.Errorf("%s has %d members", name, len(members))
			}
		}
		for _, r := range s.results {
			if r.Organization != "added" || r.ServiceDesk != "added;added" {
				t.Errorf("%s", shown(r))
			}
		}
		before := d.writes()
		if s = d.sit(t.Context()); d.writes() != before {
			t.Errorf("a second run sent %d writes", d.writes()-before)
		}
	})
}

func TestAccessIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.company("Acme", 0, 1)
		l, client := d.openLedger(), d.connect()
		defer l.Close()
		defer client.Close()
		p := d.plan(t.Context(), client, l)
		wrong := p.Options
		wrong.Access.ServiceDesks = []string{"NOPE"}
		if err := p.decide(t.Context(), l, wrong); err != nil {
			t.Fatal(err)
		}
		err := p.PlanAccess(t.Context(), client)
		if err == nil || !strings.Contains(err.Error(), `project "NOPE"`) || !strings.Contains(err.Error(), "404") {
			t.Errorf("%v", err)
		}
		for i := range 30 {
			d.company(fmt.Sprintf("%d", i), i+1, 1)
		}
		d.access.Organizations = true
		p = d.plan(t.Context(), client, l)
		g := Guards{MaxOrganizations: Limit{Percent: 10, Floor: 20, Unit: Share}}
		stop, ok := errors.AsType[*Stop](g.Check(p))
		if !ok || stop.Cause != Guarded || !strings.Contains(stop.Hint, "--max-organizations 31") {
			t.Errorf("%v", stop)
		}
		if d.posts() != 0 || d.writes() != 0 {
			t.Error("something was sent")
		}
	})
}

func TestOrganizationNames(t *testing.T) {
	a := &AccessPlan{atSite: map[string][]string{"acme": {"1", "2"}, "beta": {"3"}}}
	for _, tc := range []struct {
		name string
		want ledger.Group
	}{
		{"beta", ledger.Group{ID: "3"}},
		{"gamma", ledger.Group{}},
		{invalidPrefix + "too long", ledger.Group{Invalid: true, Why: "as spelled"}},
		{"acme", ledger.Group{Why: "the site has 2 organizations"}},
	} {
		g := ledger.Group{Name: tc.name, Spelled: "as spelled"}
		a.find(&g)
		if g.ID != tc.want.ID || g.Invalid != tc.want.Invalid || !strings.HasPrefix(g.Why, tc.want.Why) ||
			(g.Why == "") != (tc.want.Why == "") {
			t.Errorf("%q: %+v", tc.name, g)
		}
	}
}

// What was added before a kill is shown as added by the run that goes on, and is not sent again.
func TestKilledWhileGivingAccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: time.Second})
		d.access.Organizations = true
		for i := range 40 {
			d.company(fmt.Sprintf("Company %d", i), 2*i, 2)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		var restore func()
		before := 0
		time.AfterFunc(18500*time.Millisecond, func() { // 1 s for the scan, 10 s of creates, 5 s of organizations
			before = d.site.Stats().Route("POST", jsmtest.OrgUsersPath).Requests
			restore = d.kill()
			cancel(ErrInterrupted)
		})
		if d.sit(ctx); before < 9 || before > 39 {
			t.Fatalf("%d calls were made before the kill: it tests nothing", before)
		}
		calls := d.site.Stats().Route("POST", jsmtest.OrgUsersPath).Requests
		restore()
		s := d.sit(t.Context())
		for _, r := range s.results {
			if r.Organization != "added" {
				t.Fatalf("%s", shown(r))
			}
		}
		calls = d.site.Stats().Route("POST", jsmtest.OrgUsersPath).Requests - calls
		if s.Access.Organizations.Created != 40 || s.Access.Organizations.Existed != 0 {
			t.Errorf("the organizations of before the kill: %+v", s.Access)
		}
		if s.ExitCode() != 0 || calls > 40-before+accessAtOnce {
			t.Errorf("exit code %d; %d calls before the kill, %d after", s.ExitCode(), before, calls)
		}
	})
}

// However a run stops before it gives access, the results say of every row that this was not attempted, and nothing
// more is sent; the next session gives it.
func TestStoppedBeforeAccess(t *testing.T) {
	t.Parallel()
	slow := 100 * time.Millisecond
	broken := func(d *desktop) context.Context {
		ctx, cancel := context.WithCancelCause(d.t.Context())
		time.AfterFunc(time.Second, func() { cancel(ErrInterrupted) })
		return ctx
	}
	for _, tc := range []struct {
		want   Cause
		site   jsmtest.Options
		before func(*desktop) context.Context
	}{
		{want: Interrupted, site: jsmtest.Options{Latency: slow}, before: broken},
		{want: Unauthorised, site: jsmtest.Options{Latency: slow,
			Faults: []jsmtest.Fault{{Kind: jsmtest.TokenEnds, After: 30, Route: jsmtest.CreatePath}}}},
		{want: QuotaPause, site: jsmtest.Options{Latency: slow, Quotas: []jsmtest.Quota{{
			Limit: 50, Window: time.Hour, Reason: "jira-quota-tenant-based"}}}},
		{want: Guarded, site: down(func(email string, _ int) jsmtest.Decision {
			if len(email) == len(address(10)) && email > address(30) {
				return jsmtest.Decision{Status: 400, Key: "bad"}
			}
			return jsmtest.Decision{}
		})},
	} {
		t.Run(fmt.Sprint(tc.want), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, tc.site)
				d.planned.ResendKnown = true
				d.company("Acme", 0, 1)
				d.sit(t.Context())
				d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP", "BIL"}}
				d.people = nil
				d.company("Acme", 0, 100)
				ctx := t.Context()
				if tc.before != nil {
					ctx = tc.before(d)
				}
				s := d.sit(ctx)
				if s.Stop == nil || s.Stop.Cause != tc.want || d.writes() != 0 || s.Totals.Of(outcome.Created) < 5 {
					t.Fatalf("%+v, %d writes, %v", s.Stop, d.writes(), s.statuses())
				}
				for _, r := range s.results {
					if r.Organization != "not_attempted" || r.ServiceDesk != "not_attempted;not_attempted" ||
						r.Status == outcome.Created && !strings.Contains(r.Reason, outcome.ReasonAccessStopped) ||
						r.Status == outcome.Known {
						t.Errorf("%s", shown(r))
					}
				}
			})
		})
	}
}

// People whose access was revoked get none by this.
func TestRevokedPeopleGetNoAccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.company("Acme", 0, 3)
		d.sit(t.Context())
		d.undo(t.Context())
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.RevokedBefore: 3})
		if n := len(d.members()["Acme"]) + len(d.site.Desks()[0].Customers); n != 0 {
			t.Errorf("%d memberships", n)
		}
		if r := s.results[0]; r.Organization != "not_attempted" || r.ServiceDesk != "not_attempted" {
			t.Errorf("%s", shown(r))
		}
	})
}

// The plan counts what the run will do, whatever becomes of the rows.
func TestPlanOfAccessIsItsResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(2)})
		planned := func(api *apiclient.Client) AccessPlan {
			l := d.openLedger()
			defer l.Close()
			return *d.plan(t.Context(), api, l).Access
		}
		agree := func(want int) {
			t.Helper()
			client := d.connect()
			defer client.Close()
			asked := planned(client)
			s := d.sit(t.Context())
			desk := d.site.Stats().Route("POST", jsmtest.DeskCustomersPath).Requests
			if got := []int{asked.Memberships, asked.Customers, s.Access.Memberships.Added}; !cmp.Equal([]int{want, want, want}, got) {
				t.Errorf("planned, and what was done: %v instead of %d; %v", got, want, s.statuses())
			}
			if want == 0 && (asked.Open != 0 || d.site.Stats().Route("POST", jsmtest.DeskCustomersPath).Requests != desk) {
				t.Errorf("%+v", asked)
			}
		}
		d.company("Acme", 2, 3)
		d.sit(t.Context())
		d.undo(t.Context()) // persons 2 to 4 are revoked_before
		d.access = AccessOptions{Organizations: true, ServiceDesks: []string{"SUP"}}
		d.people = nil
		d.company("Acme", 0, 7)  // 0 and 1 are conflicts, 5 and 6 are new
		d.company(" ACME", 5, 2) // duplicates
		d.company("ACME", 2, 1)
		d.add(export.Row{Name: "Wrong", Email: "wrong", Invalid: "no address", Organization: "Acme"})
		agree(4)
		agree(0)
		d.company("Acme", 7, 1)
		agree(1)
	})
}

// Somebody who is back in an earlier company is added to it again, as an administrator was asked to take them out of
// it, and is listed for the other one; once, and not in every run.
func TestBackInAnEarlierCompany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.access.Organizations = true
		for i, tc := range []struct {
			organization  string
			added, review int
		}{
			{"Acme", 3, 0},
			{"Beta", 1, 1},
			{"Acme", 2, 1}, // and to the one that they were always in: which of the two is older does not show
			{"Acme", 0, 0},
			{"Beta", 1, 1},
			{"Beta", 0, 0},
		} {
			d.people = nil
			d.company(tc.organization, 0, 1)
			d.company("Always", 0, 1)
			d.company("Acme", 1, 1)
			s := d.sit(t.Context())
			m := s.Access.Memberships
			if m.Added != tc.added || m.Added+m.Known != 3 || len(s.Access.ToReview) != tc.review {
				t.Errorf("run %d, %s: %+v, %v", i+1, tc.organization, m, s.Access.ToReview)
			}
		}
	})
}

// A project may be named twice, in whatever way.
func TestOneProjectTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.access.ServiceDesks = []string{"SUP", "sup", "1", "BIL"}
		d.export(2)
		s := d.sit(t.Context())
		if r := s.results[0]; len(s.plan.Access.ServiceDesks) != 2 || r.ServiceDesk != "added;added" || s.ExitCode() != 0 {
			t.Errorf("%v, %s", s.plan.Access.ServiceDesks, shown(r))
		}
	})
}

// Somebody whose account id could not be found gets no access, and the reason says what asks for it again.
func TestAccountIDIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := lostAnswers()
		o.SearchLag = 20 * time.Minute
		d := newDesktop(t, o)
		d.access.ServiceDesks = []string{"SUP"}
		d.company("", 3, 1)
		for range 3 {
			s := d.sit(t.Context())
			if r := s.results[0]; r.ServiceDesk != "failed" || !strings.Contains(r.Reason, "--resend-known") || s.ExitCode() != 3 {
				t.Errorf("%s", shown(r))
			}
			time.Sleep(15 * time.Minute)
		}
		d.planned.ResendKnown = true
		if s := d.sit(t.Context()); s.results[0].ServiceDesk != "added" || s.ExitCode() != 0 {
			t.Errorf("%s", shown(s.results[0]))
		}
	})
}

// Two sources that have somebody in two companies do not add them to both in every run.
func TestTwoSourcesWithTwoCompanies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.access.Organizations = true
		for night := range 3 {
			for source, organization := range map[string]string{"crm": "Acme", "shop": "Beta"} {
				d.source, d.people = source, nil
				d.company(organization, 0, 1)
				s := d.sit(t.Context())
				if m := s.Access.Memberships; night > 0 && (m.Added != 0 || len(s.Access.ToReview) != 0) {
					t.Errorf("night %d, %s: %+v, %v", night, source, m, s.Access.ToReview)
				}
			}
		}
	})
}

// A run that goes on after another one has moved somebody adds them once, and says so.
func TestRunGoesOnAfterSomebodyWasMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 100 * time.Millisecond})
		d.access.Organizations = true
		d.company("Acme", 0, 1)
		d.sit(t.Context())
		d.company("Acme", 1, 200)
		first := slices.Clone(d.people)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(ErrInterrupted) })
		stopped := d.sit(ctx)
		d.people = nil
		d.company("Beta", 0, 1)
		d.sit(t.Context())
		d.people = first
		s := d.sit(t.Context())
		if r := s.results[0]; s.runID != stopped.runID || r.Organization != "added" || s.ExitCode() != 0 || s.Access.Memberships.Open != 0 {
			t.Errorf("run %s after %s, exit code %d, %s, %+v", s.runID, stopped.runID, s.ExitCode(), shown(r), s.Access.Memberships)
		}
	})
}
