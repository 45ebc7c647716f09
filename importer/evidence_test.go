package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// peopleBefore are accounts of the export that were at the site before us.
func peopleBefore(n int) []jsmtest.Account {
	var all []jsmtest.Account
	for i := range n {
		all = append(all, jsmtest.Account{Email: address(i), Name: fmt.Sprintf("Person %d", i), Type: jsmtest.Customer})
	}
	return all
}

// Rows that were answered 429 and nothing else are off the record while they wait: a process that is killed in the
// pause leaves no doubt about people who were there before.
func TestKilledInAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{
			Existing: peopleBefore(20),
			Latency:  50 * time.Millisecond,
			Quotas:   []jsmtest.Quota{{Method: "POST", Path: jsmtest.CreatePath, Limit: 5, Window: 10 * time.Minute}},
		})
		d.export(20)
		ctx, cancel := context.WithCancelCause(t.Context())
		var restore func()
		time.AfterFunc(time.Minute, func() {
			if d.site.Stats().Route("POST", jsmtest.CreatePath).Answers[429] == 0 {
				t.Error("no row was refused")
			}
			restore = d.kill()
			cancel(ErrInterrupted)
		})
		d.sit(ctx)
		restore()
		for s := d.sit(t.Context()); ; s = d.sit(t.Context()) {
			if s.Stop == nil {
				d.expect(s, map[outcome.Status]int{outcome.Conflict: 20})
				break
			}
			time.Sleep(time.Hour)
		}
		if n := d.ours(); n != 0 {
			t.Errorf("%d accounts count as ours", n)
		}
	})
}

// A process that is killed with requests in flight leaves them in doubt, and only them; what it created is in the
// ledger, and nobody is created twice.
func TestKilledInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(100), Latency: 20 * time.Second})
		d.export(200)
		ctx, cancel := context.WithCancelCause(t.Context())
		var restore func()
		time.AfterFunc(50*time.Second, func() { // the second eight are asked for; the first have been looked up
			restore = d.kill()
			cancel(ErrInterrupted)
		})
		d.sit(ctx)
		restore()
		s := d.sit(t.Context())
		if n := s.Totals.Of(outcome.CreatedUnconfirmed); n != 8 || !s.resumed {
			t.Errorf("%d unconfirmed, resumed %t: 8 requests were in flight", n, s.resumed)
		}
		d.once(100)
		if n := d.ours(); n != 100 {
			t.Errorf("%d accounts count as ours, and 100 were created", n)
		}
	})
}

// created_unconfirmed is never ours, however equal the name.
func TestUnconfirmedIsNotOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := down(func(_ string, attempt int) jsmtest.Decision {
			if attempt == 1 {
				return jsmtest.Decision{Fault: jsmtest.ResetBefore}
			}
			return jsmtest.Decision{}
		})
		o.Existing = peopleBefore(5)
		d := newDesktop(t, o)
		d.export(5)
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.CreatedUnconfirmed: 5})
		if n := d.ours(); n != 0 || withID(s, outcome.CreatedUnconfirmed) != 5 {
			t.Errorf("%d count as ours; %d with an id", n, withID(s, outcome.CreatedUnconfirmed))
		}
	})
}

// A token that ends during the look-ups stops the run with exit 4 and leaves them open.
func TestTokenEndsInLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lost = 40
		o := lostAnswers()
		o.Faults = []jsmtest.Fault{{Kind: jsmtest.TokenEnds, After: 5, Route: jsmtest.UserSearchPath}}
		d := newDesktop(t, o)
		d.export(10 * lost)
		s := d.sit(t.Context())
		if s.Stop == nil || s.Stop.Cause != Unauthorised || s.ExitCode() != 4 {
			t.Fatalf("%v, exit code %d, notes %q, %v", s.Stop, s.ExitCode(), s.Notes, d.site.Stats())
		}
		d.site.SetFaults()
		s = d.sit(t.Context())
		if n := withID(s, outcome.CreatedUnconfirmed); n != lost || s.Stop != nil {
			t.Errorf("%d of %d ids, %v", n, lost, s.Stop)
		}
	})
}

// lostAnswers is a site that loses the first answer for every tenth address.
func lostAnswers() jsmtest.Options {
	return down(func(email string, attempt int) jsmtest.Decision {
		if attempt == 1 && strings.HasSuffix(email, "3@example.com") {
			return jsmtest.Decision{Fault: jsmtest.TruncateAfter}
		}
		return jsmtest.Decision{}
	})
}

// An empty look-up soon after a create means nothing: it stays open, and the next command asks first.
func TestSearchLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := lostAnswers()
		o.SearchLag = 4 * time.Minute
		d := newDesktop(t, o)
		d.export(100)
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 90, outcome.CreatedUnconfirmed: 10})
		if n := withID(s, outcome.CreatedUnconfirmed); n != 0 || len(s.Notes) != 1 {
			t.Errorf("%d ids, notes %q", n, s.Notes)
		}
		time.Sleep(4 * time.Minute)
		d.export(101) // another command
		s = d.sit(t.Context())
		if s.plan.LookUps != 10 || withID(s, outcome.Known) != 100 || len(s.Notes) != 0 {
			t.Errorf("%d look-ups were open; %d ids, notes %q", s.plan.LookUps, withID(s, outcome.Known), s.Notes)
		}
	})
}

// A row that is always refused gets an outcome, and does not hold up the others.
func TestOneRowIsAlwaysRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{
			Latency: 80 * time.Millisecond, Jitter: 170 * time.Millisecond,
			Quotas: []jsmtest.Quota{{Method: "POST", Rate: 100}},
			OnCreate: func(email string, _ int) (d jsmtest.Decision) {
				if email == address(100) {
					d.Fault = jsmtest.RefusedBare
				}
				return d
			},
		})
		d.client.Workers, d.run.Workers = 64, 64
		d.export(1000)
		began := time.Now()
		var others atomic.Int64
		d.run.OnResult = func(r Result) {
			if r.Status == outcome.Created {
				others.Store(int64(time.Since(began)))
			}
		}
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 999, outcome.Failed: 1})
		if took := time.Duration(others.Load()); took > 30*time.Second || s.ExitCode() != 3 {
			t.Errorf("the others took %s, exit code %d", took, s.ExitCode())
		}
		if r := s.results[100]; r.Status != outcome.Failed || r.HTTPStatus != 429 {
			t.Errorf("%s %d %s", r.Status, r.HTTPStatus, r.Reason)
		}
	})
}

// A row that something refuses for longer than anybody waits counts for itself alone, while others pass.
func TestOneRowIsToldToWaitForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 80 * time.Millisecond, Jitter: 170 * time.Millisecond})
		site := d.client.Transport
		d.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == "POST" && r.Body != nil {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if bytes.Contains(body, []byte(address(100))) {
					time.Sleep(100 * time.Millisecond)
					return &http.Response{
						StatusCode: 429,
						Status:     "429 Too Many Requests",
						Header:     http.Header{"Retry-After": {"7200"}},
						Body:       http.NoBody,
						Request:    r,
					}, nil
				}
			}
			return site.RoundTrip(r)
		})
		d.client.Workers, d.run.Workers = 64, 64
		d.export(1000)
		began := time.Now()
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Created: 999, outcome.Failed: 1})
		if took := time.Since(began); took > time.Minute || s.ExitCode() != 3 || s.results[100].HTTPStatus != 429 {
			t.Errorf("it took %s, exit code %d, %s", took, s.ExitCode(), s.results[100].Reason)
		}
	})
}

// answering is a site of which one operation is answered by something in between.
func answering(inner http.RoundTripper, method string, status int, body string, asked *atomic.Int32) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != method {
			return inner.RoundTrip(r)
		}
		asked.Add(1)
		return &http.Response{
			StatusCode: status,
			Status:     http.StatusText(status),
			Header:     http.Header{"Content-Type": {"text/html"}},
			Body:       io.NopCloser(strings.NewReader(body)),
			Request:    r,
		}, nil
	})
}

// undo makes the plan of an undo of the newest import, and runs it.
func (d *desktop) undo(ctx context.Context) session {
	d.t.Helper()
	l := d.openLedger()
	defer l.Close()
	client := d.connect()
	defer client.Close()
	plan, err := PlanUndo(ctx, l, d.lastImport(l))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.carryOut(ctx, l, plan, func() *Run { return NewRun(ctx, client, l, plan, d.run) })
}

func (d *desktop) lastImport(l *ledger.Ledger) (last ledger.Run) {
	d.t.Helper()
	runs, err := l.Runs(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, run := range runs {
		if run.Command == "import" && run.Seq > last.Seq {
			last = run
		}
	}
	return last
}

// A revocation believes nothing but a 2xx with an empty body, and a 404 only when a look-up confirms it. The same 404
// again and again is one problem.
func TestRevocationNeedsEvidence(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		browse bool
	}{
		{"a sign-in page", 200, true},
		{"a page for the whole operation", 404, true},
		{"the same, and the token may not browse", 404, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				token := jsmtest.SandboxToken()
				token.BrowseUsers = tc.browse
				d := newDesktop(t, jsmtest.Options{Tokens: []jsmtest.Token{token}})
				d.export(60)
				d.sit(t.Context())
				time.Sleep(time.Hour)
				var asked atomic.Int32
				d.client.Transport = answering(d.client.Transport, "PUT", tc.status, "<html><title>Page</title></html>", &asked)
				s := d.undo(t.Context())
				if s.Stop == nil || s.Stop.Cause != Guarded || s.ExitCode() != 5 {
					t.Errorf("%v, exit code %d", s.Stop, s.ExitCode())
				}
				if n := s.Totals.Of(outcome.Revoked); n != 0 || d.ours() != 60 {
					t.Errorf("%d revoked; the ledger has %d of 60 as ours", n, d.ours())
				}
			})
		})
	}
}

// Accounts that were deleted at the site are gone when the look-up, which may look, finds nobody; however many they
// are, that is no problem of the site.
func TestDeletedAtTheSite(t *testing.T) {
	t.Parallel()
	for _, browse := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesktop(t, jsmtest.Options{})
			n := map[bool]int{true: 2 * maxSameRefusals, false: 3}[browse]
			d.export(n)
			d.sit(t.Context())
			time.Sleep(time.Hour)
			d.site = jsmtest.New(jsmtest.Options{}) // nobody is there
			d.client.Transport = jsmtest.Transport(d.site.ServeHTTP)
			d.run.MayBrowse = browse
			s := d.undo(t.Context())
			d.expect(s, map[outcome.Status]int{outcome.NotFound: n})
			if ours := d.ours(); s.Stop != nil || (ours == 0) != browse {
				t.Errorf("the token may browse: %t, the ledger has %d as ours, %v", browse, ours, s.Stop)
			}
		})
	}
}

// A site that answers 404 to the revocation of somebody whose access is revoked, after the answer to that was lost: the
// look-up shows that it was done, or else a person is asked to look, and no command that would not help.
func TestLostRevocationThen404(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		searches int // the status of their answers; 0: those of the site
		want     outcome.Status
	}{{0, outcome.Revoked}, {403, outcome.Review}} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesktop(t, jsmtest.Options{Latency: 50 * time.Millisecond})
			d.export(2)
			d.sit(t.Context())
			id := d.site.Find(address(0))[0].ID
			time.Sleep(time.Hour)
			revoked := false
			d.client.Transport = jsmtest.Transport(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == "PUT" && strings.Contains(r.URL.Path, id) && !revoked:
					d.site.ServeHTTP(httptest.NewRecorder(), r)
					revoked = true
					panic(http.ErrAbortHandler)
				case r.Method == "PUT" && strings.Contains(r.URL.Path, id):
					w.WriteHeader(404)
				case strings.HasSuffix(r.URL.Path, jsmtest.UserSearchPath) && tc.searches > 0:
					w.WriteHeader(tc.searches)
				default:
					d.site.ServeHTTP(w, r)
				}
			})
			u := d.undo(t.Context())
			if r := u.results[0]; r.Status != tc.want || strings.Contains(r.Reason, "same command") || !revoked || u.Stop != nil {
				t.Errorf("%v, revoked at the site: %t, %s", u.Stop, revoked, shown(r))
			}
			if s := d.sit(t.Context()); s.results[0].Status != outcome.RevokedBefore { // also when that is not certain
				t.Error(shown(s.results[0]))
			}
		})
	}
}

// --max-errors 0% means that none may fail; 0 means that the run never stops.
func TestNoneMayFail(t *testing.T) {
	for text, sent := range map[string]int{"0%": 1, "0": 100} {
		var limit Limit
		if err := limit.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		w := &NewRun(t.Context(), nil, nil, &Plan{}, Options{MaxErrors: limit}).rules
		n := 0
		for n < 100 {
			n++
			if w.after(outcome.Failed, errors.New("no route")) != nil {
				break
			}
		}
		if n != sent {
			t.Errorf("--max-errors %s stopped after %d", text, n)
		}
	}
}

// A 409 after another run's lost attempt is ours only under the name that that attempt sent; the name of a row that was
// answered at once proves nothing.
func TestOnlyLostNamesCount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lostBefore string // the name that an earlier run sent, whose answer was lost
		want       outcome.Status
	}{
		{"Person 0", outcome.CreatedUnconfirmed},
		{"Somebody", outcome.Conflict},
	} {
		synctest.Test(t, func(t *testing.T) {
			ill := true
			o := down(func(string, int) jsmtest.Decision {
				if ill {
					return jsmtest.Decision{Fault: jsmtest.ResetBefore}
				}
				return jsmtest.Decision{}
			})
			o.Existing = peopleBefore(1)
			d := newDesktop(t, o)
			d.export(1)
			d.people[0].Name = tc.lostBefore
			d.sit(t.Context())
			ill = false
			d.export(1)
			d.expect(d.sit(t.Context()), map[outcome.Status]int{tc.want: 1})
		})
	}
}

// When results can no longer be written the run stops, and goes on later.
func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Latency: 50 * time.Millisecond})
		d.export(300)
		l, client := d.openLedger(), d.connect()
		defer client.Close()
		plan := d.plan(t.Context(), client, l)
		var err error
		if plan.Run, err = l.StartRun(t.Context(), plan.Run, time.Now()); err != nil {
			t.Fatal(err)
		}
		told := 0
		end := NewRun(t.Context(), client, l, plan, d.run).Do(plan.Rows(t.Context()), func(Result) error {
			if told++; told == 20 {
				return errors.New("no space left")
			}
			return nil
		})
		if end.Stop == nil || end.Stop.Cause != Broken || end.ExitCode() != 1 || told != 20 || end.Totals.CheckComplete(300) != nil {
			t.Errorf("%v, exit code %d, %d told, %+v", end.Stop, end.ExitCode(), told, end.Totals)
		}
		l.Close()
		if made := end.Totals.Of(outcome.Created); made > 200 {
			t.Errorf("%d were created", made)
		}
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 300})
		d.once(300)
	})
}

// After a read error of the ledger nobody who was created is reported as not attempted.
func TestLedgerCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(30)
		d.sit(t.Context())
		l, client := d.openLedger(), d.connect()
		defer client.Close()
		d.export(40)
		plan := d.plan(t.Context(), client, l)
		l.Close()
		var statuses []outcome.Status
		end := NewRun(t.Context(), client, l, plan, d.run).Do(plan.Rows(t.Context()), func(r Result) error {
			statuses = append(statuses, r.Status)
			return nil
		})
		if end.Stop == nil || end.Stop.Cause != Broken || len(statuses) != 40 {
			t.Fatalf("%v, %d rows", end.Stop, len(statuses))
		}
		for i, s := range statuses {
			if s != outcome.Unknown {
				t.Errorf("row %d: %s", i+1, s)
			}
		}
	})
}

// Rows for whom access was given back are known again; the others stay revoked.
func TestResendKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(2)
		d.sit(t.Context())
		d.undo(t.Context())
		d.planned.ResendKnown = true
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.RevokedBefore: 2})
		d.site = jsmtest.New(jsmtest.Options{Existing: []jsmtest.Account{
			{Email: address(0), Name: "Person 0", ID: s.results[0].AccountID, Type: jsmtest.Customer,
				CreatedBy: 1},
		}})
		d.client.Transport = jsmtest.Transport(d.site.ServeHTTP)
		s = d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Conflict: 1, outcome.Created: 1})
		if d.ours() != 2 {
			t.Errorf("%d are ours", d.ours())
		}
	})
}

// Nobody is looked up who shall not be, also of those who are sent again.
func TestResendKnownWithoutLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(2)
		d.sit(t.Context())
		d.planned.ResendKnown, d.run.ResolveConflicts = true, false
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Conflict: 2})
		if n := d.site.Stats().Route("GET", jsmtest.UserSearchPath).Requests; n != 0 || d.ours() != 2 {
			t.Errorf("%d look-ups; %d are ours", n, d.ours())
		}
	})
}

// Who may not look up people gets one note, a few questions a session, and the look-ups stay open for a better token.
func TestTokenMayNotLookUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(100), Latency: 50 * time.Millisecond})
		inner := d.client.Transport
		refuse := true
		var asked atomic.Int32
		d.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if !refuse || !strings.HasSuffix(r.URL.Path, jsmtest.UserSearchPath) {
				return inner.RoundTrip(r)
			}
			asked.Add(1)
			time.Sleep(50 * time.Millisecond)
			return &http.Response{StatusCode: 403, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{}, Request: r}, nil
		})
		d.export(100)
		s := d.sit(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Conflict: 100})
		if n := asked.Load(); n > maxSameRefusals+lookUpsAtOnce || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "403") || s.ExitCode() != 0 {
			t.Errorf("asked %d times, notes %q, exit code %d", n, s.Notes, s.ExitCode())
		}
		refuse = false
		if s = d.sit(t.Context()); withID(s, outcome.Known) != 100 || len(s.Notes) != 0 {
			t.Errorf("%d ids, notes %q", withID(s, outcome.Known), s.Notes)
		}
	})
}

// One look-up that is refused, as by a firewall that dislikes the address, counts against its row alone, in each run.
func TestOneRefusedSearch(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"", "<html><title>Request blocked</title></html>"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(50), Latency: 50 * time.Millisecond})
			d.client.Transport = jsmtest.Transport(func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.URL.RawQuery, "person.0%40") {
					d.site.ServeHTTP(w, r)
					return
				}
				w.WriteHeader(403)
				io.WriteString(w, page)
			})
			d.export(50)
			for _, status := range []outcome.Status{outcome.Conflict, outcome.Known} {
				s := d.sit(t.Context())
				if n := withID(s, status); n != 49 || len(s.Notes) != 1 || s.ExitCode() != 0 {
					t.Errorf("%d of 50 ids, notes %q, exit code %d", n, s.Notes, s.ExitCode())
				}
				time.Sleep(time.Hour)
			}
		})
	}
}

// A row that cannot be read ends the run; the rows before it have their results, and the others are counted.
func TestInputBreaksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(10)
		l, client := d.openLedger(), d.connect()
		defer client.Close()
		defer l.Close()
		plan := d.plan(t.Context(), client, l)
		var err error
		if plan.Run, err = l.StartRun(t.Context(), plan.Run, time.Now()); err != nil {
			t.Fatal(err)
		}
		var told int
		end := NewRun(t.Context(), client, l, plan, d.run).Do(func(yield func(*export.Row, error) bool) {
			for row := range plan.Rows(t.Context()) {
				if row.Number > 6 {
					yield(nil, errors.New("input/output error"))
					return
				}
				if !yield(row, nil) {
					return
				}
			}
		}, func(Result) error { told++; return nil })
		if told != 6 || end.Totals.Sum() != 10 || end.Stop == nil || end.ExitCode() != 1 {
			t.Errorf("%d told, %d counted, %v", told, end.Totals.Sum(), end.Stop)
		}
	})
}

// A row that a stopped run has as failed, and that another run may have onboarded since, is sent again; what was told of
// each run stays.
func TestPerhapsOnboardedByAnotherRunMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		faults := map[string]jsmtest.Decision{}
		o := down(func(email string, _ int) jsmtest.Decision { return faults[email] })
		o.Latency = time.Second
		d := newDesktop(t, o)
		d.run.Workers = 2
		d.export(100)
		all := slices.Clone(d.people)
		faults[address(0)] = jsmtest.Decision{Status: 400}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Second, func() { cancel(ErrInterrupted) })
		first := d.sit(ctx)
		if first.results[0].Status != outcome.Failed || first.Totals.Of(outcome.NotAttempted) == 0 {
			t.Fatalf("%v", first.statuses())
		}
		d.people, faults[address(99)] = all[99:], jsmtest.Decision{Status: 400}
		last := d.sit(t.Context())
		d.expect(last, map[outcome.Status]int{outcome.Failed: 1})
		d.people, faults[address(0)] = all[:1], jsmtest.Decision{Fault: jsmtest.ResetAfter}
		d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Unknown: 1})
		d.people = all
		d.unchanged(first)
		clear(faults)
		if s := d.sit(t.Context()); s.runID != first.runID || s.results[0].Status != outcome.CreatedUnconfirmed {
			t.Errorf("run %s, %s", s.runID, shown(s.results[0]))
		}
		d.people = all[99:]
		d.unchanged(last)
	})
}

// What was refused is not sent again when the run goes on, unless it had stopped for a problem of the site.
func TestRefusedBeforeCtrlC(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := down(func(email string, _ int) jsmtest.Decision {
			if email == address(0) {
				return jsmtest.Decision{Status: 400}
			}
			return jsmtest.Decision{}
		})
		o.Latency = time.Second
		d := newDesktop(t, o)
		d.run.Workers = 2
		d.export(100)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Second, func() { cancel(ErrInterrupted) })
		left := d.sit(ctx).Totals.Of(outcome.NotAttempted)
		posts := d.posts()
		s := d.sit(t.Context())
		if s.plan.Create != left || d.posts()-posts != left || s.results[0].Status != outcome.Failed {
			t.Errorf("%d to send, %d sent, and %d were left; %s", s.plan.Create, d.posts()-posts, left, shown(s.results[0]))
		}
	})
}

// What was told of a revocation, and of people who were known, stays when access is given back, or an account deleted.
func TestToldOfAccountsThatChangeSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.run.MayBrowse = true
		d.export(2)
		made := d.sit(t.Context())
		known := d.sit(t.Context())
		d.expect(known, map[outcome.Status]int{outcome.Known: 2})
		change := func(row int, change ledger.Change, revoke bool) {
			t.Helper()
			e := ledger.Entry{Outcome: made.results[row].Outcome, Revoke: revoke, Account: change}
			e.Row = 10 + row
			l := d.openLedger()
			if err := errors.Join(l.Settle(t.Context(), 1, e), l.Close()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		change(0, ledger.MarkRevoked, true)
		d.unchanged(known)
		change(0, ledger.MarkRestored, false)
		change(1, ledger.MarkGone, true)
		d.unchanged(known)

		// Who is gone is still looked for by an address alone.
		d.site = jsmtest.New(jsmtest.Options{})
		d.client.Transport = jsmtest.Transport(d.site.ServeHTTP)
		l, client := d.openLedger(), d.connect()
		defer client.Close()
		file := d.open("list.csv", "email", address(1))
		plan, err := MakePlan(t.Context(), file, l, PlanOptions{Job: ledger.Job{Command: "revoke", Input: file.Path}})
		if err != nil {
			t.Fatal(err)
		}
		s := d.carryOut(t.Context(), l, plan, func() *Run { return NewRun(t.Context(), client, l, plan, d.run) })
		d.expect(s, map[outcome.Status]int{outcome.NotFound: 1})
		if !strings.Contains(s.results[0].Reason, "deleted at the site") {
			t.Error(shown(s.results[0]))
		}
		l.Close()
	})
}

// What was refused stays refused in what is told of the run, also of people who are known: a rename, and a create that
// was asked for all the same.
func TestRefusedForKnownPeople(t *testing.T) {
	t.Parallel()
	for _, names := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesktop(t, jsmtest.Options{})
			d.planned.UpdateNames, d.planned.ResendKnown = names, !names
			d.export(3)
			d.sit(t.Context())
			for i := range d.people {
				d.people[i].Name += " Jr"
			}
			method := map[bool]string{true: "PUT", false: "POST"}[names]
			site := d.client.Transport
			d.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method != method {
					return site.RoundTrip(r)
				}
				return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"errorMessages": ["no"], "errors": {}}`))}, nil
			})
			d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Failed: 3}) // and it is told again
		})
	}
}

// A revocation stays as it was told when access was given back since.
func TestToldOfARevocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		d.export(2)
		made := d.sit(t.Context())
		s := d.undo(t.Context())
		d.expect(s, map[outcome.Status]int{outcome.Revoked: 2})
		time.Sleep(time.Hour)
		l := d.openLedger()
		e := ledger.Entry{Outcome: made.results[0].Outcome, Account: ledger.MarkRestored}
		if err := errors.Join(l.Settle(t.Context(), 1, e), l.Close()); err != nil {
			t.Fatal(err)
		}
		d.unchanged(s)
	})
}

// Whoever another run has onboarded since this one's request was refused, or its answer lost, is known when this run
// goes on: no request is made, and access that was revoked meanwhile does not count as given back.
func TestOnboardedByAnotherRunMeanwhile(t *testing.T) {
	for _, tc := range []struct {
		status  outcome.Status // when the run was stopped
		fault   jsmtest.Decision
		revoked bool
	}{
		{outcome.Unknown, jsmtest.Decision{Fault: jsmtest.ResetBefore}, false},
		{outcome.Unknown, jsmtest.Decision{Fault: jsmtest.ResetBefore}, true},
		{outcome.Failed, jsmtest.Decision{Status: 400}, false},
	} {
		t.Run(fmt.Sprintf("%s, revoked %t", tc.status, tc.revoked), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ill := true
				o := down(func(email string, _ int) jsmtest.Decision {
					if ill && email == address(0) {
						return tc.fault
					}
					return jsmtest.Decision{}
				})
				o.Latency = time.Second
				d := newDesktop(t, o)
				d.run.Workers = 2
				d.export(100)
				first := slices.Clone(d.people)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(30*time.Second, func() { cancel(ErrInterrupted) })
				s := d.sit(ctx)
				if s.results[0].Status != tc.status || s.Totals.Of(outcome.NotAttempted) == 0 {
					t.Fatalf("%v", s.statuses())
				}
				ill = false
				d.export(1)
				d.expect(d.sit(t.Context()), map[outcome.Status]int{outcome.Created: 1})
				want := outcome.Known
				if tc.revoked {
					d.undo(t.Context())
					want = outcome.RevokedBefore
				}
				d.people = first
				posts := d.posts()
				again := d.sit(t.Context())
				if r := again.results[0]; r.Attempts+r.HTTPStatus != 0 { // of this run
					t.Errorf("no request was made, and %s", shown(r))
				}
				if again.runID != s.runID || again.results[0].Status != want || again.plan.Resent != 0 || d.ours() > 99 && tc.revoked {
					t.Errorf("run %s after %s, %s, %d sent again, %d are ours", again.runID, s.runID, shown(again.results[0]),
						again.plan.Resent, d.ours())
				}
				if n := d.posts() - posts; n != s.Totals.Of(outcome.NotAttempted) {
					t.Errorf("%d requests, and %d rows were left", n, s.Totals.Of(outcome.NotAttempted))
				}
			})
		})
	}
}

// What a run finds out at its end about an account of an earlier run, which could not be looked up at its start, is in
// its results, too.
func TestFoundAtTheEndOfALaterRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{Existing: peopleBefore(1), SearchLag: time.Minute, Latency: time.Second})
		d.site.SetFaults(jsmtest.Fault{Kind: jsmtest.RouteGone, Share: 1, Route: jsmtest.UserSearchPath})
		d.export(1)
		d.sit(t.Context())
		d.export(20)
		d.site.SetFaults()
		asked := 0
		inner := d.client.Transport
		d.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, jsmtest.UserSearchPath) {
				if asked++; asked == 1 {
					body := io.NopCloser(strings.NewReader(`{"errorMessage":"no"}`))
					return &http.Response{StatusCode: 400, Body: body, Header: http.Header{}, Request: r}, nil
				}
			}
			return inner.RoundTrip(r)
		})
		s := d.sit(t.Context())
		if !s.Revised || asked != 2 || withID(s, outcome.Known) != 1 {
			t.Errorf("revised %t, asked %d times, %s", s.Revised, asked, shown(s.results[0]))
		}
	})
}

// An account that is gone is not known: a row whose create fails stays failed, whenever it is read again.
func TestFailedAfterTheAccountIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ill := false
		d := newDesktop(t, down(func(string, int) jsmtest.Decision {
			if ill {
				return jsmtest.Decision{Status: 400}
			}
			return jsmtest.Decision{}
		}))
		d.export(1)
		made := d.sit(t.Context()).results[0]
		l := d.openLedger()
		gone := ledger.Entry{Outcome: made.Outcome, Revoke: true, Account: ledger.MarkGone}
		gone.Status = outcome.NotFound
		if err := l.Settle(t.Context(), 1, gone); err != nil {
			t.Fatal(err)
		}
		l.Close()
		ill = true
		client := d.connect()
		defer client.Close()
		l = d.openLedger()
		defer l.Close()
		plan := d.plan(t.Context(), client, l)
		s := d.carryOut(t.Context(), l, plan, func() *Run { return NewRun(t.Context(), client, l, plan, d.run) })
		d.expect(s, map[outcome.Status]int{outcome.Failed: 1})
	})
}
