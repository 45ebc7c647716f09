package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// runFlags are those of import, sync, revoke and undo.
type runFlags struct {
	site siteFlags
	read readFlags
	out  outputFlags
	log  logFlags

	dryRun, yes bool
	maxErrors   importer.Limit
}

// work is what import, sync, revoke and undo each do within a run.
type work interface {
	check(*run) error                                            // refuses flags that cannot be meant
	plan(context.Context, *run) (*importer.Plan, error)          // holds the input against the ledger; sends nothing
	connect(context.Context, *run) error                         // asks the site what the plan needs to know of it
	guard(context.Context, *run) error                           // returns why the plan must not be carried out
	outlook(context.Context, *run, *report.Outlook) error        // adds what the plan shows besides its numbers
	agree(context.Context, *run) error                           // asks whoever sits at the terminal
	begin(context.Context, *run, importer.Options) *importer.Run // makes what carries the plan out
	see(importer.Result)                                         // takes each result in order, after it is written
	after(context.Context, *run, *importer.End)                  // follows the last row; may change how the run ended
}

// A run is one import, sync, revoke or undo, from the command line to the exit code. Its methods stand in the order
// in which they are called.
type run struct {
	*program
	flags    *runFlags
	work     work
	command  string
	source   string // sync
	path     string // of the input, as typed; "": undo has none
	statuses []outcome.Status
	limit    int // --limit; 0: none

	began    time.Time
	options  export.Options
	files    files
	file     *export.File // nil: undo
	site     *site
	conn     apiclient.Connection
	plan     *importer.Plan
	rows     *rowFiles
	recorder *page.Recorder
	pace     func() apiclient.Pace // of the requests that it makes
	sending  atomic.Bool           // rows may be in flight

	leavers *report.LeaverTotals // sync
	stop    *importer.Stop       // why leavers were not revoked, though that was asked for
	code    int                  // what became of them, as an exit code
	summary *report.Summary      // when it has ended
	heldID  string               // in the ledger, of a run that was held back
}

// files are the absolute paths of what a run reads and writes.
type files struct{ input, results, failed, summary, page, metrics, leavers, revoked string }

// execute runs it, with the monitor and the metrics around it.
func (r *run) execute(ctx context.Context) error {
	r.began = time.Now()
	r.recorder = page.NewRecorder(r.began)
	if err := r.newConsole(&r.flags.log); err != nil {
		return err
	}
	ctx, release := interruptible(ctx, r.stopping)
	defer release()
	return r.observed(ctx, r.do)
}

// stopping prints what happens now that somebody has pressed Ctrl-C. Before anything is sent the error that follows
// says it all.
func (r *run) stopping() {
	what := ""
	if r.sending.Load() {
		what = "stopping: rows in flight are finished and everything is written; press Ctrl-C again to end at once"
	}
	r.console.Interrupted(what)
}

// do goes from the input to the results. Nothing leaves before the plan is made, the guards have passed it and it is
// agreed to.
func (r *run) do(ctx context.Context) (err error) {
	r.options, err = r.flags.read.options()
	if err := errors.Join(err, r.flags.site.check(), r.flags.out.check(), r.work.check(r)); err != nil {
		return err
	}
	inputErr := r.openInput(ctx)
	if inputErr != nil && !r.isHeld(inputErr) {
		return inputErr
	}
	if r.file != nil {
		defer r.file.Close()
	}
	if r.site, err = r.findSite(&r.flags.site); err != nil {
		return cmp.Or(inputErr, err)
	}
	defer func() { err = errors.Join(err, r.site.Close()) }()
	if err = r.apart(); err == nil {
		err = r.open(ctx, r.site, r.flags.dryRun, r.paceChanged)
	}
	if err != nil {
		return cmp.Or(inputErr, err)
	}
	if inputErr != nil {
		return r.hold(ctx, inputErr)
	}
	if err := r.prepare(ctx); err != nil || r.flags.dryRun {
		return r.hold(ctx, err)
	}
	if r.plan.Run, _, err = r.site.ledger.StartRun(ctx, r.plan.Run.Job, r.began); err != nil {
		return err
	}
	end, fixes, err := r.carryOut(ctx)
	if err != nil {
		return err
	}
	return r.conclude(context.WithoutCancel(ctx), end, fixes)
}

// openInput settles the names of the files that are written, and opens the one that is read.
func (r *run) openInput(ctx context.Context) (err error) {
	out := &r.flags.out
	r.files = files{
		input:   absolute(r.path),
		results: absolute(out.results),
		failed:  absolute(out.failed),
		summary: absolute(out.summary),
		page:    absolute(out.page),
		metrics: absolute(out.metricsFile),
		leavers: r.files.leavers,
	}
	if r.path == "" {
		return nil
	}
	stem := r.stem(r.path)
	if r.command == "revoke" {
		r.files.results = cmp.Or(r.files.results, stem+".revoked.csv")
	} else {
		r.files.results = cmp.Or(r.files.results, stem+".results.csv")
		r.files.failed = cmp.Or(r.files.failed, stem+".failed.csv")
	}
	if r.command == "sync" {
		r.files.leavers = cmp.Or(r.files.leavers, stem+".leavers.csv")
		r.files.revoked = r.stem(r.files.leavers) + ".revoked.csv"
	}
	r.file, err = export.Open(ctx, r.path, cancellable(ctx, r.path, r.In))
	return err
}

// stem is what the names of files made from path begin with. Those of a rehearsal never meet those of a real run.
func (r *run) stem(path string) string {
	stem := absolute(export.Stem(path))
	if isStdin(path) {
		stem = absolute("stdin")
	}
	if r.flags.site.sandbox && filepath.Ext(stem) != ".sandbox" && path != r.files.leavers {
		stem += ".sandbox"
	}
	return stem
}

// outputs are the files that are written, as people call them.
func (r *run) outputs() []namedFile {
	return []namedFile{
		{"--results", r.files.results}, {"--failed", r.files.failed}, {"--leavers", r.files.leavers},
		{"the leavers' results", r.files.revoked}, {"--summary", r.files.summary}, {"--page", r.files.page},
		{"--metrics-file", r.files.metrics},
	}
}

// apart refuses outputs that are a file in use, before anything is opened for writing.
func (r *run) apart() error {
	f := &r.flags.site
	return apart(append(ledgerFiles(r.site.ledgerPath), namedFile{"the input", r.files.input},
		namedFile{"the settings file", r.configPath}, namedFile{"the token file", f.tokenFile},
		namedFile{"the CA file", f.caFile}), r.outputs())
}

// prepare makes the plan, shows it, checks the guards, and asks.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.plan, err = r.work.plan(ctx, r); err != nil {
		return err
	}
	if r.file != nil {
		r.console.Problems(r.plan.Survey)
	}
	if !r.flags.dryRun {
		if err := writable(r.outputs()); err != nil {
			return err
		}
	}
	refused := r.work.guard(ctx, r)
	if refused == nil {
		if err := r.work.connect(ctx, r); err != nil {
			return err
		}
		refused = r.work.guard(ctx, r) // what the site has counts, too
	}
	outlook := report.Outlook{
		Site:    r.site.shown(),
		Account: r.conn.User.DisplayName,
		Source:  r.source,
		Ledger:  r.site.ledger.Path(),
		Rate:    r.flags.site.maxRate,
		DryRun:  r.flags.dryRun,
		Held:    refused != nil,
		Limit:   r.limit,
	}
	if err := r.work.outlook(ctx, r, &outlook); err != nil {
		return err
	}
	if r.flags.dryRun || !r.flags.log.quiet { // a dry run is made for the plan's sake
		out := r.Out
		if r.files.summary == stdout {
			out = r.Err
		}
		fmt.Fprint(out, report.Fit(out, report.PlanText(r.command, r.plan, outlook), r.env.get))
	}
	if refused != nil || r.flags.dryRun {
		return refused
	}
	return r.work.agree(ctx, r)
}

// carryOut works from the first row to the finished files of rows.
func (r *run) carryOut(ctx context.Context) (end importer.End, fixes report.Fixes, err error) {
	still := context.WithoutCancel(ctx)
	r.rows = &rowFiles{
		resultsPath: r.files.results,
		failedPath:  r.files.failed,
		layout:      report.LayoutOf(r.plan.Survey, r.plan.Access != nil),
		memory:      r.site.memory,
	}
	if r.files.page != "" {
		r.rows.findings = page.NewFindings(r.flags.out.pageAddresses, r.plan.Survey.Columns)
	}
	if err := r.rows.open(); err != nil {
		return end, fixes, err
	}
	defer r.rows.abort()
	job := r.work.begin(ctx, r, importer.Options{
		Workers:    r.flags.site.workers,
		MaxErrors:  r.flags.maxErrors,
		MayBrowse:  r.conn.BrowseUsers == apiclient.Yes,
		FailedPath: r.files.failed,
		Settled:    func(result importer.Result) { r.recorder.Row(time.Now(), result.Took > 0) },
	})
	r.sending.Store(true)
	stop := r.follow(job)
	end = job.Do(r.plan.Rows(still), func(result importer.Result) error {
		err := r.rows.write(result)
		r.work.see(result)
		return err
	})
	stop()
	for _, note := range end.Notes {
		r.console.Log().Warn(note)
	}
	r.work.after(ctx, r, &end)
	fixes = r.rows.finish(still, r.site.ledger, r.plan, &end)
	return end, fixes, nil
}

// follow shows how far the run is, until stop is called.
func (r *run) follow(job *importer.Run) (stop func()) {
	limited := r.limit > 0 && r.limit < r.plan.Create
	rows := r.plan.Create
	if limited {
		rows = r.limit
	}
	return r.console.Follow(rows, func() report.Moment {
		p, pace := job.Progress(), r.pace()
		done := p.Tasks
		if limited {
			done = p.Made
		}
		return report.Moment{
			Done:        done,
			Failed:      p.Totals.Of(outcome.Failed) + p.Totals.Of(outcome.Unknown),
			Throttled:   pace.Refused,
			PausedUntil: pace.PausedUntil,
			Why:         pace.Why,
			Probing:     pace.Probing,
		}
	})
}

// paceChanged takes pauses and outages.
func (r *run) paceChanged(e apiclient.Event) {
	r.recorder.Event(e)
	switch e.Kind {
	case apiclient.PauseBegan, apiclient.PauseEnded, apiclient.OutageBegan, apiclient.OutageEnded:
		r.console.Log().Info(e.String())
	default:
		r.console.Log().Debug(e.String())
	}
}

// conclude writes how the run ended and prints the totals. What cannot be written makes the run broken, and what can
// still be written says so. Whoever is killed in between goes on when the command is run again.
func (r *run) conclude(ctx context.Context, end importer.End, fixes report.Fixes) error {
	summary, err := r.record(ctx, end, fixes)
	if err != nil {
		end.Stop = brokenBy(end.Stop, err)
		summary, _ = r.record(ctx, end, fixes)
	}
	r.summary = &summary
	r.console.Totals(summary, r.ending(fixes))
	return asExit(summary.ExitCode)
}

// record writes page and summary, and then the end of the run into the ledger: a run is not complete without them.
func (r *run) record(ctx context.Context, end importer.End, fixes report.Fixes) (report.Summary, error) {
	s := r.summarise(end, fixes)
	content, err := s.JSON()
	if r.files.page != "" {
		err = errors.Join(err, page.Write(r.files.page, page.Page{
			Version:  versionNumber(),
			Summary:  s,
			Ending:   r.ending(fixes),
			Trace:    r.recorder.Trace(),
			Findings: r.rows.findings,
		}))
	}
	if r.files.summary != "" && r.files.summary != stdout {
		err = errors.Join(err, report.WriteFile(r.files.summary, content))
	}
	if err != nil && (end.Stop == nil || end.Stop.Cause != importer.Broken) {
		return s, err
	}
	trace, traceErr := json.Marshal(r.recorder.Trace())
	ended := r.plan.Run
	ended.FinishedAt, ended.Outcome, ended.StopReason = s.FinishedAt.Time, s.Outcome, s.StopReason
	ended.ExitCode, ended.RowsRead, ended.Summary = s.ExitCode, end.Rows, content
	ended.Retry = end.Stop != nil && end.Stop.Cause.AskAgain()
	l := r.site.ledger
	return s, errors.Join(err, traceErr, l.KeepTrace(ctx, ended.Seq, trace), l.FinishRun(ctx, ended))
}

// ending is what the totals and the page need besides the summary.
func (r *run) ending(fixes report.Fixes) report.Ending {
	return report.Ending{
		Kept:   fixes.Kept,
		Page:   r.files.page,
		Gone:   r.site.temporary,
		Site:   r.siteWords,
		Access: r.accessWords,
		Read:   report.ReadAgain(r.plan.Survey.Repeat),
	}
}

// summarise puts the run into numbers, also one that was refused before it had a plan or a site.
func (r *run) summarise(end importer.End, fixes report.Fixes) report.Summary {
	now := time.Now()
	s := report.Summary{
		RunID:      r.heldID,
		Command:    r.command,
		Input:      r.files.input,
		StartedAt:  report.Second{Time: r.began},
		Session:    1,
		SessionAt:  report.Second{Time: r.began},
		FinishedAt: report.Second{Time: now},
		Outcome:    ledger.Complete,
		ExitCode:   max(end.ExitCode(), r.code),
		Rows:       report.CountRows(end.Rows, r.statuses, end.Totals),
		Failed:     fixes.Path,
		Access:     end.Access,
		Leavers:    r.leavers,
	}
	if stop := r.stop; stop != nil {
		s.ExitCode, s.StopReason, s.Hint = stop.Cause.ExitCode(), stop.What, stop.Hint
	}
	if stop := end.Stop; stop != nil {
		s.Outcome, s.ExitCode, s.StopReason, s.Hint = ledger.Stopped, end.ExitCode(), stop.What, stop.Hint
	}
	if r.site != nil && r.site.ledger != nil {
		s.Site, s.Ledger = r.site.url.String(), r.site.ledger.Path()
	}
	if r.plan != nil {
		survey := r.plan.Survey
		s.InputSHA256, s.Skipped, s.Problems = survey.SHA256, survey.Skipped, report.CountProblems(survey)
	}
	if r.pace == nil { // it was not begun
		return s
	}
	begun := r.plan.Run
	s.RunID, s.StartedAt.Time, s.Session = begun.ID, begun.StartedAt, begun.Sessions
	if r.rows.finished {
		s.Results = r.files.results
	}
	pace := r.pace()
	s.Requests = report.Requests{
		Sent:      pace.Sent,
		Throttled: pace.Refused,
		Retried:   max(0, pace.Sent-pace.Refused-end.Sent),
		Ambiguous: end.Lost,
		Other:     r.site.client.Requests() - pace.Sent,
	}
	if r.leavers != nil {
		s.Requests.Other -= r.leavers.Sent
	}
	s.Rate = report.Rate{Mean: float64(pace.Sent) / max(now.Sub(r.began).Seconds(), 0.001), Learned: pace.Learned}
	return s
}

// brokenBy is the reason to stop when err comes on top of what was.
func brokenBy(was *importer.Stop, err error) *importer.Stop {
	if was != nil && was.Cause == importer.Broken {
		return was
	}
	stop := explain(err)
	stop.Cause = importer.Broken
	return stop
}

// complete is why the run stopped. That a row has no outcome, or more than one, or does not stand in the results,
// comes before any other reason.
func complete(end *importer.End, written int) *importer.Stop {
	err, broken := end.Totals.Prove(end.Rows), end.Stop != nil && end.Stop.Cause == importer.Broken
	if err == nil && (written == end.Rows || broken) {
		return end.Stop
	}
	return &importer.Stop{
		Cause: importer.Broken,
		Err:   err,
		What:  fmt.Sprintf("the results are not complete: of %d rows read %d are in them (%v)", end.Rows, written, err),
		Hint:  "this is a fault of the program; nothing is lost: keep the ledger and run the same command again",
	}
}
