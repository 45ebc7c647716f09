package importer

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

const (
	lookUpsAtOnce = 16              // enough for 50 look-ups a second with answers that take 300 ms
	searchLag     = 5 * time.Minute // how long after a create an empty look-up means nothing
)

// unanswered is why the run goes on without requests of one kind, also in place of a *PauseError for their outage.
type unanswered string

func (u unanswered) Error() string { return string(u) }

// unlessRefused makes a request, unless all of its kind are refused or unanswered: then it returns why, as refused has.
func unlessRefused[T any](refused *atomic.Pointer[error], request func() (T, error)) (got T, err error) {
	if why := refused.Load(); why != nil {
		return got, *why
	}
	got, err = request()
	if pause, long := errors.AsType[*apiclient.PauseError](err); long && !pause.Outage.IsZero() {
		err = unanswered(pause.Error())
	}
	if refusedForAll(err) {
		refused.Store(&err)
	}
	return got, err
}

func (r *Run) find(ctx context.Context, email string) (apiclient.Account, error) {
	return unlessRefused(&r.searchRefused, func() (apiclient.Account, error) { return r.api.FindAccount(ctx, email) })
}

// refusedForAll reports whether every request of the kind would be refused like this, or not be answered.
func refusedForAll(err error) bool {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if _, silent := errors.AsType[unanswered](err); silent || errors.Is(err, apiclient.BrowseMissing) {
		return true
	}
	return ok && (refused.Status == 403 || refused.RouteUncertain || refused.Kind == apiclient.KindScope ||
		refused.Kind == apiclient.KindSite)
}

// stopBeside is why an extra request, such as a look-up, ends the run: it was cut short, or the credentials are no
// longer good. A missing scope or permission does not end it: only requests of that kind are left out.
func stopBeside(ctx context.Context, err error) *Stop {
	if refusedForAll(err) {
		return nil
	}
	if stop := interrupted(ctx); stop != nil && cutShort(err) {
		return stop
	}
	return StopFor(err)
}

// inParallel calls do for all values, n at once, until a call returns a *Stop or ctx ends, and returns why it ended.
func inParallel[T any](ctx context.Context, n int, all iter.Seq2[T, error], do func(context.Context, T) *Stop) *Stop {
	pool, running := errgroup.WithContext(ctx)
	pool.SetLimit(n)
	var failed *Stop
	for one, err := range all {
		if failed = brokenLedger(err); failed != nil || running.Err() != nil {
			break
		}
		pool.Go(func() error {
			if stop := do(running, one); stop != nil {
				return stop
			}
			return nil
		})
	}
	stop, _ := errors.AsType[*Stop](pool.Wait())
	return cmp.Or(interrupted(ctx), stop, failed)
}

// lookUps looks up all account ids that are still open. What cannot be answered yet stays open.
func (r *Run) lookUps(ctx context.Context) *Stop {
	all := r.ledger.LookUps(context.WithoutCancel(ctx))
	return inParallel(ctx, lookUpsAtOnce, all, func(ctx context.Context, open ledger.OpenLookUp) *Stop {
		o, stop := r.lookUp(ctx, open)
		r.revised.CompareAndSwap(false, o != open.Outcome) // of an earlier run, too: its people may be known here
		return stop
	})
}

// lookUp looks up one account id, and returns the outcome that the ledger has then.
func (r *Run) lookUp(ctx context.Context, open ledger.OpenLookUp) (outcome.Outcome, *Stop) {
	found, err := r.find(ctx, open.Outcome.Email)
	if stop := stopBeside(ctx, err); stop != nil {
		return open.Outcome, stop
	}
	o := judgeLookUp(open.Outcome, open.Names, found, err, time.Since(open.SettledAt) < searchLag)
	if o == open.Outcome {
		return o, nil
	}
	return o, brokenLedger(r.ledger.Resolve(ctx, open, o))
}

// LookUps looks up the account ids that earlier runs could not find: revoke and undo do it before their plan.
func LookUps(ctx context.Context, api *apiclient.Client, l *ledger.Ledger) *Stop {
	return (&Run{api: api, ledger: l, plan: &Plan{}}).lookUps(ctx)
}

// afterCreates looks up what is open and gives the access that was asked for, once every row has a result.
func (r *Run) afterCreates(end *End) {
	still := context.WithoutCancel(r.sendCtx)
	for some := range slices.Chunk(r.fixed, batchRows) {
		r.stop(brokenLedger(r.ledger.KeepFixed(still, r.plan.Run.Seq, some)))
	}
	if r.options.ResolveConflicts {
		r.stop(r.lookUps(r.sendCtx))
	}
	if r.plan.Access != nil {
		r.stop(brokenLedger(r.giveAccess(r.sendCtx, end)))
	}
	end.Revised, end.Notes = r.revised.Load(), r.notes(still)
}

// notes returns what else the end of the run has to report.
func (r *Run) notes(ctx context.Context) (notes []string) {
	if off := r.renameRefused.Load(); off != nil {
		notes = append(notes, "names were not changed: "+oneLine(*off))
	}
	if open, err := r.ledger.CountLookUps(ctx); err == nil && open > 0 && r.options.ResolveConflicts {
		still, then := " still to be looked up", "; the next command on this ledger does it first"
		if refused := r.searchRefused.Load(); refused != nil {
			still += " (" + oneLine(*refused) + ")"
		}
		notes = append(notes, text.Counted(open, "account id is", "account ids are")+still+then)
	}
	return notes
}
