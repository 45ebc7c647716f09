package ledger

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// key spreads the addresses over the alphabet, as exports do.
func key(row int) string {
	return fmt.Sprintf("%08x.customer@shop-%d.example.com", uint32(row)*2654435761, row%900)
}

func customer(row int) Entry {
	e := created(row, key(row))
	e.Name, e.ExternalID = "Alexandra Example", fmt.Sprint(100000+row)
	e.AccountID = fmt.Sprintf("qm:a713c8ea-1075-4e30-9d96-891a7d181739:5ad6d3581db05e2a%08x", row)
	return e
}

// filled makes a ledger with n accounts that a complete sync of the source "desk" has onboarded.
func filled(b *testing.B, n int) (*Ledger, Run) {
	l := openNew(b)
	run := startRun(b, l, nightly("desk", "1"))
	const step = 500
	for from := 1; from <= n; from += step {
		to := min(from+step-1, n)
		must(b, l.change(b.Context(), func(w *writer) {
			for row := from; row <= to; row++ {
				e := customer(row)
				w.putOutcome(run.Seq, false, e.Outcome)
				w.changeAccount(run.Seq, e)
			}
		}))
		must(b, l.StageMembers(b.Context(), "desk", batch(from, to)))
	}
	finish(b, l, run, Complete)
	return l, run
}

func batch(from, to int) []Member {
	var members []Member
	for row := from; row <= to; row++ {
		members = append(members, Member{Key: key(row), ExternalID: fmt.Sprint(100000 + row)})
	}
	return members
}

// rowsOr is the number in the variable ROWS, or n.
func rowsOr(n int) int {
	_, _ = fmt.Sscan(os.Getenv("ROWS"), &n)
	return n
}

// BenchmarkWorkers is what a run asks of the ledger for each new row: Begin, and Settle.
func BenchmarkWorkers(b *testing.B) {
	there := rowsOr(300_000)
	l, _ := filled(b, there)
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			run := startRun(b, l, job(fmt.Sprint(workers, b.N)))
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range workers {
				group.Go(func() {
					for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
						e := customer(there + n)
						a := Entry{Outcome: e.Outcome}
						a.Row = n
						err := l.Begin(context.Background(), run.Seq, a)
						if err == nil {
							err = l.Settle(context.Background(), run.Seq, e)
						}
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkNight is what a sync asks of the ledger for each row that it knows.
func BenchmarkNight(b *testing.B) {
	n := rowsOr(100_000)
	l, last := filled(b, n)
	file, err := os.Stat(l.path)
	must(b, err)
	run := startRun(b, l, nightly("desk", "2"))
	rate := func(name string, step func(from, to int) error) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				for from := 1; from <= n; from += 512 {
					must(b, step(from, min(from+511, n)))
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(file.Size())/float64(n), "B/row")
		})
	}
	recall := func(run int64, prefix string) func(int, int) error {
		return func(from, to int) error {
			q := make([]Query, 0, 512)
			for row := from; row <= to; row++ {
				q = append(q, Query{Row: row, Key: prefix + key(row)})
			}
			_, err := l.Recall(b.Context(), run, false, q)
			return err
		}
	}
	rate("recall-known", recall(run.Seq, ""))
	rate("recall-own", recall(last.Seq, ""))
	rate("recall-new", recall(run.Seq, "new"))
	rate("arrive-unchanged", func(from, to int) error {
		return l.StageMembers(b.Context(), "desk", batch(from, to))
	})
	rate("external-ids", func(from, to int) error {
		q := make([]Query, 0, 512)
		for row := from; row <= to; row++ {
			q = append(q, Query{Row: row, Key: "new" + key(row), ExternalID: fmt.Sprint(100000 + row)})
		}
		_, err := l.Recall(b.Context(), run.Seq, false, q)
		return err
	})
	whole := func(do func() error) func(int, int) error {
		return func(from, _ int) error {
			if from > 1 {
				return nil
			}
			return do()
		}
	}
	rate("outcomes", whole(func() error {
		for _, err := range l.Outcomes(b.Context(), last.Seq, false, 0) {
			if err != nil {
				return err
			}
		}
		return nil
	}))
	rate("holdings", whole(func() error {
		_, err := l.Holdings(b.Context())
		return err
	}))
}
