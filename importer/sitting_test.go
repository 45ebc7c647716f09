package importer

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// A desktop is a site in process, a ledger on disk and an export, for runs in
// virtual time. Make it within the bubble.
type desktop struct {
	t      *testing.T
	folder string
	site   *jsmtest.Site
	client apiclient.Config
	run    Options
	shape  func(*Job) // may change a job before it runs

	mu     sync.Mutex
	events []pacer.Event
}

func newDesktop(t *testing.T, o jsmtest.Options) *desktop {
	d := &desktop{t: t, folder: t.TempDir(), site: jsmtest.New(o)}
	token := jsmtest.SandboxToken()
	d.client = apiclient.Config{Site: "https://example.atlassian.net", Credentials: apiclient.Credentials{Email: token.Email, APIToken: token.Secret},
		Workers: 8, MaxRate: 100, MaxPause: 15 * time.Minute, Transport: jsmtest.Transport(d.site), Notify: func(e pacer.Event) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.events = append(d.events, e)
		}}
	d.run = Options{Workers: 8, ResolveConflicts: true, MaxErrors: Limit{Percent: 5, AtLeast: 100, Set: true}}
	return d
}

// export writes n people.
func (d *desktop) export(n int) {
	var text strings.Builder
	text.WriteString("name,email\n")
	for i := range n {
		fmt.Fprintf(&text, "Person %d,%s\n", i, address(i))
	}
	d.write(text.String())
}

func address(i int) string { return fmt.Sprintf("person.%d@example.com", i) }

func (d *desktop) write(text string) {
	if err := os.WriteFile(filepath.Join(d.folder, "people.csv"), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// sitting is what came of one sitting.
type sitting struct {
	End
	runID    string
	resumed  bool
	outcomes []Outcome
	plan     *Plan
	first    FirstRow // of the plan
}

func (s sitting) statuses() map[Status]int {
	counts := map[Status]int{}
	for _, o := range s.outcomes {
		counts[o.Status]++
	}
	return counts
}

// sit makes the plan and runs it, as the import command does.
func (d *desktop) sit(ctx context.Context) sitting {
	d.t.Helper()
	l, err := ledger.Open(context.Background(), filepath.Join(d.folder, "ledger"), "https://example.atlassian.net")
	if err != nil {
		d.t.Fatal(err)
	}
	defer l.Close()
	client, err := apiclient.New(d.client)
	if err != nil {
		d.t.Fatal(err)
	}
	defer client.Close()
	return d.sitAt(ctx, client, l)
}

func (d *desktop) sitAt(ctx context.Context, desk Desk, l *ledger.Ledger) sitting {
	d.t.Helper()
	still := context.WithoutCancel(ctx)
	file, err := export.Open(still, filepath.Join(d.folder, "people.csv"), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	plan, err := MakePlan(still, file, l, PlanOptions{Identity: ledger.Identity{Command: "import", Input: "people.csv"}, ResendKnown: d.run.ResendKnown})
	if err != nil {
		d.t.Fatal(err)
	}
	var s sitting
	if s.first, err = plan.First(still); err != nil {
		d.t.Fatal(err)
	}
	if plan.Run, s.resumed, err = l.StartRun(still, plan.Run.Identity, time.Now()); err != nil {
		d.t.Fatal(err)
	}
	s.runID, s.plan = plan.Run.ID, plan
	job := NewJob(ctx, desk, l, plan, d.run)
	if d.shape != nil {
		d.shape(job)
	}
	s.End = job.Run(plan.Survey.All(still), func(o Outcome) error {
		s.outcomes = append(s.outcomes, o)
		return nil
	})
	run := plan.Run
	run.Outcome, run.Summary = ledger.Complete, []byte("{}")
	if s.Stop != nil {
		run.Outcome, run.AskAgain = ledger.Stopped, s.Stop.Cause.AskAgain()
	}
	if s.Stop == nil || s.Stop.Cause != Broken {
		d.replay(still, l, run, plan, &s)
	}
	if err := l.FinishRun(still, run); err != nil && s.Stop == nil {
		d.t.Fatal(err)
	}
	return s
}

// replay tells the run again from the ledger: it is what was told, or, after
// look-ups, what has become of it since.
func (d *desktop) replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, plan *Plan, s *sitting) {
	d.t.Helper()
	var again []Outcome
	if err := Replay(ctx, l, run, plan.Survey.All(ctx), func(o Outcome) error {
		again = append(again, o)
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
	if !s.Revised {
		for i, told := range s.outcomes {
			if shown(told) != shown(again[i]) {
				d.t.Fatalf("row %d was told as %s, and again as %s", i+1, shown(told), shown(again[i]))
			}
		}
	}
	if len(again) != len(s.outcomes) {
		d.t.Errorf("%d rows were told, and again %d", len(s.outcomes), len(again))
	}
	s.outcomes = again
}

// shown is what the results show of an outcome.
func shown(o Outcome) string {
	return fmt.Sprint(o.Row.Number, o.Row.Line, o.Status, o.AccountID, o.Reason, o.HTTPStatus, o.Attempts)
}

// expect checks how many rows have which status, and that they are all.
func (d *desktop) expect(s sitting, want map[Status]int) {
	d.t.Helper()
	if got := s.statuses(); !maps.Equal(got, want) {
		d.t.Errorf("%v, and %v was expected (stopped: %v)", got, want, s.Stop)
	}
	if err := s.Totals.Prove(s.Rows); err != nil {
		d.t.Error(err)
	}
	for status, n := range want {
		if s.Totals.Of(status) != n {
			d.t.Errorf("the totals have %d %s, and %d was expected", s.Totals.Of(status), status, n)
		}
	}
}

// once checks that no address was made twice.
func (d *desktop) once(made int) {
	d.t.Helper()
	var emails []string
	for a := range d.site.Accounts() {
		if a.CreatedBy == 0 {
			continue
		}
		if a.Creations != 1 {
			d.t.Errorf("%s was made %d times", a.Email, a.Creations)
		}
		emails = append(emails, a.Email)
	}
	slices.Sort(emails)
	if n := len(slices.Compact(emails)); n != made || n != len(emails) {
		d.t.Errorf("the site has made %d, %d addresses, and %d was expected", len(emails), n, made)
	}
}

func (d *desktop) posts() int { return d.site.Stats().Route("POST", jsmtest.CreatePath).Requests }

// happened tells whether the pacer has told of an event of this kind.
func (d *desktop) happened(kind pacer.EventKind) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.events, func(e pacer.Event) bool { return e.Kind == kind })
}
