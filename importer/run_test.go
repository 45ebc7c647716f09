package importer

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/outcome"
)

// down is a site whose create requests are answered by decide alone.
func down(decide func(email string, attempt int) jsmtest.Decision) jsmtest.Options {
	return jsmtest.Options{OnCreate: decide, Latency: 50 * time.Millisecond}
}

// Rows that end as unknown are settled by the next run.
func TestUnknownIsSettledByTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ill := true
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if ill && email == address(3) {
				return jsmtest.Decision{Fault: jsmtest.UnavailableAfter}
			}
			return jsmtest.Decision{}
		}))
		d.export(40)
		first := d.sit(t.Context())
		d.expect(first, map[outcome.Status]int{outcome.Created: 39, outcome.Unknown: 1})
		if first.Stop != nil || first.ExitCode() != 3 {
			t.Errorf("%v, exit code %d", first.Stop, first.ExitCode())
		}
		ill = false
		second := d.sit(t.Context())
		d.expect(second, map[outcome.Status]int{outcome.Known: 39, outcome.CreatedUnconfirmed: 1})
		if o := second.results[3]; o.AccountID == "" || second.runID == first.runID || second.resumed {
			t.Errorf("%+v", o)
		}
		d.once(40)
	})
}

// A first Ctrl-C takes no new rows, and those in flight finish.
func TestInterruptFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 20 * time.Second})
		d.export(1000)
		ctx, cancel := context.WithCancelCause(t.Context())
		began := time.Now()
		time.AfterFunc(30*time.Second, func() { cancel(ErrInterrupted) })
		s := d.sit(ctx)
		if s.Stop != ErrInterrupted || s.ExitCode() != 130 {
			t.Errorf("%v, exit code %d", s.Stop, s.ExitCode())
		}
		if took := time.Since(began); took > 41*time.Second {
			t.Errorf("it took %s", took)
		}
		d.expect(s, map[outcome.Status]int{outcome.Created: 16, outcome.NotAttempted: 984})
		d.site.SetFaults()
		rest := d.sit(t.Context())
		d.expect(rest, map[outcome.Status]int{outcome.Created: 1000})
		if rest.runID != s.runID || !rest.resumed || d.posts() != 1000 {
			t.Errorf("run %s after %s, %d requests", rest.runID, s.runID, d.posts())
		}
		d.once(1000)
	})
}

// Stopped while the pace makes rows wait, nothing more leaves, at once.
func TestInterruptInAWait(t *testing.T) {
	for _, tc := range []struct {
		name string
		site jsmtest.Options
	}{
		{"an outage", jsmtest.Options{Faults: []jsmtest.Fault{{Kind: jsmtest.Unavailable, Share: 1}}}},
		{"a quota's long pause", jsmtest.Options{Quotas: []jsmtest.Quota{{Limit: 20, Window: 10 * time.Minute}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesktop(t, tc.site)
				d.export(100)
				ctx, cancel := context.WithCancelCause(t.Context())
				began := time.Now()
				time.AfterFunc(90*time.Second, func() { cancel(ErrInterrupted) })
				s := d.sit(ctx)
				if took := time.Since(began); s.Stop != ErrInterrupted || took > 91*time.Second {
					t.Errorf("%v after %s", s.Stop, took)
				}
				d.site.SetFaults()
				rest := d.sit(t.Context())
				if rest.runID != s.runID || rest.Stop != nil || rest.ExitCode() != 0 {
					t.Errorf("run %s after %s, %v", rest.runID, s.runID, rest.Stop)
				}
				d.once(100)
			})
		})
	}
}

// A site that is gone for minutes is waited for; one that does not come back
// within --max-pause ends the run, and everything can go on later.
func TestOutage(t *testing.T) {
	for _, tc := range []struct {
		name     string
		kind     string
		down     time.Duration
		maxPause time.Duration
		stops    bool
	}{
		{"minutes of 503", jsmtest.Unavailable, 5 * time.Minute, 15 * time.Minute, false},
		{"minutes of cut connections after the work", jsmtest.ResetAfter, 5 * time.Minute, 15 * time.Minute, false},
		{"minutes of a proxy's page", jsmtest.BadGateway, 5 * time.Minute, 15 * time.Minute, false},
		{"longer than --max-pause", jsmtest.Unavailable, 5 * time.Minute, time.Minute, true},
		{"longer than --max-pause, and all was done", jsmtest.UnavailableAfter, 5 * time.Minute, time.Minute, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				d := newDesktop(t, down(func(string, int) jsmtest.Decision {
					if at := time.Since(began); at > time.Second && at < time.Second+tc.down {
						return jsmtest.Decision{Fault: tc.kind}
					}
					return jsmtest.Decision{}
				}))
				d.client.MaxPause = tc.maxPause
				d.export(300)
				s := d.sit(t.Context())
				if !d.happened("outage began") {
					t.Error("nobody was told of the outage")
				}
				if probes := d.posts() - 300; !tc.stops && probes > 100 {
					t.Errorf("%d requests more than rows", probes)
				}
				if tc.stops {
					if s.Stop == nil || s.Stop.Cause != Broken || s.ExitCode() != 1 || s.Stop.Hint == "" {
						t.Fatalf("%v, exit code %d", s.Stop, s.ExitCode())
					}
					if n := s.Totals.Of(outcome.NotAttempted); n < 100 || s.Totals.CheckComplete(300) != nil {
						t.Errorf("%v", s.statuses())
					}
					time.Sleep(10 * time.Minute)
					first := s
					if s = d.sit(t.Context()); s.runID != first.runID || !s.resumed {
						t.Error("it did not go on")
					}
				}
				if s.Stop != nil || s.ExitCode() != 0 || s.Totals.Of(outcome.Created)+s.Totals.Of(outcome.CreatedUnconfirmed) != 300 {
					t.Errorf("%v, %v", s.Stop, s.statuses())
				}
				d.once(300)
			})
		})
	}
}

// The same refusal again and again, or credentials that end, is one problem:
// the run stops soon, and the rows that it refused are asked again when it
// goes on.
func TestOneProblemIsOneProblem(t *testing.T) {
	refuse := func(status int, key string) func(string, int) jsmtest.Decision {
		return func(string, int) jsmtest.Decision { return jsmtest.Decision{Status: status, Key: key} }
	}
	for _, tc := range []struct {
		name   string
		answer func(string, int) jsmtest.Decision
		cause  Cause
		code   int
	}{
		{"signup closed", refuse(400, "cv.signup.error.not.allowed"), Guarded, 5},
		{"no permission", refuse(403, ""), Unauthorised, 4},
		{"credentials ended", refuse(401, ""), Unauthorised, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				d := newDesktop(t, down(func(email string, n int) jsmtest.Decision {
					if at := time.Since(began); at > time.Second && at < time.Hour {
						return tc.answer(email, n)
					}
					return jsmtest.Decision{}
				}))
				d.export(300)
				s := d.sit(t.Context())
				if s.Stop == nil || s.Stop.Cause != tc.cause || s.ExitCode() != tc.code || s.Stop.Hint == "" {
					t.Fatalf("%v, exit code %d", s.Stop, s.ExitCode())
				}
				made, failed := s.Totals.Of(outcome.Created), s.Totals.Of(outcome.Failed)
				if made < 50 || failed < 1 || failed > maxSameRefusals+8 || s.Totals.Of(outcome.NotAttempted) != 300-made-failed {
					t.Errorf("%v", s.statuses())
				}
				time.Sleep(2 * time.Hour)
				rest := d.sit(t.Context())
				if rest.plan.Create != 300-made || rest.plan.Finished.Sum() != made {
					t.Errorf("the plan is to create %d, %d are finished, and %d were made", rest.plan.Create, rest.plan.Finished.Sum(), made)
				}
				d.expect(rest, map[outcome.Status]int{outcome.Created: 300})
				if rest.runID != s.runID || rest.ExitCode() != 0 {
					t.Errorf("run %s after %s, exit code %d", rest.runID, s.runID, rest.ExitCode())
				}
				d.once(300)
			})
		})
	}
}

// A quota that asks for more than --max-pause ends the run, and what has left
// is settled.
func TestQuotaAsksForALongPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 80 * time.Millisecond, Quotas: []jsmtest.Quota{{
			Limit: 300, Window: time.Hour, Reason: "jira-quota-tenant-based"}}})
		d.export(500)
		s := d.sit(t.Context())
		if s.Stop == nil || s.Stop.Cause != QuotaPause || s.ExitCode() != 6 || s.Stop.Hint == "" {
			t.Fatalf("%v, exit code %d", s.Stop, s.ExitCode())
		}
		pause, ok := errors.AsType[*apiclient.PauseError](s.Stop)
		if !ok || pause.Until.IsZero() {
			t.Fatalf("%v does not say until when", s.Stop)
		}
		d.expect(s, map[outcome.Status]int{outcome.Created: 300, outcome.NotAttempted: 200})
		time.Sleep(time.Until(pause.Until))
		rest := d.sit(t.Context())
		d.expect(rest, map[outcome.Status]int{outcome.Created: 500})
		if rest.runID != s.runID {
			t.Errorf("run %s after %s", rest.runID, s.runID)
		}
		d.once(500)
	})
}

// --max-errors ends the run, and the rows that failed are asked again.
func TestTooManyErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ill := true
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if ill && email[len("person.")]%2 == 0 {
				return jsmtest.Decision{Status: 400, Key: email}
			}
			return jsmtest.Decision{}
		}))
		d.run.MaxErrors = Limit{Rows: 30, Unit: Number}
		d.export(500)
		s := d.sit(t.Context())
		if s.Stop == nil || s.Stop.Cause != Guarded || s.ExitCode() != 5 || s.Totals.Of(outcome.Failed) < 31 || s.Totals.Of(outcome.Failed) > 31+8 {
			t.Errorf("%v, %v", s.Stop, s.statuses())
		}
		ill = false
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 500})
	})
}

// One row that takes minutes does not hold up the others until the window is
// full, and then nothing more is taken.
func TestOneSlowRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := jsmtest.Decision{Delay: 10 * time.Minute}
		d := newDesktop(t, down(func(email string, _ int) jsmtest.Decision {
			if email == address(0) {
				return slow
			}
			return jsmtest.Decision{}
		}))
		d.client.Timeout = time.Hour
		const rows, room = 1200, 512
		d.export(rows)
		before := 0
		time.AfterFunc(9*time.Minute, func() { before = d.posts() })
		d.shape = func(r *Run) { r.window = room }
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: rows})
		if before != room+1 { // the row that is waited for is out of the window
			t.Errorf("while the first row was waited for, %d requests had left, and the window has room for %d", before, room)
		}
	})
}

// Look-ups that are cut short are made when the run goes on; those that the quota allows none of, by the next run.
func TestLookUpsAreCutShort(t *testing.T) {
	const lost = 40
	for _, tc := range []struct {
		name   string
		quotas []jsmtest.Quota
		after  int // look-ups, Ctrl-C; 0: none
		code   int
	}{
		{name: "Ctrl-C", after: 10, code: 130},
		{name: "a long pause", code: 0, quotas: []jsmtest.Quota{{Method: "GET", Path: jsmtest.UserSearchPath,
			Limit: 25, Window: time.Hour}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := down(func(email string, attempt int) jsmtest.Decision {
					if attempt == 1 && strings.HasSuffix(email, "3@example.com") {
						return jsmtest.Decision{Fault: jsmtest.TruncateAfter}
					}
					return jsmtest.Decision{}
				})
				o.Quotas, o.Latency = tc.quotas, 500*time.Millisecond
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var lookUps atomic.Int32
				o.OnAnswer = func(x jsmtest.Exchange) {
					if x.Path == jsmtest.UserSearchPath && int(lookUps.Add(1)) == tc.after {
						cancel(ErrInterrupted)
					}
				}
				d := newDesktop(t, o)
				d.client.Workers, d.run.Workers = 64, 64
				d.export(10 * lost)
				s := d.sit(ctx)
				if (s.Stop == nil) != (tc.code == 0) || s.ExitCode() != tc.code || s.Totals.Of(outcome.CreatedUnconfirmed) != lost {
					t.Fatalf("%v, exit code %d, %v", s.Stop, s.ExitCode(), s.statuses())
				}
				looked := withID(s, outcome.CreatedUnconfirmed)
				if looked == 0 || looked == lost {
					t.Errorf("%d of %d are looked up", looked, lost)
				}
				for range 2 { // the quota takes two windows
					time.Sleep(2 * time.Hour)
					s = d.sit(t.Context())
				}
				if withID(s, outcome.Known) != 10*lost || s.Stop != nil || d.posts() != 11*lost {
					t.Errorf("%d of %d have an id, %v, %d requests", withID(s, outcome.Known), 10*lost, s.Stop, d.posts())
				}
				d.once(10 * lost)
			})
		})
	}
}

func withID(s session, status outcome.Status) (n int) {
	for _, o := range s.results {
		if o.Status == status && o.AccountID != "" {
			n++
		}
	}
	return n
}

// A run whose outcomes do not add up says so, and ends with exit code 1.
func TestDroppedOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(10)
		d.shape = func(r *Run) { r.finish(Result{Outcome: outcome.Outcome{Status: outcome.Created}}) }
		s := d.sit(t.Context())
		if err := s.Totals.CheckComplete(s.Rows); err == nil || err.Error() != "10 rows were read but 11 outcomes were counted" || s.ExitCode() != 1 {
			t.Errorf("%v, exit code %d", err, s.ExitCode())
		}
	})
}

// A look-up at the end that shows another name makes it a conflict, in the
// totals, too.
func TestLateLookUpShowsAnotherName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := down(func(_ string, attempt int) jsmtest.Decision {
			if attempt == 1 {
				return jsmtest.Decision{Fault: jsmtest.ResetBefore}
			}
			return jsmtest.Decision{}
		})
		o.Existing = []jsmtest.Account{{Email: address(0), Name: "Somebody"}, {Email: address(1), Name: "PERSON  1"}}
		d := newDesktop(t, o)
		d.export(3)
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Conflict: 1, outcome.CreatedUnconfirmed: 1, outcome.Created: 1})
	})
}

// --limit sends so many rows and no more, whatever becomes of them, and the rest is left for later.
func TestLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(4), Latency: 50 * time.Millisecond})
		d.export(30)
		d.run.Limit = 5
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Conflict: 4, outcome.Created: 1, outcome.NotAttempted: 25})
		if s.Stop == nil || s.Stop.Cause != LimitReached || s.ExitCode() != 0 || withID(s, outcome.Conflict) != 4 || d.posts() != 5 || s.Sent != 5 {
			t.Errorf("%v, exit code %d, %d requests for %d rows", s.Stop, s.ExitCode(), d.posts(), s.Sent)
		}
		d.run.Limit = 25
		s = d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Conflict: 4, outcome.Created: 26})
		if s.Stop != nil || !s.resumed {
			t.Errorf("%v, resumed %t", s.Stop, s.resumed)
		}
	})
}

// A 403 to all of the rows that --limit allows is a permission that is missing.
func TestForbiddenWithinTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 5, 30} {
		synctest.Test(t, func(t *testing.T) {
			token := jsmtest.SandboxToken()
			token.Admin = false
			d := newDesktop(t, jsmtest.Options{Tokens: []jsmtest.Token{token}})
			d.run.Limit = limit
			d.export(50)
			if s := d.sit(t.Context()); s.ExitCode() != 4 {
				t.Errorf("--limit %d: exit code %d, %v, %v", limit, s.ExitCode(), s.Stop, s.statuses())
			}
		})
	}
}

// Only the first row is sent, as the question before a large import offers: nobody is renamed before it.
func TestOnlyTheFirstRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(2)
		d.sit(t.Context())
		d.export(5)
		d.people[0].Name, d.planned.UpdateNames, d.run.Limit = "New", true, 1
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Known: 2, outcome.Created: 1, outcome.NotAttempted: 2})
		first := s.plan.First
		if first.Number != 3 || s.results[2].Status != outcome.Created || s.Stop == nil || s.Stop.Cause != LimitReached {
			t.Errorf("%+v, %s, %v", first, shown(s.results[2]), s.Stop)
		}
	})
}
