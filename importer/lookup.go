package importer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

const (
	// lookUpsAtOnce is enough for 50 look-ups a second with answers that take 300 ms.
	lookUpsAtOnce = 16
	// searchLag is how long after a create an empty look-up means nothing.
	searchLag = 5 * time.Minute
)

// A finder looks up accounts, until the site says that we may not.
type finder struct {
	api     API
	refused atomic.Pointer[error]
}

func (f *finder) find(ctx context.Context, email string) (apiclient.Account, error) {
	if refused := f.refused.Load(); refused != nil {
		return apiclient.Account{}, *refused
	}
	found, err := f.api.FindAccount(ctx, email)
	if mayNotLook(err) {
		f.refused.Store(&err)
	}
	return found, err
}

// mayNotLook reports an answer that every look-up would get.
func mayNotLook(err error) bool {
	if unresolved, ok := errors.AsType[*apiclient.UnresolvedError](err); ok {
		return unresolved.Why == apiclient.BrowseMissing
	}
	refused, ok := errors.AsType[*apiclient.Error](err)
	return ok && (refused.Status == 403 || refused.Kind == apiclient.KindScope)
}

// lookUpStop is why the run ends with a look-up: it was cut short, or the credentials are no longer good. A missing
// scope or permission only means that nothing can be looked up.
func lookUpStop(ctx context.Context, err error) *Stop {
	switch {
	case err == nil || mayNotLook(err):
		return nil
	case cutShort(err):
		return firstStop(interrupted(ctx), stopFor(err))
	}
	return stopFor(err)
}

// lookUps asks for the account ids that are still open and that pick takes (nil: all), and calls changed (unless nil)
// with each one whose status changed. What cannot be answered yet stays open.
func (f *finder) lookUps(ctx context.Context, l *ledger.Ledger, pick func(ledger.OpenLookUp) bool,
	changed func(ledger.OpenLookUp, outcome.Outcome)) *Stop {
	pool, running := errgroup.WithContext(ctx)
	pool.SetLimit(lookUpsAtOnce)
	for open, err := range l.LookUps(context.WithoutCancel(ctx)) {
		if err != nil {
			pool.Go(func() error { return brokenLedger(err) })
		}
		if err != nil || running.Err() != nil {
			break
		}
		if pick != nil && !pick(open) {
			continue
		}
		pool.Go(func() error {
			if stop := f.lookUp(running, l, open, changed); stop != nil {
				return stop
			}
			return nil
		})
	}
	stop, _ := errors.AsType[*Stop](pool.Wait())
	return firstStop(interrupted(ctx), stop)
}

func (f *finder) lookUp(ctx context.Context, l *ledger.Ledger, open ledger.OpenLookUp,
	changed func(ledger.OpenLookUp, outcome.Outcome)) *Stop {
	found, err := f.find(ctx, open.Account.Email)
	if stop := lookUpStop(ctx, err); stop != nil {
		return stop
	}
	o := judgeLookUp(open.Outcome, open.Names, found, err, time.Since(open.Settled) < searchLag)
	if o == open.Outcome {
		return nil
	}
	if err := l.Resolve(ctx, open, o); err != nil {
		return brokenLedger(err)
	}
	if changed != nil {
		changed(open, o)
	}
	return nil
}

func countLookUps(ctx context.Context, l *ledger.Ledger) (open int, err error) {
	for _, err = range l.LookUps(ctx) {
		if err != nil {
			break
		}
		open++
	}
	return open, err
}

// LookUps asks for the account ids that earlier runs could not find yet. Do does it for an import by itself; revoke
// does it before its plan, which is about account ids.
func LookUps(ctx context.Context, api API, l *ledger.Ledger) *Stop {
	f := finder{api: api}
	return f.lookUps(ctx, l, nil, nil)
}

// lookUpRest asks for what is open when all rows have been sent. What answered a moment ago that nobody is there yet
// is left to the next command.
func (c *creation) lookUpRest(ctx context.Context, r *Run, end *End) *Stop {
	if !c.options.ResolveConflicts {
		return nil
	}
	pick := func(u ledger.OpenLookUp) bool {
		return u.Run == c.run && (u.Account.Status == outcome.CreatedUnconfirmed || time.Since(u.Settled) >= searchLag)
	}
	var mu sync.Mutex
	return c.finder.lookUps(ctx, c.ledger, pick, func(u ledger.OpenLookUp, o outcome.Outcome) {
		mu.Lock()
		end.Revised = true
		mu.Unlock()
		r.move(u.Outcome.Status, o.Status)
	})
}
