package importer

import (
	"context"
	"iter"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// Options are the choices of one run.
type Options struct {
	Workers          int   // requests in flight at most
	Limit            int   // at most so many creates; 0: no limit
	Only             int   // the number of the one row to send, whatever becomes of it; 0: all
	MaxErrors        Limit // stop when more rows than that have failed
	ResendKnown      bool  // send the rows that the ledger knows, too
	ResolveConflicts bool  // look up the account id behind a 409

	// Settled, unless nil, is told of each outcome as soon as it is known, out
	// of order and from any goroutine.
	Settled func(Outcome)
}

// A Job is one run over one file at one site.
type Job struct {
	asked    context.Context // ends when the user asks to stop
	desk     Desk
	ledger   *ledger.Ledger
	run      int64
	rows     int
	options  Options
	creation *creation // nil: access is taken away
	pipeline *pipeline
}

// End is how a run ended.
type End struct {
	Totals  Totals
	Rows    int   // rows of the first pass; the sum of Totals, or a promise is broken
	Sent    int   // rows for which a request left in this sitting
	Lost    int   // of these, rows with an attempt whose answer was lost
	Stop    *Stop // why it ended before its last row; nil: it did not
	Revised bool  // outcomes changed after they were told: the results have to be written again, from the ledger
}

// NewJob prepares the run that plan is about and that the ledger has begun.
// When ctx ends, no new row is sent.
func NewJob(ctx context.Context, desk Desk, l *ledger.Ledger, plan *Plan, o Options) *Job {
	c := &creation{books: books{ledger: l, run: plan.Run, watch: watch{maxErrors: o.MaxErrors}}, desk: desk, options: o}
	rows := plan.Survey.Rows
	j := &Job{asked: ctx, desk: desk, ledger: l, run: plan.Run.Seq, rows: rows, options: o,
		creation: c, pipeline: newPipeline(ctx, c, o.Workers, rows, o.Limit)}
	j.pipeline.only, j.pipeline.settled, c.halt = o.Only, o.Settled, j.pipeline.stop
	return j
}

// NewRevocation prepares the taking away of access that plan is about. Of o,
// Workers, MaxErrors and Settled count.
func NewRevocation(ctx context.Context, desk Desk, l *ledger.Ledger, plan *Plan, o Options) *Job {
	v := newRevocation(l, plan)
	v.desk, v.watch.maxErrors = desk, o.MaxErrors
	j := &Job{asked: ctx, rows: plan.Survey.Rows, pipeline: newPipeline(ctx, v, o.Workers, plan.Survey.Rows, 0)}
	j.pipeline.settled, v.halt = o.Settled, j.pipeline.stop
	return j
}

// Progress is a look at the run while it goes on; safe to call from anywhere.
func (j *Job) Progress() Progress { return j.pipeline.look() }

// Run works through rows and hands each outcome to tell, in input order and on
// the caller's goroutine. Each row has an outcome also when the run stops
// early; only a row that cannot be read any more has none.
func (j *Job) Run(rows iter.Seq2[*export.Row, error], tell func(Outcome) error) End {
	stop := j.pipeline.run(rows, tell)
	end := End{Rows: j.rows, Stop: stop}
	if j.creation != nil {
		j.afterCreating(&end)
	}
	now := j.Progress()
	end.Totals, end.Sent, end.Lost = now.Totals, now.Sent, now.Lost
	if end.Stop == nil && (j.options.Only != 0 || j.pipeline.quota.reached()) && now.Totals.Of(NotAttempted) > 0 {
		end.Stop = &Stop{Cause: LimitReached, What: "--limit is reached, as asked",
			Hint: "run the same command again for the rest; without --limit it goes to the end"}
	}
	return end
}

// afterCreating says what the refusals ask for together, and looks up what is
// still to be looked up.
func (j *Job) afterCreating(end *End) {
	if end.Stop == nil && j.creation.watch.onlyForbidden() {
		end.Stop = &Stop{Cause: Unauthorised, Err: j.creation.watch.told,
			What: "the account may not make customers (" + oneLine(j.creation.watch.told) + ")",
			Hint: "ask a Jira administrator for the permission Administer Jira, then run the same command again"}
	}
	if end.Stop == nil {
		end.Revised, end.Stop = j.lookUpRest()
	}
}

// ExitCode is derived from the counted outcomes and the reason to stop.
func (e End) ExitCode() int {
	if e.Totals.Prove(e.Rows) != nil {
		return 1
	}
	if e.Stop != nil && e.Stop.Cause != LimitReached {
		return e.Stop.Cause.ExitCode()
	}
	notGood := e.Totals.NotGood()
	if e.Stop != nil {
		notGood -= e.Totals.Of(NotAttempted)
	}
	if notGood > 0 {
		return 3
	}
	return 0
}
