// Package importer is a run: its plan and guards, the steps of one row, the rules by which it stops, and what
// sync, revoke and undo add to them.
package importer

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// API is what a run needs of a site; [apiclient.Client] is one. A cancelled context ends waits; a request that has
// left is answered or times out on its own.
type API interface {
	CreateCustomer(context.Context, apiclient.NewCustomer, apiclient.Record) (apiclient.Account, apiclient.Call, error)
	RevokePortalAccess(ctx context.Context, accountID string, record apiclient.Record) (apiclient.Call, error)
	RenameCustomer(ctx context.Context, accountID, displayName string) (apiclient.Call, error)
	FindAccount(ctx context.Context, email string) (apiclient.Account, error)

	Organizations(context.Context) iter.Seq2[apiclient.Organization, error]
	CreateOrganization(ctx context.Context, name string) (apiclient.Organization, error)
	AddToOrganization(ctx context.Context, id string, accountIDs []string) (apiclient.Call, error)
	ServiceDesk(ctx context.Context, key string) (apiclient.ServiceDesk, error)
	AddToServiceDesk(ctx context.Context, id string, accountIDs []string) (apiclient.Call, error)
	AddOrganizationToServiceDesk(ctx context.Context, deskID, organizationID string) (apiclient.Call, error)
}

// Options are the choices of one run.
type Options struct {
	Workers          int    // requests in flight at most
	Limit            int    // at most so many creates; 0: no limit
	Only             int    // the number of the one row to send, whatever becomes of it; 0: all
	MaxErrors        Limit  // stop when more rows than that have failed
	ResendKnown      bool   // send the rows that the ledger knows, too
	UpdateNames      bool   // rename known customers whose name has changed
	ResolveConflicts bool   // look up the account id behind a 409
	MayBrowse        bool   // Jira says that the token may browse users: an empty look-up is evidence
	FailedPath       string // where the rows to fix are written; "": nowhere

	Settled func(Result) // unless nil, is given each result at once, out of order and from any goroutine
}

// End is how a run ended.
type End struct {
	Progress
	Rows    int   // rows of the first pass; the sum of Totals, or a promise is broken
	Stop    *Stop // why it ended before its last row; nil: it did not
	Revised bool  // results changed after they were handed out: count and write them again, from the ledger
	Access  *AccessTotals
	Notes   []string // sentences for the log and the totals
}

// ExitCode is derived from the counted rows and the reason to stop.
func (e End) ExitCode() int {
	if e.Totals.Prove(e.Rows) != nil {
		return 1
	}
	if e.Stop != nil && e.Stop.Cause != LimitReached {
		return e.Stop.Cause.ExitCode()
	}
	notGood := e.Totals.NotGood()
	if e.Stop != nil {
		notGood -= e.Totals.Of(outcome.NotAttempted)
	}
	if notGood > 0 || e.Access != nil && e.Access.NotGood+len(e.Access.Refused) > 0 {
		return 3
	}
	return 0
}

const (
	batchRows  = 512    // rows that are asked about in the ledger at once
	manyRows   = 20_000 // rows that are looked at together when each has its outcome
	windowRows = 10_000 // rows that the fastest worker may be ahead of the slowest: 100 s at the usual quota
)

// A decision is what a row needs: nothing any more, or a worker's time.
type decision struct {
	ledger.Memory
	result  Result // with do: what holds when the run stops before the row
	do      func(context.Context) (Result, *Stop)
	becomes outcome.Status // what the row is when all goes well
}

// work is one kind of run.
type work interface {
	// decide is called by one goroutine with the rows in input order, also after a stop.
	decide(context.Context, []*export.Row) ([]decision, error)
	// after is what follows when every row has a result, or the run was stopped.
	after(context.Context, *End)
}

// Run takes rows from one reader through a pool of workers and back into input order.
type Run struct {
	api     API
	ledger  *ledger.Ledger
	plan    *Plan
	options Options
	work    work
	rules   stopRules
	refused atomic.Pointer[error] // why accounts cannot be looked up
	fixes   fixes
	permits *semaphore.Weighted // one for each row that may end up created; nil: no --limit
	window  int
	progress

	asked   context.Context // ends when the user asks to stop
	running context.Context // ends when no new request may leave
	cancel  context.CancelCauseFunc
}

func newRun(ctx context.Context, api API, l *ledger.Ledger, plan *Plan, o Options) *Run {
	r := &Run{api: api, ledger: l, plan: plan, options: o, window: windowRows, asked: ctx}
	r.fixes = fixes{failedPath: o.FailedPath, input: plan.Run.Input}
	if o.Limit > 0 {
		r.permits = semaphore.NewWeighted(int64(o.Limit))
	}
	return r
}

// NewImport prepares the import that plan is about and that the ledger has begun. When ctx ends, no new row is sent.
func NewImport(ctx context.Context, api API, l *ledger.Ledger, plan *Plan, o Options) *Run {
	r := newRun(ctx, api, l, plan, o)
	r.work = newCreation(r)
	return r
}

// NewRevocation prepares the revocation that plan is about: of a file, or of what a run has created. Of o, Workers,
// MaxErrors, MayBrowse and Settled may be set.
func NewRevocation(ctx context.Context, api API, l *ledger.Ledger, plan *Plan, o Options) *Run {
	r := newRun(ctx, api, l, plan, o)
	r.work = newRevocation(r)
	return r
}

// Do works through rows and hands each result to tell, in input order and on the caller's goroutine. Each row has a
// result also when the run stops early; only a row that cannot be read has none.
func (r *Run) Do(rows iter.Seq2[*export.Row, error], tell func(Result) error) End {
	r.running, r.cancel = context.WithCancelCause(r.asked)
	defer r.cancel(nil)
	end := End{Rows: r.plan.Survey.Rows}
	if r.options.ResolveConflicts {
		r.stop(r.earlierLookUps(r.running))
	}
	r.plan.Roster.begin(r.plan.Run)
	end.Stop = r.through(rows, tell)
	end.Stop = cmp.Or(end.Stop, r.plan.Roster.end())
	end.Progress = r.Progress()
	r.work.after(r.asked, &end)
	limited := r.options.Only != 0 || r.limitReached(end.Made)
	if end.Stop == nil && limited && end.Totals.Of(outcome.NotAttempted) > 0 {
		end.Stop = newStop(LimitReached, nil, "--limit is reached, as asked",
			"run the same command again for the rest; without --limit it goes to the end")
		if r.options.Only != 0 {
			end.Stop.What = "only " + r.plan.First.Place.String() + " was sent, as asked"
			end.Stop.Hint = "see in the results what became of it, and whether the site has sent mail to its " +
				"address; then run the same command again for the rest"
		}
	}
	return end
}

func (r *Run) limitReached(made int) bool { return r.permits != nil && made == r.options.Limit }

// stop ends the run: rows in flight finish, no new one is sent. The first cause counts.
func (r *Run) stop(s *Stop) {
	if s != nil {
		r.cancel(s)
	}
}

// step is a row on its way to the workers; in is where its result is waited for.
type step struct {
	decision
	in chan<- Result
}

// through takes every row from the reader to tell, and returns why it stopped before the end. Results are waited for
// in input order: ordered has a place for each row that is under way, and the reader waits when it is full.
func (r *Run) through(rows iter.Seq2[*export.Row, error], tell func(Result) error) *Stop {
	pool, ctx := errgroup.WithContext(r.running) // a worker's *Stop ends the others
	open, full := context.WithCancel(ctx)        // ends when --limit is reached, too
	defer full()
	steps, ordered := make(chan step), make(chan (<-chan Result), r.window)
	pool.Go(func() error {
		defer close(steps)
		defer close(ordered)
		r.read(open, rows, steps, ordered)
		return nil
	})
	for range max(1, min(r.options.Workers, r.plan.Survey.Rows)) {
		pool.Go(func() error {
			for s := range steps {
				result, stop := s.do(ctx)
				if r.limitReached(r.worked(result)) {
					full()
				}
				if r.permits != nil && !usesLimit(result.Status) {
					r.permits.Release(1)
				}
				s.in <- r.settled(result)
				if stop != nil {
					return stop
				}
			}
			return nil
		})
	}
	r.collect(ordered, tell)
	_ = pool.Wait() // its error is the cause of ctx, unless something else came first
	if stop, ok := errors.AsType[*Stop](context.Cause(ctx)); ok {
		return stop
	}
	return interrupted(r.running)
}

// read goes through the rows to the end, also after a stop: every row gets its result.
func (r *Run) read(ctx context.Context, rows iter.Seq2[*export.Row, error], steps chan<- step,
	ordered chan<- <-chan Result) {
	last := 0
	for batch, err := range inBatches(rows, batchRows) {
		if err != nil {
			r.stop(newStop(Broken, err, "reading the input: "+err.Error(),
				"nothing is lost; run the same command again when the file can be read"))
			r.count(outcome.NotAttempted, r.plan.Survey.Rows-last)
			return
		}
		last = batch[len(batch)-1].Number
		decisions, err := r.work.decide(context.WithoutCancel(ctx), batch)
		if err != nil {
			r.stop(brokenLedger(err))
			decisions = nil
			for _, row := range batch {
				decisions = append(decisions, decision{result: unread(row)})
			}
		}
		for _, d := range decisions {
			in := make(chan Result, 1)
			ordered <- in
			if d.do == nil || !r.offer(ctx, step{d, in}, steps) {
				in <- r.settled(d.result)
			}
		}
	}
}

// unread is the result of a row of which the ledger could not be asked: it may have been settled before.
func unread(row *export.Row) Result {
	if result, ok := settled(row, ledger.Memory{}); ok {
		return result
	}
	return resultOf(row, outcome.Outcome{Status: outcome.Unknown, Reason: outcome.ReasonNotRead})
}

// offer gives a row to the next free worker; false: the run stops first, or may not send this one.
func (r *Run) offer(ctx context.Context, s step, steps chan<- step) bool {
	if ctx.Err() != nil || r.options.Only != 0 && s.result.Row.Number != r.options.Only ||
		r.permits != nil && r.permits.Acquire(ctx, 1) != nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case steps <- s:
		return true
	}
}

// settled counts a result that is on disk.
func (r *Run) settled(result Result) Result {
	r.count(result.Status, 1)
	if r.options.Settled != nil {
		r.options.Settled(result)
	}
	return result
}

// collect takes the results in order. When they can no longer be handed out (a full disk), it stops the
// run and only drains.
func (r *Run) collect(ordered <-chan (<-chan Result), tell func(Result) error) {
	var failed error
	for in := range ordered {
		result := <-in
		if failed != nil {
			continue
		}
		r.fixes.seen(result)
		r.plan.Roster.see(result)
		if failed = tell(result); failed != nil {
			r.stop(newStop(Broken, failed, failed.Error(), "make room or give another --results, "+goesOn))
		}
	}
}

// inBatches yields n rows at a time, and reads the next ones while the caller works. An error is the last that it
// yields, with the rows that came before it.
func inBatches(rows iter.Seq2[*export.Row, error], n int) iter.Seq2[[]*export.Row, error] {
	type read struct {
		batch []*export.Row
		err   error
	}
	return func(yield func([]*export.Row, error) bool) {
		next := make(chan read, 1)
		go func() {
			defer close(next)
			one := read{}
			for row, err := range rows {
				if one.err = err; err != nil {
					break
				}
				if one.batch = append(one.batch, row); len(one.batch) == n {
					next <- one
					one = read{}
				}
			}
			if len(one.batch) > 0 || one.err != nil {
				next <- one
			}
		}()
		more := true
		for one := range next { // to the end: nobody is left who writes
			more = more && yield(one.batch, one.err)
		}
	}
}
