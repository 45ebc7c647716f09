package importer

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/importer/export"
)

// batchRows is how many rows are looked up in the ledger at once.
const batchRows = 512

// A decision is an outcome, or a task that has to be worked on to get one.
type decision struct {
	outcome Outcome // Status 0: there is none yet
	task    *task
}

// trade is what one kind of run knows: what is settled without a request, and
// how one task is carried out.
type trade interface {
	// decide is called by one goroutine with the rows in input order. After a
	// stop it is still called, so that the remaining rows can be told apart.
	decide(ctx context.Context, rows []*export.Row) ([]decision, error)
	// ahead may put tasks on record before a worker is free for them, and
	// marks those that are as begun. It is called by the same goroutine as
	// decide, and never after a stop. Its error ends the run.
	ahead(ctx context.Context, tasks []*task) error
	// perform works on one task and hands its outcome to done, once and only
	// when it is on disk. done may be called from any goroutine.
	perform(ctx context.Context, t *task, done func(Outcome, *Stop))
	// unattempted is the outcome of a task that the run stopped before.
	unattempted(t *task) Outcome
}

// A pipeline takes rows from one reader through a pool of workers and back
// into input order.
type pipeline struct {
	trade   trade
	workers int
	rows    int        // as the first pass counted them
	quota   *allowance // --limit
	only    int        // the number of the one row that may be sent; 0: all may
	window  *window
	settled func(Outcome) // nil, or told of each outcome at once
	progress

	running context.Context // ends when no new request may leave
	cancel  context.CancelCauseFunc
	open    sync.WaitGroup // tasks without an outcome
}

// newPipeline makes a pipeline for rows rows that stops taking new ones when
// ctx ends.
func newPipeline(ctx context.Context, t trade, workers, rows, limit int) *pipeline {
	p := &pipeline{trade: t, workers: workers, rows: rows, quota: newAllowance(limit), window: newWindow(max(1, min(windowRows, rows)))}
	p.running, p.cancel = context.WithCancelCause(ctx)
	return p
}

// run hands every outcome to tell, in input order and on the caller's
// goroutine, until each row has one. It returns why it stopped before the end:
// a *Stop, or nil.
func (p *pipeline) run(rows iter.Seq2[*export.Row, error], tell func(Outcome) error) *Stop {
	defer p.cancel(nil)
	tasks := make(chan *task, 2*p.workers) // these are taken while the next go on record
	var pool errgroup.Group
	pool.Go(func() error {
		defer close(tasks)
		p.read(rows, tasks)
		return nil
	})
	for range p.workers {
		pool.Go(func() error {
			for t := range tasks {
				p.trade.perform(p.running, t, p.settle)
			}
			return nil
		})
	}
	p.collect(tell)
	pool.Wait() // its functions return no error: a row's trouble is an outcome, and a stop is a cause
	p.open.Wait()
	return p.stopped()
}

// stop ends the run: rows in flight finish, no new one is sent. The first
// cause counts.
func (p *pipeline) stop(s *Stop) {
	if s != nil {
		p.cancel(s)
	}
}

// stopped is why the run ends early; nil while it does not.
func (p *pipeline) stopped() *Stop { return interrupted(p.running) }

// read goes through the rows to the end, also after a stop: every row gets
// its outcome.
func (p *pipeline) read(rows iter.Seq2[*export.Row, error], tasks chan<- *task) {
	batches := make(chan []*export.Row, 1) // while one is decided on, the next is read
	var deciding sync.WaitGroup
	last := 0
	deciding.Go(func() {
		for batch := range batches {
			p.hand(batch, tasks)
		}
	})
	defer func() {
		close(batches)
		deciding.Wait()
		p.window.close(last)
	}()
	batch := make([]*export.Row, 0, batchRows)
	flush := func() {
		if len(batch) > 0 {
			last = batch[len(batch)-1].Number
			batches <- batch
			batch = make([]*export.Row, 0, batchRows)
		}
	}
	for row, err := range rows {
		if err != nil {
			p.stop(brokenInput(err))
			defer func() { p.skip(NotAttempted, p.rows-last) }()
			break
		}
		if batch = append(batch, row); len(batch) == cap(batch) {
			flush()
		}
	}
	flush()
}

// hand decides on a batch and hands its tasks to the workers.
func (p *pipeline) hand(batch []*export.Row, tasks chan<- *task) {
	still := context.WithoutCancel(p.running) // what was read gets an outcome, also after a stop
	if p.window.reserve(still, len(batch)) != nil {
		return
	}
	decisions, err := p.trade.decide(still, batch)
	if err != nil {
		p.stop(&Stop{Cause: Broken, What: err.Error(), Err: err, Hint: "run the same command again; it goes on where it stopped"})
		for _, row := range batch {
			o, fixed := unsendable(row)
			if !fixed {
				o = notAttempted(row)
			}
			p.tell(o)
		}
		return
	}
	var open []*task
	for _, d := range decisions {
		if d.task == nil {
			p.tell(d.outcome)
			continue
		}
		open = append(open, d.task)
	}
	for some := range slices.Chunk(open, 2*p.workers) {
		p.foresee(some)
		for _, t := range some {
			p.offer(t, tasks)
		}
	}
}

// foresee lets tasks go on record ahead, if it is certain that all of them
// will be sent.
func (p *pipeline) foresee(tasks []*task) {
	if p.quota == nil && p.only == 0 && p.running.Err() == nil {
		p.stop(brokenLedger(p.trade.ahead(p.running, tasks)))
	}
}

// offer gives a task to the next free worker, unless the run stops first. What
// is on record goes to one in any case, to be taken off it.
func (p *pipeline) offer(t *task, tasks chan<- *task) {
	if t.begun {
		p.open.Add(1)
		tasks <- t
		return
	}
	if p.only != 0 && t.row.Number != p.only || !p.quota.take(p.running) {
		p.tell(p.trade.unattempted(t))
		return
	}
	p.open.Add(1)
	select {
	case <-p.running.Done():
		p.open.Done()
		p.tell(p.trade.unattempted(t))
	case tasks <- t:
	}
}

// settle takes the outcome of a task that is on disk.
func (p *pipeline) settle(o Outcome, stop *Stop) {
	defer p.open.Done()
	p.stop(stop)
	p.quota.give(o.Status)
	p.worked(o)
	p.tell(o)
}

func (p *pipeline) tell(o Outcome) {
	p.count(o.Status)
	if p.settled != nil {
		p.settled(o)
	}
	p.window.put(o)
}

// collect takes the outcomes in order. When they can no longer be told (a full
// disk), it stops the run and only drains.
func (p *pipeline) collect(tell func(Outcome) error) {
	buf := make([]Outcome, 0, batchRows)
	broken := false
	for {
		ready := p.window.take(buf[:0])
		if len(ready) == 0 {
			return
		}
		for _, o := range ready {
			if broken {
				break
			}
			if err := tell(o); err != nil {
				broken = true
				p.stop(&Stop{Cause: Broken, What: err.Error(), Err: err,
					Hint: "make room or give another --results, then run the same command again; it goes on where it stopped"})
			}
		}
	}
}

func brokenInput(err error) *Stop {
	if changed, ok := errors.AsType[*export.ChangedError](err); ok {
		return &Stop{Cause: Broken, What: changed.Error(), Err: err,
			Hint: "nothing of the changed part was sent; run the command again on the file as it is now: who is onboarded already costs no request"}
	}
	return &Stop{Cause: Broken, What: "reading the input: " + err.Error(), Err: err,
		Hint: "nothing is lost; run the same command again when the file can be read"}
}
