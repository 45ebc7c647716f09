package importer

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// forgetful is the creation of customers without a ledger.
type forgetful struct{ *creation }

func (f forgetful) decide(_ context.Context, rows []*export.Row) ([]decision, error) {
	decisions := make([]decision, len(rows))
	for i, row := range rows {
		decisions[i].task = &task{row: row}
	}
	return decisions, nil
}

func (f forgetful) ahead(context.Context, []*task) error { return nil }

func (f forgetful) perform(ctx context.Context, t *task, done func(Outcome, *Stop)) {
	made, call, err := f.desk.CreateCustomer(ctx, apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}, nil)
	v := judgeCreate(false, call, err)
	done(Outcome{Row: t.row, Status: v.status, AccountID: made.AccountID, Reason: v.reason, HTTPStatus: call.Status, Attempts: call.Attempts}, f.observe(v.status, err))
}

// BenchmarkLedger imports the same people with the ledger and without, with
// 64 workers over real connections to a site in this process, and reports the
// rows a second of both and their ratio.
func BenchmarkLedger(b *testing.B) {
	const people = 20_000
	var with, without time.Duration
	for b.Loop() {
		without += carryOut(b, people, false)
		with += carryOut(b, people, true)
	}
	rows := float64(people * b.N)
	b.ReportMetric(rows/with.Seconds(), "rows/s")
	b.ReportMetric(rows/without.Seconds(), "rows/s-without")
	b.ReportMetric(without.Seconds()/with.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

func carryOut(b *testing.B, people int, remember bool) time.Duration {
	b.Helper()
	server, err := jsmtest.New(jsmtest.Options{}).Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	token := jsmtest.SandboxToken()
	client, err := apiclient.New(apiclient.Config{Site: server.URL, Credentials: apiclient.Credentials{Email: token.Email, APIToken: token.Secret}, Workers: 64})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	l, err := ledger.Open(b.Context(), filepath.Join(b.TempDir(), "ledger"), server.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	run, _, err := l.StartRun(b.Context(), ledger.Identity{Command: "import"}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	c := &creation{books: books{ledger: l, run: run}, desk: client, options: Options{Workers: 64}}
	t := trade(c)
	if !remember {
		t = forgetful{c}
	}
	began, made := time.Now(), 0
	stop := newPipeline(b.Context(), t, 64, people, 0).run(rowsOf(people), func(o Outcome) error {
		if o.Status == Created {
			made++
		}
		return nil
	})
	took := time.Since(began)
	if stop != nil || made != people {
		b.Fatalf("%d of %d were made: %v", made, people, stop)
	}
	return took
}

func rowsOf(people int) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for n := 1; n <= people; n++ {
			row := &export.Row{Number: n, Line: n + 1, Email: address(n), Key: address(n), Name: "Person", Cells: []string{"Person", address(n)}}
			if !yield(row, nil) {
				return
			}
		}
	}
}
