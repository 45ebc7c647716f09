// Package importer is a run: plan, guards, the steps of a row, rules to stop, and what sync, revoke and undo add.
package importer

import (
	"cmp"
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Options are the choices of one run.
type Options struct {
	Workers          int          // requests in flight at most
	Limit            int          // only the first so many creates are sent; 0, or as many as the plan has: all
	MaxErrors        Limit        // stop when more rows than that have failed
	ResolveConflicts bool         // look up the account id behind a 409
	MayBrowse        bool         // Jira says that the token may browse users: an empty look-up is evidence
	FailedPath       string       // where the rows to fix are written; "": nowhere
	OnResult         func(Result) // called with each at once, out of order, from any goroutine; may be nil
}

// End is how a run ended.
type End struct {
	Progress
	Rows    int   // rows of the first pass; the sum of Totals, or a promise is broken
	Stop    *Stop // why it ended before its last row; nil: it did not
	Revised bool  // results changed after they were emitted: count and write them again, from the ledger
	Access  *AccessTotals
	Notes   []string // sentences for the log and the totals
}

// Progress counts what a run has done so far.
type Progress struct {
	Totals  outcome.Totals // rows with a result, emitted or not
	Sent    int            // of these, rows for which a create or a revocation left in this session
	Lost    int            // of Sent, rows with an attempt whose answer was lost
	Renames int            // rows that asked for a rename in this session
}

// ExitCode is derived from the counted rows and the reason to stop.
func (e End) ExitCode() int {
	switch {
	case e.Totals.CheckComplete(e.Rows) != nil:
		return int(Broken)
	case e.Stop != nil && e.Stop.Cause != LimitReached:
		return int(e.Stop.Cause)
	case e.Stop != nil:
		e.Totals[outcome.NotAttempted] = 0 // as asked
	}
	if e.Totals.NotGood() > 0 || e.Access != nil && e.Access.NotGood+len(e.Access.Refused) > 0 {
		return 3
	}
	return 0
}

// Run takes rows from one reader through a pool of workers and back into input order.
type Run struct {
	api             *apiclient.Client
	ledger          *ledger.Ledger
	plan            *Plan
	options         Options
	revokes         bool      // and creates nobody
	endedAt         time.Time // in a replay, when the run ended; zero: this is no replay
	rules           stopRules
	beside          errgroup.Group // of look-ups while rows are sent: first those of earlier runs, then of conflicts
	conflictsNext   atomic.Bool
	search, renames refusals             // of look-ups, and of renames
	groups          sync.Map             // of *refusals: by an organization or project, by kind and id
	forbidden       atomic.Pointer[Stop] // by a project, which ends the run when all else is done
	revised         atomic.Bool          // results changed after they were emitted
	fixed           []ledger.Fixed
	limitStop       *Stop                   // by Options.Limit, before its last row; nil: it is not
	started         int                     // rows that a worker has had
	window          int                     // how many rows the fastest worker may be ahead of the slowest
	accounts        map[uint64]export.Place // revoke, undo: by the hash of an account id, the first row that has it

	mu       sync.Mutex // of progress
	progress Progress
	sendCtx  context.Context // ends when no new request may leave; its cause is why
	cancel   context.CancelCauseFunc
}

// NewRun prepares the run of plan, which the ledger must have begun before Do. When ctx ends, no new row is sent. A
// revocation, by revoke or undo, uses of the options only Workers, MaxErrors, MayBrowse and OnResult.
func NewRun(ctx context.Context, api *apiclient.Client, l *ledger.Ledger, plan *Plan, o Options) *Run {
	r := &Run{api: api, ledger: l, plan: plan, options: o}
	r.sendCtx, r.cancel = context.WithCancelCause(ctx)
	r.window, r.search.pauses = 10_000, true // 100 s at the usual quota
	r.revokes, r.accounts = Revokes(plan.Run.Command), map[uint64]export.Place{}
	sent := min(plan.Create, cmp.Or(o.Limit, plan.Create))
	r.rules = stopRules{maxErrors: o.MaxErrors, maxForbidden: min(sent, maxSameRefusals)}
	if o.MaxErrors.Unit == Number && o.MaxErrors.Rows == 0 { // never
		r.rules.maxErrors = Limit{}
	}
	if !r.revokes && !o.ResolveConflicts {
		r.search.off.Store(new(leftOut("account ids are not looked up in this run")))
	}
	if sent < plan.Create {
		r.limitStop = newStop(LimitReached, nil, text.Counted(o.Limit, "row was", "rows were")+" sent, as asked",
			"look at the results, and whether the site has sent mail; then run the same command again for the rest, "+
				"without --limit if that was given")
	}
	return r
}

// Revokes reports whether a command takes access away.
func Revokes(command string) bool { return command == "revoke" || command == "undo" }

// Do emits a result of each row that can be read, in input order, on the caller's goroutine, even if it stops early.
func (r *Run) Do(rows iter.Seq2[*export.Row, error], emit func(Result) error) End {
	defer r.cancel(nil)
	share := min(lookUpsAtOnce, r.options.Workers/4) // of the connections, so that look-ups hold up no creates
	r.beside.SetLimit(share)
	_ = r.options.ResolveConflicts && r.beside.TryGo(func() error {
		r.lookUps(share)
		r.conflictsNext.Store(true)
		return nil
	})
	ordered := make(chan (<-chan Result), r.window)
	go r.read(rows, ordered)
	r.collect(ordered, emit)
	_ = r.beside.Wait() // nobody returns an error
	if r.plan.Roster != nil {
		r.stop(brokenLedger(r.plan.Roster.finish()))
	}
	end := End{Rows: r.plan.Survey.Rows, Progress: r.Progress()}
	if r.revokes {
		r.afterRevocations(end.Totals)
	} else {
		r.afterCreates(&end)
	}
	end.Stop = cmp.Or(interrupted(r.sendCtx), r.forbidden.Load(), r.limitStop)
	return end
}

// stop ends the run, unless s is nil: requests in flight finish, no new one is sent. The first cause counts.
func (r *Run) stop(s *Stop) {
	if s != nil {
		r.cancel(s)
	}
}

// read goes through all rows, also after a stop. ordered gets, in input order, a channel for the result of each row.
func (r *Run) read(rows iter.Seq2[*export.Row, error], ordered chan<- <-chan Result) {
	defer close(ordered)
	var workers errgroup.Group
	workers.SetLimit(max(1, r.options.Workers))
	last := 0
	for t, err := range r.tasks(context.WithoutCancel(r.sendCtx), rows) {
		if t == nil {
			r.stop(newStop(Broken, err, "reading the input: "+err.Error(),
				"nothing is lost; run the same command again when the file can be read"))
			for range r.plan.Survey.Rows - last {
				r.finish(Result{Outcome: outcome.Outcome{Status: outcome.NotAttempted}})
			}
			break
		}
		r.stop(brokenLedger(err))
		last = t.row.Number
		in := make(chan Result, 1)
		ordered <- in
		if !r.mayStart(t) {
			in <- r.finish(t.result)
			continue
		}
		workers.Go(func() error {
			in <- r.finish(r.carryOut(r.sendCtx, t))
			return nil
		})
	}
	_ = workers.Wait() // they return no errors: what ends the run is its cause
}

// mayStart reports whether a row needs a worker and may have one. A limit leaves room for so many creates alone.
func (r *Run) mayStart(t *task) bool {
	if t.wants == 0 || r.sendCtx.Err() != nil ||
		r.limitStop != nil && (t.wants != outcome.Created || r.started == r.options.Limit) {
		return false
	}
	r.started++
	return true
}

// finish counts a result that is on disk.
func (r *Run) finish(result Result) Result {
	if r.options.OnResult != nil {
		r.options.OnResult(result)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Totals[result.Status]++
	switch {
	case result.isRename:
		r.progress.Renames++
	case result.Call.Attempts > 0:
		if r.progress.Sent++; result.Call.Lost {
			r.progress.Lost++
		}
	}
	return result
}

// Progress may be called from anywhere.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// collect emits the results in order. After an error of emit (a full disk), it stops the run and discards the rest.
func (r *Run) collect(ordered <-chan (<-chan Result), emit func(Result) error) {
	var failed error
	for in := range ordered {
		result := <-in
		if failed != nil {
			continue
		}
		r.collectFixed(result)
		if r.plan.Roster != nil {
			r.stop(brokenLedger(r.plan.Roster.stage(result)))
		}
		if failed = emit(result); failed != nil {
			r.stop(newStop(Broken, failed, failed.Error(), "make room or give another --results, "+thenRerun))
		}
	}
}
