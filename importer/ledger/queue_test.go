package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func nameOf(e entry) string {
	return fmt.Sprint(map[action]string{begin: "b", settle: "s", withdraw: "w", call: "c", bare: "c"}[e.action], e.outcome.Row)
}

func shape(group []entry) string {
	names := make([]string, len(group))
	for i, e := range group {
		names[i] = nameOf(e)
	}
	return strings.Join(names, " ")
}

// entries reads "b1 s2 c0": attempts, outcomes, withdrawals (w) and calls, and
// "s1..20" for many.
func entries(text string) (all []entry) {
	for word := range strings.FieldsSeq(text) {
		var first, last int
		if n, _ := fmt.Sscanf(word[1:], "%d..%d", &first, &last); n < 2 {
			last = first
		}
		for row := first; row <= last; row++ {
			e := entry{action: map[byte]action{'b': begin, 's': settle, 'w': withdraw, 'c': call}[word[0]]}
			e.outcome.Row = row
			all = append(all, e)
		}
	}
	return all
}

// Each case is what comes in at once, and the groups in which it goes out:
// those that are taken at once, and after "|" those that had to be waited for.
func TestQueue(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"few go together", "s1 b2 w3 b4", "s1 b2 w3 b4"},
		{"attempts overtake many", "s1..20 b30 b31", "b30 b31 | s1..20"},
		{"what they leave may be few", "s1..15 b30", "b30 / s1..15"},
		{"many are held back", "s1..16", "| s1..16"},
		{"but not too many", "s1..128 b300", "s1..128 b300"},
		{"nothing overtakes its own row", "s1..20 b20 b21", "s1..20 b20 b21"},
		{"nor a withdrawal", "w1..20 b20", "w1..20 b20"},
		{"an outcome after its attempt is held back", "b1..20 s1", "b1..20 / s1"},
		{"a call comes after all before it", "s1..20 b30 c0 b31 s40", "s1..20 b30 / c0 / b31 s40"},
		{"calls are alone", "c1 c2 s3", "c1 / c2 / s3"},
		{"a group is not endless", "b1..600", "b1..512 / b513..600"},
		{"nor is one that was held back", "s1..600 b900", "s1..512 / b900 | s513..600"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue()
				if err := q.put(entries(tc.in)...); err != nil {
					t.Fatal(err)
				}
				at, late, _ := strings.Cut(tc.want, "|")
				began := time.Now()
				for _, part := range []struct {
					groups string
					took   time.Duration
				}{{at, 0}, {late, holdback}} {
					for want := range strings.SplitSeq(part.groups, "/") {
						if strings.TrimSpace(want) == "" {
							continue
						}
						if got := shape(q.take(nil)); got != shape(entries(want)) {
							t.Errorf("%s, and %s was expected", got, want)
						}
						if took := time.Since(began); took != part.took {
							t.Errorf("%s after %s", want, took)
						}
					}
				}
				q.end()
				if left := q.take(nil); len(left) > 0 || len(q.held) > 0 || q.begins != 0 {
					t.Errorf("left: %s, %v, %d", shape(left), q.held, q.begins)
				}
			})
		})
	}
}

// After a call, and after what was held back for long enough, attempts
// overtake again.
func TestQueueHoldsBackAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		for _, step := range []struct{ in, want string }{
			{"c0", "c0"}, {"s1..20 b30", "b30"}, {"", "s1..20"}, {"s21..40 b50", "b50"}, {"b21", "s21..40 b21"}, {"s41..60 b70", "b70"},
		} {
			_ = q.put(entries(step.in)...)
			if got := shape(q.take(nil)); got != shape(entries(step.want)) {
				t.Errorf("%s came, %s went, and %s was expected", step.in, got, step.want)
			}
		}
	})
}

// A queue that ends gives out all that is in it, at once.
func TestQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		_ = q.put(entries("s1..30 b40")...)
		q.end()
		began := time.Now()
		if got := shape(q.take(nil)); got != shape(entries("s1..30 b40")) || time.Since(began) != 0 {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		if got := q.take(nil); len(got) > 0 {
			t.Error(shape(got))
		}
		if err := q.put(entries("s1")...); !errors.Is(err, errClosed) {
			t.Error(err)
		}
	})
}

// Many rows at once, begun ahead and one by one, settled and withdrawn, keep
// their order: in the end each has its outcome, and none is in doubt.
func TestManyAtOnce(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	const groups, each = 4, 60
	var all sync.WaitGroup
	for g := range groups {
		all.Go(func() {
			var ahead []Attempt
			for n := range each {
				row := g*each + n + 1
				ahead = append(ahead, attempt(row, fmt.Sprint("key", row)))
			}
			if err := l.BeginAll(t.Context(), run.Seq, ahead); err != nil {
				t.Error(err)
			}
			for n, a := range ahead {
				all.Add(1)
				done := func(err error) {
					if err != nil {
						t.Error(err)
					}
					all.Done()
				}
				if n%3 == 0 {
					l.Withdraw(run.Seq, a.Row, nil)
					if err := l.Begin(t.Context(), run.Seq, a); err != nil {
						t.Error(err)
					}
				}
				l.Settle(run.Seq, failedRow(a.Row, a.Key), nil)
				l.Settle(run.Seq, created(a.Row, a.Key), done)
			}
		})
	}
	all.Wait()
	same(t, []string{fmt.Sprint(groups * each)}, ask(t, l, "SELECT count(*) FROM outcomes WHERE status = 'created'"))
	after := crash(t, l)
	same(t, []string{"0", "0"}, append(ask(t, after, "SELECT count(*) FROM lost"), ask(t, after, "SELECT count(*) FROM journal")...))
}

// What is begun together is on disk together, and is told once.
func TestBeginAll(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	if err := l.BeginAll(t.Context(), run.Seq, nil); err != nil {
		t.Fatal(err)
	}
	before := l.write.commits.Load()
	if err := l.BeginAll(t.Context(), run.Seq, []Attempt{attempt(1, "ann"), attempt(2, "bob"), attempt(3, "cyd")}); err != nil {
		t.Fatal(err)
	}
	if n := l.write.commits.Load() - before; n != 1 {
		t.Errorf("%d commits", n)
	}
	same(t, []string{"ann", "bob", "cyd"}, ask(t, crash(t, l), "SELECT key FROM lost ORDER BY row"))

	var many []Attempt
	for row := 10; row < 10+maxGroup+100; row++ {
		many = append(many, attempt(row, fmt.Sprint("key", row)))
	}
	if err := l.BeginAll(t.Context(), run.Seq, many); err != nil {
		t.Fatal(err)
	}
	same(t, []string{fmt.Sprint(3 + len(many))}, ask(t, crash(t, l), "SELECT count(*) FROM lost"))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.BeginAll(ended, run.Seq, []Attempt{attempt(4, "dan")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_ = l.write.call(t.Context(), func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "DROP TABLE journal")
		return err
	})
	if err := l.BeginAll(t.Context(), run.Seq, []Attempt{attempt(5, "eve"), attempt(6, "fay")}); err == nil {
		t.Error("what was not written was told as begun")
	}
}
