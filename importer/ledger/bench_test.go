package ledger

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// recorder is what a worker needs; memory is the stand-in that it is measured against.
type recorder interface {
	Begin(ctx context.Context, run int64, a Attempt) error
	Settle(run int64, o Outcome, done func(error))
}

type memory struct {
	mu       sync.Mutex
	outcomes map[int]Outcome
	accounts map[string]Outcome
}

func (m *memory) Begin(_ context.Context, _ int64, a Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes[a.Row] = Outcome{Row: a.Row, Key: a.Key, Open: true}
	return nil
}

func (m *memory) Settle(_ int64, o Outcome, done func(error)) {
	m.mu.Lock()
	m.outcomes[o.Row], m.accounts[o.Key] = o, o
	m.mu.Unlock()
	done(nil)
}

// key spreads the addresses over the alphabet, as exports do.
func key(row int) string {
	return fmt.Sprintf("%08x.customer@shop-%d.example.com", uint32(row)*2654435761, row%900)
}

func customer(row int) Outcome {
	o := created(row, key(row))
	o.Name, o.ExternalID = "Alexandra Example", fmt.Sprint(100000+row)
	o.AccountID = fmt.Sprintf("qm:a713c8ea-1075-4e30-9d96-891a7d181739:5ad6d3581db05e2a%08x", row)
	return o
}

func drive(b *testing.B, j recorder, run int64, workers int) {
	var next atomic.Int64
	var group, told sync.WaitGroup
	told.Add(b.N)
	for range workers {
		group.Go(func() {
			for row := int(next.Add(1)); row <= b.N; row = int(next.Add(1)) {
				o := customer(row)
				if err := j.Begin(context.Background(), run, Attempt{Row: row, Line: row + 1, Key: o.Key, Email: o.Email, Name: o.Name, ExternalID: o.ExternalID}); err != nil {
					b.Error(err)
				}
				j.Settle(run, o, func(err error) {
					if err != nil {
						b.Error(err)
					}
					told.Done()
				})
			}
		})
	}
	group.Wait()
	told.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWorkers(b *testing.B) {
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprint("ledger-", workers), func(b *testing.B) {
			l, err := Open(b.Context(), filepath.Join(b.TempDir(), "l.db"), site)
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			run, _, err := l.StartRun(b.Context(), job("a"), start)
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			drive(b, l, run.Seq, workers)
			b.ReportMetric(float64(b.N)/float64(l.write.commits.Load()), "rows/commit")
		})
		b.Run(fmt.Sprint("memory-", workers), func(b *testing.B) {
			drive(b, &memory{outcomes: map[int]Outcome{}, accounts: map[string]Outcome{}}, 1, workers)
		})
	}
}

// filled makes a ledger of n accounts in the source "desk", once.
func filled(b *testing.B, n int) (*Ledger, Run) {
	l, err := Open(b.Context(), filepath.Join(b.TempDir(), "l.db"), site)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	run, _, err := l.StartRun(b.Context(), Identity{Command: "sync", Source: "desk", InputSHA256: "1"}, start)
	if err != nil {
		b.Fatal(err)
	}
	for row := 1; row <= n; row++ {
		l.Settle(run.Seq, customer(row), nil)
	}
	for row := 1; row <= n; row += 500 {
		if err := l.Arrive(b.Context(), run.Seq, "desk", batch(row, n)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := l.Leave(b.Context(), run.Seq, "desk", func(Member) bool { return true }); err != nil {
		b.Fatal(err)
	}
	run.Outcome = Complete
	if err := l.FinishRun(b.Context(), run); err != nil {
		b.Fatal(err)
	}
	return l, run
}

func batch(from, n int) []Member {
	var members []Member
	for row := from; row < from+500 && row <= n; row++ {
		members = append(members, Member{Key: key(row), ExternalID: fmt.Sprint(100000 + row)})
	}
	return members
}

func BenchmarkNight(b *testing.B) {
	n := 100000
	if os.Getenv("ROWS") != "" {
		fmt.Sscan(os.Getenv("ROWS"), &n)
	}
	l, last := filled(b, n)
	file, err := os.Stat(l.path)
	if err != nil {
		b.Fatal(err)
	}
	size := float64(file.Size()) / float64(n)
	run, _, err := l.StartRun(b.Context(), Identity{Command: "sync", Source: "desk", InputSHA256: "2"}, start)
	if err != nil {
		b.Fatal(err)
	}
	rate := func(name string, step func(from int)) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				for from := 1; from <= n; from += 500 {
					step(from)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(size, "B/row")
		})
	}
	recall := func(run int64) func(int) {
		return func(from int) {
			q := make([]Query, 0, 500)
			for row := from; row < from+500; row++ {
				q = append(q, Query{Row: row, Key: key(row)})
			}
			if m, err := l.Recall(b.Context(), run, q); err != nil || m[0].Account == nil && m[0].Outcome == nil {
				b.Fatal(err)
			}
		}
	}
	rate("recall-known", recall(run.Seq))
	rate("recall-own", recall(last.Seq))
	rate("recall-new", func(from int) {
		q := make([]Query, 0, 500)
		for row := from; row < from+500; row++ {
			q = append(q, Query{Row: row, Key: "new" + key(row)})
		}
		if _, err := l.Recall(b.Context(), run.Seq, q); err != nil {
			b.Fatal(err)
		}
	})
	rate("arrive-unchanged", func(from int) {
		if err := l.Arrive(b.Context(), run.Seq, "desk", batch(from, n)); err != nil {
			b.Fatal(err)
		}
	})
	rate("outcomes", func(from int) {
		if from > 1 {
			return
		}
		for _, err := range l.Outcomes(b.Context(), last.Seq, 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	rate("leave", func(from int) {
		if from > 1 {
			return
		}
		if _, err := l.Leave(b.Context(), run.Seq, "desk", func(Member) bool { return true }); err != nil {
			b.Fatal(err)
		}
	})
	rate("managed", func(from int) {
		if from > 1 {
			return
		}
		if got, err := l.Managed(b.Context()); err != nil || got != n {
			b.Fatal(got, err)
		}
	})
}
