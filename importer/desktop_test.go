package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/importertest"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Nothing leaves this process.
func TestMain(m *testing.M) {
	importertest.TempInMemory()
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("a test must not ask %s", r.URL.Host)
	})
	os.Exit(m.Run())
}

// A desktop is a site in process, a ledger on disk and an export, for runs in virtual time. Make it in the bubble.
type desktop struct {
	t       *testing.T
	folder  string
	site    *jsmtest.Site
	client  apiclient.Config
	run     Options
	planned PlanOptions
	command string
	source  string // "": people
	access  AccessOptions
	people  []export.Row
	shape   func(*Run) // may change a run before it begins

	mu     sync.Mutex
	events []apiclient.Event
}

func newDesktop(t *testing.T, o jsmtest.Options) *desktop {
	d := &desktop{t: t, folder: t.TempDir(), site: jsmtest.New(o), command: "import"}
	token := jsmtest.SandboxToken()
	if len(o.Tokens) > 0 {
		token = o.Tokens[0]
	}
	d.client = apiclient.Config{
		Site:        "https://example.atlassian.net",
		Credentials: apiclient.Credentials{Email: token.Email, APIToken: token.Secret},
		Workers:     8,
		MaxRate:     100,
		MaxPause:    15 * time.Minute,
		Transport:   jsmtest.Transport(d.site.ServeHTTP),
		Notify: func(e apiclient.Event) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.events = append(d.events, e)
		},
	}
	d.run = Options{
		Workers:          8,
		ResolveConflicts: true,
		MayBrowse:        token.BrowseUsers,
		MaxErrors:        Limit{Percent: 5, Floor: 100, Unit: Share},
	}
	return d
}

// export makes an export of n people.
func (d *desktop) export(n int) {
	d.people = nil
	for i := range n {
		d.add(export.Row{Name: fmt.Sprintf("Person %d", i), Email: address(i)})
	}
}

// add adds a row to the export.
func (d *desktop) add(row export.Row) {
	row.Key = strings.ToLower(row.Email)
	row.Number = len(d.people) + 1
	row.Place = export.Place{Row: row.Number + 1, Line: row.Number + 1}
	row.Cells = []string{row.Name, row.Email, row.Organization, row.ExternalID}
	for _, before := range d.people {
		if before.Key == row.Key && before.Sendable() && row.Sendable() && row.DuplicateOf == (export.Place{}) {
			row.DuplicateOf = before.Place
		}
	}
	d.people = append(d.people, row)
}

func address(i int) string { return fmt.Sprintf("person.%d@example.com", i) }

func (d *desktop) rows(context.Context) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for _, row := range d.people {
			if !yield(&row, nil) {
				return
			}
		}
	}
}

// survey is what a first pass over the export counts.
func (d *desktop) survey() *export.Survey {
	s := &export.Survey{Path: "people.csv", SHA256: fmt.Sprint(d.people), Rows: len(d.people)}
	for _, row := range d.people {
		if row.Sendable() {
			s.Valid++
		}
		if row.DuplicateOf != (export.Place{}) {
			s.Duplicates++
		}
	}
	return s
}

// session is what came of one session.
type session struct {
	End
	runID   string
	resumed bool
	results []Result
	plan    *Plan
}

// broken reports whether ledger or disk ended it, and not the site.
func (s session) broken() bool {
	if s.Stop == nil || s.Stop.Cause != Broken {
		return false
	}
	_, outage := errors.AsType[*apiclient.PauseError](s.Stop)
	return !outage
}

func (s session) statuses() map[outcome.Status]int {
	counts := map[outcome.Status]int{}
	for _, r := range s.results {
		counts[r.Status]++
	}
	return counts
}

func (d *desktop) ledgerPath() string { return filepath.Join(d.folder, "ledger") }

func (d *desktop) openLedger() *ledger.Ledger {
	d.t.Helper()
	l, err := ledger.Open(context.Background(), d.ledgerPath(), "https://example.atlassian.net")
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *desktop) connect() *apiclient.Client {
	d.t.Helper()
	client, err := apiclient.New(d.client)
	if err == nil && d.planned.UpdateNames { // which needs the cloud id
		_, err = client.Connect(d.t.Context())
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return client
}

// plan makes the plan of an import of the export.
func (d *desktop) plan(ctx context.Context, api *apiclient.Client, l *ledger.Ledger) *Plan {
	d.t.Helper()
	p := &Plan{Survey: d.survey(), Rows: d.rows}
	o := PlanOptions{Access: d.access, ResendKnown: d.planned.ResendKnown, UpdateNames: d.planned.UpdateNames,
		Job: ledger.Job{Command: d.command, Source: cmp.Or(d.source, "people"), Input: "people.csv", InputSHA256: p.Survey.SHA256}}
	if err := p.decide(ctx, l, o); err != nil {
		d.t.Fatal(err)
	}
	if err := p.PlanAccess(ctx, api); err != nil {
		d.t.Fatal(err)
	}
	return p
}

// sit makes the plan and runs it, as the import command does.
func (d *desktop) sit(ctx context.Context) session {
	d.t.Helper()
	l := d.openLedger()
	defer l.Close()
	client := d.connect()
	defer client.Close()
	return d.sitAt(ctx, client, l)
}

func (d *desktop) sitAt(ctx context.Context, api *apiclient.Client, l *ledger.Ledger) session {
	d.t.Helper()
	plan := d.plan(context.WithoutCancel(ctx), api, l)
	s := d.carryOut(ctx, l, plan, func() *Run { return NewRun(ctx, api, l, plan, d.run) })
	if !s.broken() {
		d.check(context.WithoutCancel(ctx), plan, s.results)
	}
	return s
}

// carryOut runs a plan, finishes its run, and checks that a replay shows the same.
func (d *desktop) carryOut(ctx context.Context, l *ledger.Ledger, plan *Plan, begin func() *Run) session {
	d.t.Helper()
	s := session{plan: plan, resumed: plan.Resumed}
	still := context.WithoutCancel(ctx)
	var err error
	if plan.Run, err = l.StartRun(still, plan.Run, time.Now()); err != nil {
		d.t.Fatal(err)
	}
	s.runID = plan.Run.ID
	run := begin()
	if d.shape != nil {
		d.shape(run)
	}
	s.End = run.Do(plan.Rows(still), func(r Result) error {
		s.results = append(s.results, r)
		return nil
	})
	done := plan.Run
	done.Outcome, done.Summary, done.FinishedAt = ledger.Complete, []byte("{}"), time.Now()
	if s.Stop != nil {
		done.Outcome, done.Retry = ledger.Stopped, s.Stop.Cause != Interrupted && s.Stop.Cause != LimitReached
	}
	if !s.broken() {
		d.replay(still, l, done, plan, &s)
	}
	if err := l.FinishRun(still, &done); err != nil && s.Stop == nil {
		d.t.Fatal(err)
	}
	return s
}

// replay tells the run again from the ledger: it is what was told, or, after look-ups, what has become of it since.
func (d *desktop) replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, plan *Plan, s *session) {
	d.t.Helper()
	var again []Result
	totals, err := Replay(ctx, l, run, plan.Options.ResendKnown, plan.Rows(ctx), func(r Result) error {
		again = append(again, r)
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if s.Revised {
		s.Totals = totals
	}
	if len(again) != len(s.results) {
		d.t.Fatalf("%d rows were told, and again %d", len(s.results), len(again))
	}
	for i, told := range s.results {
		if !s.Revised && (told.Status != again[i].Status || !told.Open && shown(told) != shown(again[i])) {
			d.t.Fatalf("row %d was told as %s, and again as %s", i+1, shown(told), shown(again[i]))
		}
	}
	s.results = again
}

// unchanged holds what the ledger has on a run now against what was told at its end.
func (d *desktop) unchanged(s session) {
	d.t.Helper()
	l := d.openLedger()
	defer l.Close()
	run, err := l.Run(d.t.Context(), s.runID)
	if err != nil {
		d.t.Fatal(err)
	}
	rows := s.plan.Rows(d.t.Context())
	if s.plan.Undoes != nil {
		rows = undoRows(d.t.Context(), l, *s.plan.Undoes)
	}
	totals, err := Replay(d.t.Context(), l, run, s.plan.Options.ResendKnown, rows, func(Result) error { return nil })
	if err != nil || totals != s.Totals {
		d.t.Errorf("%v instead of %v, %v", totals, s.Totals, err)
	}
}

// check holds what an import has left behind against the promises of the program.
func (d *desktop) check(ctx context.Context, plan *Plan, results []Result) {
	d.t.Helper()
	e := importertest.Evidence{
		Accounts: d.site.Accounts(),
		Ledger:   d.ledgerPath(),
		SiteURL:  "https://example.atlassian.net",
		Rows:     plan.Survey.Rows,
		Resent:   d.planned.ResendKnown,
	}
	for _, r := range results {
		e.Told = append(e.Told, importertest.Result{
			Key: r.Row.Key, Status: r.Status, AccountID: r.AccountID, Reason: r.Reason,
			SheetRow: r.Row.Place.Row, Line: r.Row.Place.Line, Attempts: r.Attempts,
		})
	}
	for _, broken := range importertest.Check(ctx, e) {
		d.t.Error(broken)
	}
}

// shown is what the results show of a row.
func shown(r Result) string {
	return fmt.Sprint(r.Row.Number, r.Place(), r.Status, r.AccountID, r.Reason, r.HTTPStatus, r.Attempts,
		r.Organization, r.ServiceDesk)
}

// expect checks how many rows have which status, and that they are all.
func (d *desktop) expect(s session, want map[outcome.Status]int) {
	d.t.Helper()
	if got := s.statuses(); !maps.Equal(got, want) {
		d.t.Errorf("%v, and %v was expected (stopped: %v)", got, want, s.Stop)
	}
	if err := s.Totals.CheckComplete(s.Rows); err != nil {
		d.t.Error(err)
	}
	for status, n := range want {
		if s.Totals.Of(status) != n {
			d.t.Errorf("the totals have %d %s, and %d was expected", s.Totals.Of(status), status, n)
		}
	}
}

// once checks that no address was created twice, and how many were created.
func (d *desktop) once(made int) {
	d.t.Helper()
	n := 0
	for _, a := range d.site.Accounts() {
		if a.CreatedBy == 0 {
			continue
		}
		if len(d.site.Find(a.Email)) != 1 {
			d.t.Errorf("%s was created more than once", a.Email)
		}
		n++
	}
	if n != made {
		d.t.Errorf("%d accounts were created, and %d were expected", n, made)
	}
}

// ours is how many accounts the ledger has as created by this program.
func (d *desktop) ours() int {
	d.t.Helper()
	l := d.openLedger()
	defer l.Close()
	h, err := l.Holdings(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return h.Ours
}

func (d *desktop) posts() int { return d.site.Stats().Route("POST", jsmtest.CreatePath).Requests }

func (d *desktop) happened(what string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.events, func(e apiclient.Event) bool { return strings.Contains(e.Text, what) })
}

// kill keeps the files of the ledger as a process that dies now leaves them; the function puts them back.
func (d *desktop) kill() (restore func()) {
	d.t.Helper()
	parts := map[string][]byte{}
	for _, part := range []string{"", "-wal"} {
		content, err := os.ReadFile(d.ledgerPath() + part)
		if err == nil {
			parts[part] = content
		}
	}
	return func() {
		for _, part := range []string{"", "-wal", "-shm"} {
			os.Remove(d.ledgerPath() + part)
		}
		for part, content := range parts {
			if err := os.WriteFile(d.ledgerPath()+part, content, 0o600); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}
