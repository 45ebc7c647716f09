package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// conclude writes how the run ended, revokes the leavers of a sync, and prints the totals. After a kill in between, the
// same command continues.
func (r *run) conclude(ctx context.Context, end importer.End) error {
	r.writeEnd(ctx, end)
	if w, ok := r.work.(*syncWork); ok && r.summary.Outcome == ledger.Complete && w.revoke(ctx, r) {
		r.writeEnd(ctx, end) // now with what became of them
	}
	if r.parent == nil {
		r.console.Totals(*r.summary)
	}
	return asExit(r.summary.ExitCode)
}

// writeEnd writes page, summary and metrics, then the end of the run into the ledger: a run is not complete without
// these files. If one cannot be written, the run is broken, and the files that can be written say so.
func (r *run) writeEnd(ctx context.Context, end importer.End) {
	r.summary = r.summarise(end)
	trace := r.recorder.Trace()
	err := r.out.write(r.source, page.Page{Summary: *r.summary, Trace: trace, Findings: r.rows.findings})
	if err == nil || isBroken(end.Stop) {
		run := r.plan.Run
		run.Retry = end.Stop != nil && end.Stop.Cause != importer.Interrupted && end.Stop.Cause != importer.LimitReached
		run.Trace, _ = json.Marshal(trace) // numbers and times alone
		err = errors.Join(err, r.finishInLedger(context.WithoutCancel(ctx), &run))
	}
	if err != nil && !isBroken(end.Stop) {
		end.Stop = brokenBy(end.Stop, err)
		r.writeEnd(ctx, end)
	}
}

// finishInLedger writes the end of a run into the ledger.
func (r *run) finishInLedger(ctx context.Context, run *ledger.Run) error {
	s := r.summary
	run.FinishedAt, run.Outcome, run.StopReason = s.FinishedAt, s.Outcome, s.StopReason
	run.ExitCode, run.RowsRead, run.Summary = s.ExitCode, s.Rows.Read, s.JSON()
	return r.site.ledger.FinishRun(ctx, run)
}

// writeRefusal writes the summary of a run that ended before its first row, lest the previous one be taken for it, and
// of a sync its row in the ledger. After a wrong command line it writes nothing, nor beside another run: they are its.
func (r *run) writeRefusal(ctx context.Context, err error) {
	end := importer.End{Stop: asStop(err)}
	if r.plan != nil {
		end.Rows = r.plan.Survey.Rows
		end.Totals[outcome.NotAttempted] = end.Rows
	}
	r.summary = r.summarise(end)
	if isLocked(err) || end.Stop.Cause == importer.Usage ||
		r.checkOutputs(r.site, &r.out, namedFile{"the input", r.input}) != nil {
		return
	}
	if r.command == "sync" && end.Stop.Cause != importer.Interrupted && r.site.ledger != nil {
		run := ledger.Run{Job: r.job(), StartedAt: r.began}
		if err := r.finishInLedger(ctx, &run); err != nil {
			r.console.Log.Warn("report --list will not show this run", "error", err.Error())
		}
		r.summary.RunID = run.ID
	}
	if err := r.out.write(r.source, page.Page{Summary: *r.summary}); err != nil {
		r.console.Log.Error("how the run ended was not written", "error", err.Error())
	}
}

// write writes the page, the metrics, and the summary's file; stdout gets the summary when all is over.
func (f *outputFlags) write(source string, p page.Page) (err error) {
	if f.summary != "" && f.summary != stdout {
		err = report.WriteFile(f.summary, p.Summary.JSON())
	}
	if f.metricsFile != "" {
		err = errors.Join(err, report.WriteMetrics(f.metricsFile, source, p.Summary))
	}
	if f.page != "" {
		p.Version = versionNumber()
		if pageErr := page.Write(f.page, p); pageErr != nil {
			err, f.page = errors.Join(err, pageErr), "" // there is none to speak of
		}
	}
	return err
}

// publish sends the summary to stdout and the monitor.
func (r *run) publish(ctx context.Context, monitor *report.Monitor, err error) error {
	r.summary.ExitCode = codeOf(err)
	if r.out.summary == stdout {
		_, writeErr := r.Out.Write(r.summary.JSON())
		err = cmp.Or(err, writeErr)
	}
	signal := map[bool]string{true: "fail"}[codeOf(err) != 0] // "": it ended well
	r.post(ctx, monitor, signal, r.summary.JSON())
	return err
}

// post sends the monitor a signal. One that does not answer changes nothing.
func (r *run) post(ctx context.Context, m *report.Monitor, signal string, body []byte) {
	if err := m.Post(ctx, signal, body); err != nil {
		r.console.Log.Warn("the monitor could not be reached", "error", err.Error())
	}
}

// summarise returns the summary of the run, which may have been refused before it had a plan or a site.
func (r *run) summarise(end importer.End) *report.Summary {
	statuses := map[bool][]outcome.Status{false: outcome.ImportStatuses(), true: outcome.RevokeStatuses()}
	s := &report.Summary{
		Command:    r.command,
		Input:      r.input,
		StartedAt:  r.began,
		FinishedAt: time.Now(),
		Outcome:    ledger.Complete,
		ExitCode:   end.ExitCode(),
		Rows:       report.Rows{Read: end.Rows, Statuses: statuses[importer.Revokes(r.command)], Totals: end.Totals},
		Access:     end.Access,
		Leavers:    r.leavers,
		Page:       r.out.page,
		Gone:       r.site.temporary,
		SiteFlags:  r.flagArgs(siteFlagNames...), LedgerFlags: r.flagArgs(ledgerFlagNames...),
	}
	if r.site.ledger != nil {
		s.Site, s.Ledger = r.site.url, r.site.ledgerPath
	}
	if then := r.revocation; then != nil {
		s.ExitCode, s.StopReason, s.Hint = cmp.Or(then.ExitCode, s.ExitCode), then.StopReason, then.Hint
		if then.Outcome == ledger.Stopped {
			s.StopReason, s.Hint = "revoking the leavers stopped: "+s.StopReason, cmp.Or(s.Hint, nextSync)
		}
	}
	if stop := end.Stop; stop != nil {
		s.Outcome, s.StopReason, s.Hint = ledger.Stopped, stop.What, stop.Hint
	}
	if r.plan != nil {
		survey := r.plan.Survey
		s.InputSHA256, s.Skipped, s.Problems = survey.SHA256, survey.Skipped, report.CountProblems(survey)
		s.Repeat = slices.Concat(r.flagArgs(accessFlagNames...), r.flagArgs("preset"), survey.Repeat)
	}
	if r.pace == nil {
		s.Outcome = ledger.Held
	} else {
		r.addRun(s, end)
	}
	return s
}

// addRun adds what the run sent and wrote. The run was not refused.
func (r *run) addRun(s *report.Summary, end importer.End) {
	pace := r.pace()
	s.RunID, s.Continued, s.Resent = r.plan.Run.ID, r.plan.Resumed, r.planOptions.ResendKnown
	s.Results, s.Failed, s.Kept = r.rows.resultsPath, r.rows.failedPath, r.rows.keptPath
	s.OtherEmail = r.plan.OtherAddress
	s.Requests = report.Requests{
		Sent: pace.Sent, Throttled: pace.Refused, Retried: max(0, pace.Sent-pace.Refused-end.Sent),
		Ambiguous: end.Lost, Other: r.site.client.Requests() - r.requestsBefore - pace.Sent,
	}
	s.Rate.Learned = pace.Learned
	s.Rate.Mean = float64(pace.Sent) / max(r.recorder.Busy().Seconds(), 1) // of less nothing is known
}
