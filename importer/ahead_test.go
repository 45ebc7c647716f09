package importer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// doubts is how many of the first rows a process would leave in doubt that is
// killed now.
func (d *desktop) doubts(rows int) (n int) {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "ledger")
	for _, part := range []string{"", "-wal"} {
		bytes, err := os.ReadFile(filepath.Join(d.folder, "ledger") + part)
		if err != nil && part == "" {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(path+part, bytes, 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	l, err := ledger.Open(context.Background(), path, "https://example.atlassian.net")
	if err != nil {
		d.t.Fatal(err)
	}
	defer l.Close()
	queries := make([]ledger.Query, rows)
	for i := range queries {
		queries[i] = ledger.Query{Row: i + 1, Key: address(i)}
	}
	memories, err := l.Recall(context.Background(), 1, queries)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, m := range memories {
		if m.Lost != nil {
			n++
		}
	}
	return n
}

// Attempts go on record ahead of their requests only while nothing paces
// them, and only if all of them will be sent. After a Ctrl-C those that have
// not left are off the record: who was at the site before is a conflict, and
// nobody is called unconfirmed.
func TestAhead(t *testing.T) {
	const people = 100
	for _, tc := range []struct {
		name        string
		rate        float64
		limit, only int
		least, most int // rows in doubt while the first requests are under way
		sent        int
	}{
		{"unpaced", 0, 0, 0, 8 + 1, 8 + 16 + 16, 8},
		{"paced", 100, 0, 0, 8, 8, 8},
		{"unpaced, with a limit", 0, 5, 0, 5, 5, 5},
		{"unpaced, one row alone", 0, 0, 1, 1, 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := jsmtest.Options{Latency: jsmtest.Latency{Fixed: 20 * time.Second}}
				for i := tc.sent; i < people; i++ {
					o.Existing = append(o.Existing, jsmtest.Account{Email: address(i), Name: "Someone"})
				}
				d := newDesktop(t, o)
				d.client.MaxRate, d.run.Limit, d.run.Only = tc.rate, tc.limit, tc.only
				d.export(people)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() {
					if n := d.doubts(people); n < tc.least || n > tc.most {
						t.Errorf("%d rows are in doubt, and %d to %d were expected", n, tc.least, tc.most)
					}
					cancel(ErrInterrupted)
				})
				d.expect(d.sit(ctx), map[Status]int{Created: tc.sent, NotAttempted: people - tc.sent})
				if n := d.doubts(people); n != 0 {
					t.Errorf("%d rows are in doubt in the end", n)
				}
				d.run.Limit, d.run.Only = 0, 0
				d.expect(d.sit(t.Context()), map[Status]int{Created: tc.sent, Conflict: people - tc.sent})
				d.once(tc.sent)
			})
		})
	}
}

// What went on record ahead and never left, since there is no way to the site,
// is off the record after a Ctrl-C.
func TestAheadNeverLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = 100
		d := newDesktop(t, jsmtest.Options{})
		reach := d.client.Transport
		d.client.MaxRate, d.client.Transport = 0, &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("network is unreachable")
		}}
		d.export(people)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() {
			if n := d.doubts(people); n == 0 {
				t.Error("nothing is on record")
			}
			cancel(ErrInterrupted)
		})
		d.expect(d.sit(ctx), map[Status]int{NotAttempted: people})
		if n := d.doubts(people); n != 0 {
			t.Errorf("%d rows are in doubt in the end", n)
		}
		d.client.Transport = reach
		d.expect(d.sit(t.Context()), map[Status]int{Created: people})
	})
}

// foreseeing is a trade whose disk fails after some rows.
type foreseeing struct {
	room int // rows that the disk has room for

	mu        sync.Mutex
	performed map[int]int
}

var errNoRoom = errors.New("no room")

func (f *foreseeing) decide(_ context.Context, rows []*export.Row) ([]decision, error) {
	decisions := make([]decision, len(rows))
	for i, row := range rows {
		decisions[i].task = &task{row: row}
	}
	return decisions, nil
}

func (f *foreseeing) ahead(_ context.Context, tasks []*task) error {
	if f.room -= len(tasks); f.room < 0 {
		return errNoRoom
	}
	for _, t := range tasks {
		t.begun = true
	}
	return nil
}

func (f *foreseeing) perform(ctx context.Context, t *task, done func(Outcome, *Stop)) {
	f.mu.Lock()
	f.performed[t.row.Number]++
	f.mu.Unlock()
	done(Outcome{Row: t.row, Status: Created}, nil)
}

func (f *foreseeing) unattempted(t *task) Outcome {
	return Outcome{Row: t.row, Status: NotAttempted}
}

// What is on record gets to a worker, once, also when the disk fails after it;
// and after that nothing more goes on record.
func TestAheadWithoutRoom(t *testing.T) {
	const people, workers = 1000, 10
	f := &foreseeing{room: 95, performed: map[int]int{}}
	told := map[Status]int{}
	stop := newPipeline(t.Context(), f, workers, people, 0).run(rowsOf(people), func(o Outcome) error {
		told[o.Status]++
		return nil
	})
	if stop == nil || stop.Cause != Broken || !errors.Is(stop.Err, errNoRoom) {
		t.Errorf("stopped by %+v", stop)
	}
	if f.room != 95-100 {
		t.Errorf("after the disk failed it was asked for %d rows more", 95-100-f.room)
	}
	for row := 1; row <= 80; row++ {
		if f.performed[row] != 1 {
			t.Errorf("row %d was on record, and performed %d times", row, f.performed[row])
		}
	}
	if told[Created] != len(f.performed) || told[Created]+told[NotAttempted] != people {
		t.Errorf("told: %v, performed: %d", told, len(f.performed))
	}
}
