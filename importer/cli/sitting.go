package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// A sitting is what import, sync and revoke share: a plan that is carried out,
// the files that tell of it, and the run in the ledger.
type sitting struct {
	*program
	console  *report.Console
	session  *session
	plan     *importer.Plan
	outputs  *outputs
	began    time.Time
	files    files
	statuses []importer.Status
	pace     func() pacer.Pace               // of the requests that it makes
	recorder atomic.Pointer[report.Recorder] // what the page draws; nil: nothing is recorded
	departed departed                        // sync
	made     string                          // what the totals say of whom a limited run has created
	limit    int                             // --limit; 0: none
	quiet    bool                            // no plan, unless that is all there is
	sending  atomic.Bool                     // rows may be in flight

	summary *report.Summary // when it has ended
	heldID  string          // of a night that was held back, in the ledger
}

// files are the input and what is written once, at the end.
type files struct{ input, results, summary, page string }

// newSitting is one at the site, before its plan is made.
func (p *program) newSitting(f *tellFlags, input string) (*sitting, error) {
	console, err := p.console(f)
	if err != nil {
		return nil, err
	}
	p.voice = console
	return &sitting{program: p, console: console, began: time.Now(), files: files{input: input}, statuses: importer.ImportStatuses(), quiet: f.quiet}, nil
}

// show prints the plan. A dry run is made for its sake; else --quiet leaves it
// out.
func (s *sitting) show(o report.Outlook) {
	if o.DryRun || !s.quiet {
		fmt.Fprint(s.Out, report.Fit(s.Out, report.PlanText(s.plan.Run.Command, s.plan, o), s.getenv))
	}
}

// stopping tells somebody who has pressed Ctrl-C what happens now. Before
// anything is sent the error that follows says it all.
func (s *sitting) stopping() {
	text := ""
	if s.sending.Load() {
		text = "stopping: rows in flight are finished and everything is written; press Ctrl-C again to end at once"
	}
	s.console.Interrupted(text)
}

// begin opens the files of rows, and begins the run in the ledger or goes on
// with it. Whoever calls it aborts the outputs at the end.
func (s *sitting) begin(ctx context.Context, o *outputs) (err error) {
	o.survey = s.plan.Survey
	if err := o.open(); err != nil {
		return err
	}
	s.outputs = o
	if s.plan.Run, _, err = s.session.ledger.StartRun(ctx, s.plan.Run.Identity, s.began); err != nil {
		o.abort()
	}
	return err
}

// carryOut runs job from the first row to the finished files of rows.
func (s *sitting) carryOut(ctx context.Context, job *importer.Job, tell func(importer.Outcome) error) (importer.End, report.Mended) {
	s.sending.Store(true)
	limited := s.limit > 0 && s.limit < s.plan.Create
	rows := s.plan.Create
	if limited {
		rows = s.limit
	}
	stop := s.console.Follow(rows, func() report.Moment { return moment(job.Progress(), s.pace(), limited) })
	recorded := s.recordRefusals()
	end := job.Run(s.plan.Survey.All(context.WithoutCancel(ctx)), tell)
	recorded()
	stop()
	mended, fileErr := s.finishFiles(context.WithoutCancel(ctx), end)
	if !s.outputs.named {
		s.files.results = ""
	}
	if fileErr != nil {
		end.Stop = brokenBy(end.Stop, fileErr)
	}
	if s.outputs.unread(end) && end.Stop != nil && end.Sent > 0 && !s.session.gone {
		told := *end.Stop
		told.Hint += "\nwhat became of the rows that were sent is in the ledger: " + report.CommandLine("report", s.plan.Run.ID, s.ledgerWords)
		end.Stop = &told
	}
	end.Stop = complete(end, s.outputs.results.Rows())
	return end, mended
}

// complete is why the run stopped; that a row has no outcome, or more than one,
// or does not stand in the results, comes before any other reason.
func complete(end importer.End, written int) *importer.Stop {
	err := end.Totals.Prove(end.Rows)
	if err == nil && written != end.Rows && (end.Stop == nil || end.Stop.Cause != importer.Broken) {
		err = fmt.Errorf("%s read but %s are in them", importer.Counted(end.Rows, "row was", "rows were"), importer.Grouped(written))
	}
	if err == nil {
		return end.Stop
	}
	stop := &importer.Stop{Cause: importer.Broken, Err: err, What: "the results are not complete: " + err.Error(),
		Hint: "this is a fault of the program; nothing that was done is lost: keep the ledger and run the same command again"}
	if end.Stop != nil {
		stop.What += "; and the run had stopped: " + end.Stop.What
	}
	return stop
}

// stopBy is the reason to stop that lies in an error.
func stopBy(err error) *importer.Stop {
	if stop, ok := errors.AsType[*importer.Stop](err); ok {
		return stop
	}
	text, hint, code := explain(err)
	stop := &importer.Stop{Cause: importer.Broken, What: text, Hint: hint, Err: err}
	for _, cause := range []importer.Cause{importer.Unauthorised, importer.QuotaPause, importer.Interrupted} {
		if cause.ExitCode() == code {
			stop.Cause = cause
		}
	}
	return stop
}

// finishFiles gives results and failed rows their names. When the run ended
// because they cannot be written, or because the input cannot be read any more,
// they stay unnamed, and report writes them from the ledger.
func (s *sitting) finishFiles(ctx context.Context, end importer.End) (mended report.Mended, err error) {
	switch {
	case s.outputs.broken != nil:
		err = s.outputs.broken
	case s.outputs.unread(end):
		return mended, nil
	case end.Revised:
		err = s.outputs.again(ctx, s.session.ledger, s.plan.Run)
	}
	if err == nil {
		mended, err = s.outputs.finish()
	}
	return mended, err
}

// conclude writes what is left to write, in the order in which each relies on
// the one before: the summary, the ledger's word that the run has ended, the
// page, the totals. It returns the exit code as an error.
//
// Who is killed in between finds the run unfinished, and it goes on when the
// command is run again.
func (s *sitting) conclude(ctx context.Context, end importer.End, mended report.Mended) error {
	traceErr := s.keepTrace(ctx)
	summary, err := s.end(ctx, &end, mended)
	if err != nil {
		return err
	}
	s.summary = &summary
	ending := s.ending(end, mended)
	var pageErr error
	if s.files.page != "" {
		trace := s.recorder.Load().Trace()
		pageErr = report.WritePage(s.files.page, report.Page{Version: versionNumber(), Summary: summary,
			Ending: ending, Trace: &trace, Findings: s.outputs.told})
	}
	s.console.Totals(summary, ending)
	if end.Stop == nil || end.Stop.Cause != importer.Broken { // else the ledger's trouble has been told
		pageErr = errors.Join(traceErr, pageErr)
	}
	if pageErr != nil {
		return pageErr
	}
	if code := summary.ExitCode; code != 0 {
		return exitError(code)
	}
	return nil
}

// end writes the summary and then the ledger. A run whose summary cannot be
// written is not complete: it goes on when there is room.
func (s *sitting) end(ctx context.Context, end *importer.End, mended report.Mended) (report.Summary, error) {
	summary, err := s.writeSummary(*end, mended)
	if err != nil {
		end.Stop = brokenBy(end.Stop, err)
		summary = s.summarise(*end, mended)
	}
	text, err := summary.JSON()
	if err != nil {
		return summary, err
	}
	run := s.plan.Run
	run.FinishedAt, run.Outcome, run.StopReason, run.ExitCode, run.RowsRead = summary.FinishedAt, summary.Outcome, summary.StopReason, summary.ExitCode, end.Rows
	run.Summary, run.AskAgain = text, end.Stop != nil && end.Stop.Cause.AskAgain()
	if err := s.session.ledger.FinishRun(ctx, run); err != nil {
		end.Stop = brokenBy(end.Stop, err)
		summary, _ = s.writeSummary(*end, mended) // the ledger's trouble is what is told
	}
	return summary, nil
}

// writeSummary puts the run into numbers, and into the file of --summary.
func (s *sitting) writeSummary(end importer.End, mended report.Mended) (report.Summary, error) {
	summary := s.summarise(end, mended)
	if s.files.summary == "" {
		return summary, nil
	}
	text, err := summary.JSON()
	if err == nil {
		err = report.WriteFile(s.files.summary, text)
	}
	return summary, err
}

// brokenBy is the reason to stop when err comes on top of what was.
func brokenBy(was *importer.Stop, err error) *importer.Stop {
	if was != nil && was.Cause == importer.Broken {
		return was
	}
	stop := stopBy(err)
	stop.Cause = importer.Broken
	return stop
}

func (s *sitting) keepTrace(ctx context.Context) error {
	if r := s.recorder.Load(); r != nil {
		return keepTrace(ctx, s.session.ledger, s.plan.Run, r)
	}
	return nil
}

func (s *sitting) ending(end importer.End, mended report.Mended) report.Ending {
	e := report.Ending{Kept: mended.Kept, Page: s.files.page, Made: s.made, Gone: s.session.gone, Site: s.siteWords, Read: s.readWords}
	if stop := firstStop(end.Stop, s.departed.stop); stop != nil {
		e.Hint = stop.Hint
	}
	return e
}

func firstStop(stops ...*importer.Stop) *importer.Stop {
	for _, stop := range stops {
		if stop != nil {
			return stop
		}
	}
	return nil
}

// summarise puts the run into numbers.
func (s *sitting) summarise(end importer.End, mended report.Mended) report.Summary {
	now := time.Now()
	run, survey := s.plan.Run, s.plan.Survey
	sum := report.Summary{RunID: run.ID, Command: run.Command, Site: s.session.site, Input: s.files.input, InputSHA256: survey.SHA256,
		StartedAt: run.StartedAt, FinishedAt: now, Sitting: run.Sittings, SittingAt: s.began, Outcome: ledger.Complete, ExitCode: s.departed.worse(end.ExitCode()),
		Rows: report.CountRows(end.Rows, s.statuses, end.Totals), Skipped: survey.Skipped,
		Results: s.files.results, Failed: mended.Path, Ledger: s.session.ledger.Path(), Leavers: s.departed.told}
	if end.Stop != nil {
		sum.Outcome = ledger.Stopped
	}
	if stop := firstStop(end.Stop, s.departed.stop); stop != nil {
		sum.StopReason, sum.Hint = stop.What, stop.Hint
	}
	pace := s.pace()
	sum.Requests = report.Requests{Sent: pace.Sent, Throttled: pace.Refused, Retried: max(0, pace.Sent-pace.Refused-end.Sent), Ambiguous: end.Lost}
	sum.Rate = report.Rate{Learned: pace.Learned}
	if took := now.Sub(s.began).Seconds(); took > 0 {
		sum.Rate.Mean = float64(pace.Sent) / took
	}
	return sum
}

// paceChanged tells of pauses and outages.
func (s *sitting) paceChanged(e pacer.Event) {
	if recorder := s.recorder.Load(); recorder != nil {
		recordPause(recorder, e)
	}
	switch e.Kind {
	case pacer.PauseBegan, pacer.PauseEnded, pacer.OutageBegan, pacer.OutageEnded:
		s.console.Log().Info(e.String())
	default:
		s.console.Log().Debug(e.String())
	}
}
