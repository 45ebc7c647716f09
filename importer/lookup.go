package importer

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
)

const (
	lookUpsAtOnce = 16              // enough for 50 look-ups a second with answers that take 300 ms
	searchLag     = 5 * time.Minute // how long after a create an empty look-up means nothing
)

// leftOut is why no more requests are made of a kind that the run goes on without, as after the same refusal again and
// again: look-ups, renames, or additions to one group. Any other refusal is about its row alone.
type leftOut string

func (l leftOut) Error() string { return string(l) }

// try makes a request, unless no more of its kind are made: then it returns why, also when the site does not answer.
func try[T any](kind *refusals, request func() (T, error)) (got T, err error) {
	if off := kind.off.Load(); off != nil {
		return got, *off
	}
	got, err = request()
	pause, long := errors.AsType[*apiclient.PauseError](err)
	refused, failed := errors.AsType[*apiclient.Error](err)
	all := long && (kind.pauses || !pause.Outage.IsZero()) || errors.Is(err, apiclient.BrowseMissing) ||
		failed && (refused.Kind == apiclient.KindScope || refused.Kind == apiclient.KindSite && refused.Status == 0)
	if kind.add(err, all); all {
		err = *kind.off.Load()
	}
	return got, err
}

// inParallel calls do for all values, n at once, until the run ends.
func inParallel[T any](r *Run, n int, all iter.Seq2[T, error], do func(T)) {
	var pool errgroup.Group
	pool.SetLimit(n)
	for one, err := range all {
		if r.stop(brokenLedger(err)); r.sendCtx.Err() != nil {
			break
		}
		pool.Go(func() error {
			do(one)
			return nil
		})
	}
	_ = pool.Wait() // nobody returns an error
}

// LookUps looks up the account ids that earlier runs could not find: revoke and undo do it before their plan.
func LookUps(ctx context.Context, api *apiclient.Client, l *ledger.Ledger) *Stop {
	r := NewRun(ctx, api, l, &Plan{}, Options{ResolveConflicts: true})
	defer r.cancel(nil)
	r.lookUps(lookUpsAtOnce)
	return interrupted(r.sendCtx)
}

// lookUps looks up all account ids that are still open, n at once.
func (r *Run) lookUps(n int) {
	inParallel(r, n, r.ledger.LookUps(context.WithoutCancel(r.sendCtx)), r.lookUp)
}

// lookUp looks up one account id. What cannot be answered yet stays open.
func (r *Run) lookUp(open ledger.OpenLookUp) {
	found, err := r.find(open.Outcome.Email)
	o := judgeLookUp(open.Outcome, open.Names, found, err, time.Since(open.SettledAt) < searchLag)
	if o != open.Outcome && (err == nil || r.sendCtx.Err() == nil) {
		r.revised.Store(true) // of an earlier run, too: its people may be known here
		r.stop(brokenLedger(r.ledger.Resolve(r.sendCtx, open, o)))
	}
}

func (r *Run) find(email string) (apiclient.Account, error) {
	found, err := try(&r.search, func() (apiclient.Account, error) { return r.api.FindAccount(r.sendCtx, email) })
	r.stop(StopFor(err))
	return found, err
}

// afterCreates looks up what is open, gives the access that was asked for, and adds notes. Every row has a result then.
func (r *Run) afterCreates(end *End) {
	still := context.WithoutCancel(r.sendCtx)
	for some := range slices.Chunk(r.fixed, batchRows) {
		r.stop(brokenLedger(r.ledger.KeepFixed(still, r.plan.Run.Seq, some)))
	}
	if r.options.ResolveConflicts {
		r.lookUps(lookUpsAtOnce)
	}
	if r.plan.Access != nil {
		r.giveAccess(end)
	}
	end.Revised = r.revised.Load()
	if off := r.renames.off.Load(); off != nil {
		end.Notes = append(end.Notes, "names were not changed: "+off.Error())
	}
	if open, err := r.ledger.CountLookUps(still); err == nil && open > 0 && r.options.ResolveConflicts {
		note := text.Counted(open, "account id is", "account ids are") + " still to be looked up"
		if off := r.search.off.Load(); off != nil {
			note += " (" + off.Error() + ")"
		}
		end.Notes = append(end.Notes, note+"; the next command on this ledger does it first")
	}
}
