package importer

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// Look-ups that the site does not answer, or allows few of, hold up no creates, not for seconds: not those of this run,
// and not those that an earlier run has left open. Nor is the run stopped by them.
func TestLookUpsHoldUpNoCreates(t *testing.T) {
	t.Parallel()
	fault := func(kind string) jsmtest.Options {
		return jsmtest.Options{Faults: []jsmtest.Fault{{Kind: kind, Share: 1, Route: jsmtest.UserSearchPath}}}
	}
	hourly := []jsmtest.Quota{{Method: "GET", Path: jsmtest.UserSearchPath, Limit: 2, Window: time.Hour}}
	for _, tc := range []struct {
		name string
		site jsmtest.Options
	}{
		{"outage", fault(jsmtest.Unavailable)},
		{"no answers", fault(jsmtest.HangAfter)},
		{"quota", jsmtest.Options{Quotas: hourly}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tc.site.Existing, tc.site.Latency = peopleBefore(20), 100*time.Millisecond
				began := time.Now()
				var last atomic.Int64
				tc.site.OnCreate = func(string, int) (d jsmtest.Decision) {
					last.Store(int64(time.Since(began)))
					return d
				}
				d := newDesktop(t, tc.site)
				d.export(500)
				s := d.sit(t.Context())
				d.expect(s, map[outcome.Status]int{outcome.Created: 480, outcome.Conflict: 20})
				took := time.Duration(last.Load())
				if s.ExitCode() != 0 || s.Stop != nil || len(s.Notes) != 1 || took > 10*time.Second {
					t.Errorf("exit code %d, the last create after %s, %v, notes %q", s.ExitCode(), took, s.Stop, s.Notes)
				}
				d.export(600)
				began = time.Now()
				s = d.sit(t.Context())
				took = time.Duration(last.Load())
				if n := s.Totals.Of(outcome.Created); n != 100 || s.ExitCode() != 0 || took > 10*time.Second {
					t.Errorf("%d created by the next run, the last after %s, exit code %d, %v", n, took, s.ExitCode(), s.Stop)
				}
				d.site.SetFaults()
				for range 12 {
					time.Sleep(time.Hour)
					s = d.sit(t.Context())
				}
				if n := withID(s, outcome.Known); n != 600 {
					t.Errorf("%d have an id in the end", n)
				}
			})
		})
	}
}

// A search that works makes a run with many conflicts no slower than its own pace, of 50 a second.
func TestManyConflicts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(1000), Latency: 200 * time.Millisecond})
		d.client.Workers, d.run.Workers = 64, 64
		d.export(1000)
		began := time.Now()
		s := d.sit(t.Context())
		asked := d.site.Stats().Route("GET", jsmtest.UserSearchPath).Requests
		if took := time.Since(began); took > 22*time.Second || withID(s, outcome.Conflict) != 1000 || asked != 1000 {
			t.Errorf("%d ids after %s and %d look-ups", withID(s, outcome.Conflict), took, asked)
		}
	})
}

// A quota of look-ups alone keeps back neither access nor a revocation.
func TestQuotaOfLookUpsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hourly := []jsmtest.Quota{{Method: "GET", Path: jsmtest.UserSearchPath, Limit: 2, Window: time.Hour}}
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(20), Quotas: hourly, Latency: 100 * time.Millisecond})
		d.access.Organizations = true
		d.company("Acme", 0, 100)
		if s := d.sit(t.Context()); s.Access.Memberships.Added != 82 || s.ExitCode() != 3 || s.Stop != nil {
			t.Errorf("exit code %d, %v, %+v", s.ExitCode(), s.Stop, s.Access.Memberships)
		}
		l, client := d.openLedger(), d.connect()
		defer l.Close()
		defer client.Close()
		if stop := LookUps(t.Context(), client, l); stop != nil {
			t.Errorf("an undo would end before its plan: %v", stop)
		}
	})
}

// While the site does not answer the operation that changes names, which is an experimental one, people are created.
func TestRenamesHoldUpNoCreates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Faults: []jsmtest.Fault{
			{Kind: jsmtest.Unavailable, Share: 1, Route: jsmtest.RenamePath}}})
		d.planned.UpdateNames = true
		d.export(20)
		d.sit(t.Context())
		for i := range d.people {
			d.people[i].Name = "Somebody Else"
		}
		for i := range 10 {
			d.add(export.Row{Name: "Person", Email: address(100 + i)})
		}
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Unknown: 8, outcome.Failed: 12, outcome.Created: 10})
		if len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "names were not changed") || s.ExitCode() != 3 ||
			!strings.Contains(s.results[0].Reason, "may or may not have been") || // asked for, and answered with 503
			!strings.Contains(s.results[19].Reason, "the name was not changed: ") {
			t.Errorf("exit code %d, %v, notes %q, %s", s.ExitCode(), s.Stop, s.Notes, shown(s.results[0]))
		}
		if undo := d.undo(t.Context()); len(undo.results) != 10 || undo.Totals.Of(outcome.Revoked) != 10 {
			t.Errorf("undo has revoked %v", undo.statuses()) // and nobody who was only to be renamed is in it
		}
		d.site.SetFaults()
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Renamed: 20, outcome.RevokedBefore: 10})
	})
}

// A run that an outage of one operation ends says which, as the site may answer the others.
func TestOutageIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Faults: []jsmtest.Fault{
			{Kind: jsmtest.Unavailable, Share: 1, Route: jsmtest.OrgUsersPath}}})
		d.access.Organizations = true
		for i, name := range []string{"Acme", "Beta", "Gamma", "Delta"} {
			d.company(name, i, 1)
		}
		s := d.sit(t.Context())
		const want = "the site has not answered since 00:00:00 (POST /rest/servicedeskapi/organization/{id}/user: 503 Service Unavailable)"
		if s.Totals.Of(outcome.Created) != 4 || s.Stop == nil || s.Stop.What != want || s.ExitCode() != 1 {
			t.Errorf("exit code %d, %v, %v", s.ExitCode(), s.Stop, s.statuses())
		}
		d.site.SetFaults()
		if s = d.sit(t.Context()); s.ExitCode() != 0 || s.Access.Memberships.Added != 4 {
			t.Errorf("exit code %d, %v, %+v", s.ExitCode(), s.Stop, s.Access)
		}
	})
}

// A site that is down for maintenance, as a whole or for creates alone, is no quota, and is left alone at once.
func TestMaintenanceIsNoQuota(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{true, false} {
		for _, people := range []int{2, 500} {
			if !whole && people == 2 {
				continue // it may be the two rows' own trouble
			}
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, jsmtest.Options{})
				d.export(people)
				d.client.Transport = jsmtest.Transport(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(100 * time.Millisecond)
					if whole || r.Method == http.MethodPost {
						w.Header().Set("Retry-After", "3600")
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					d.site.ServeHTTP(w, r)
				})
				began := time.Now()
				s := d.sit(t.Context())
				if took := time.Since(began); s.ExitCode() != 1 || took > time.Minute ||
					!strings.HasPrefix(s.Stop.What, "the site is down (POST /rest/servicedeskapi/customer: 503 Service Unavailable) "+
						"and asks to be left alone until ") {
					t.Errorf("exit code %d after %s, %v, %v", s.ExitCode(), took, s.Stop, s.statuses())
				}
				d.client.Transport = nil
			})
		}
	}
}
