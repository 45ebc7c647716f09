package importer

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
)

// lookUpsAtOnce is enough for 50 look-ups a second with answers that take
// 300 ms.
const lookUpsAtOnce = 16

// lookUpRest looks up the account ids that are still open when all rows have
// been sent: what answered 409 after a lost attempt of ours (the site's search
// may need a moment to know a new account), and what an earlier sitting was
// killed over. It tells whether an outcome changed.
func (j *Job) lookUpRest() (changed bool, _ *Stop) {
	if !j.options.ResolveConflicts {
		return false, nil
	}
	r := &rest{job: j}
	var pool errgroup.Group
	pool.SetLimit(lookUpsAtOnce)
	for o, err := range j.ledger.ToLookUp(context.WithoutCancel(j.asked), j.run, 0) {
		if err != nil {
			r.fail(brokenLedger(err))
		}
		if r.over() || j.asked.Err() != nil {
			r.fail(interrupted(j.asked))
			break
		}
		pool.Go(func() error {
			r.lookUp(j.asked, o)
			return nil
		})
	}
	pool.Wait() // its functions return no error
	return r.changed, r.stop
}

// rest is the state that the look-ups after a run share.
type rest struct {
	job *Job

	mu      sync.Mutex
	refused error // the site does not let us look up: nobody needs to ask again
	changed bool
	stop    *Stop
}

func (r *rest) lookUp(ctx context.Context, o ledger.Outcome) {
	found, err := r.find(ctx, o.Email)
	if cutShort(err) { // stays to be looked up when the run goes on
		r.fail(firstStop(interrupted(ctx), stopFor(err)))
		return
	}
	names, had, e := r.history(context.WithoutCancel(ctx), o)
	if e != nil {
		r.fail(brokenLedger(e))
		return
	}
	before, written := o.Status, make(chan error, 1)
	o = judgeFound(o, had, append(names, o.Name), found, err)
	r.job.ledger.Settle(r.job.run, o, func(e error) { written <- e })
	if e := <-written; e != nil {
		r.fail(brokenLedger(e))
		return
	}
	r.change(before, o.Status)
}

// history is what the ledger has for the address of o besides: the names of
// lost attempts, and the account that was known before.
func (r *rest) history(ctx context.Context, o ledger.Outcome) (names []string, had *ledger.Account, err error) {
	if names, err = r.job.ledger.NamesSent(ctx, o.Key); err != nil {
		return nil, nil, err
	}
	memories, err := r.job.ledger.Recall(ctx, r.job.run, []ledger.Query{{Row: o.Row, Key: o.Key}})
	if err != nil {
		return nil, nil, err
	}
	return names, memories[0].Account, nil
}

// find asks the site, unless it has said already that we may not.
func (r *rest) find(ctx context.Context, email string) (apiclient.Account, error) {
	r.mu.Lock()
	refused := r.refused
	r.mu.Unlock()
	if refused != nil {
		return apiclient.Account{}, refused
	}
	found, err := r.job.desk.FindAccount(ctx, email)
	if e, ok := errors.AsType[*apiclient.Error](err); ok && (e.Status == 401 || e.Status == 403) {
		r.mu.Lock()
		r.refused = err
		r.mu.Unlock()
	}
	return found, err
}

func (r *rest) change(before, after string) {
	from, err := ParseStatus(before)
	to, err2 := ParseStatus(after)
	if err != nil || err2 != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = true
	r.job.pipeline.move(from, to)
}

// fail ends the look-ups; the first cause counts.
func (r *rest) fail(s *Stop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = firstStop(r.stop, s)
}

func (r *rest) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stop != nil
}
