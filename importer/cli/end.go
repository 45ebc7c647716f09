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

// conclude writes how the run ended and prints the totals. What cannot be written makes the run broken, and what can
// still be written says so. Whoever is killed in between goes on when the command is run again.
func (r *run) conclude(ctx context.Context, end importer.End, fixes report.Fixes) error {
	err := r.record(ctx, end, fixes)
	if err != nil {
		end.Stop = brokenBy(end.Stop, err)
		_ = r.record(ctx, end, fixes)
	}
	r.console.Totals(*r.summary, r.ending(fixes))
	return asExit(r.summary.ExitCode)
}

// record writes page and summary, and then the end of the run into the ledger: a run is not complete without them.
func (r *run) record(ctx context.Context, end importer.End, fixes report.Fixes) error {
	s := r.summarise(end, fixes)
	r.summary = &s
	err := r.tell(page.Page{Ending: r.ending(fixes), Trace: r.recorder.Trace(), Findings: r.rows.findings})
	if err != nil && !isBroken(end.Stop) {
		return err
	}
	run := r.plan.Run
	run.Retry = end.Stop != nil && end.Stop.Cause.AskAgain()
	trace, traceErr := json.Marshal(r.recorder.Trace())
	run.Trace = trace
	return errors.Join(err, traceErr, r.keep(ctx, &run))
}

// keep writes the end of a run into the ledger.
func (r *run) keep(ctx context.Context, run *ledger.Run) (err error) {
	s := r.summary
	run.FinishedAt, run.Outcome, run.StopReason = s.FinishedAt, s.Outcome, s.StopReason
	run.ExitCode, run.RowsRead = s.ExitCode, s.Rows.Read
	if run.Summary, err = s.JSON(); err != nil {
		return err
	}
	return r.site.ledger.FinishRun(ctx, run)
}

// refuse writes how a run ended before its first row: those that were read for the plan were not attempted. Nobody
// shall take the last run's summary for this one's. Of a sync the ledger keeps it, too: those who look in the morning
// look there. A wrong command line is kept nowhere, Ctrl-C not in the ledger, and where another run holds the ledger
// the files are that one's.
func (r *run) refuse(ctx context.Context, err error) {
	end := importer.End{Stop: explain(err)}
	if r.plan != nil {
		end.Rows = r.plan.Survey.Rows
		end.Totals[outcome.NotAttempted] = end.Rows
	}
	s := r.summarise(end, report.Fixes{})
	s.Outcome, r.summary = ledger.Held, &s
	if r.leavesFiles(err) {
		return
	}
	if r.command == "sync" && end.Stop.Cause != importer.Interrupted && r.site != nil && r.site.ledger != nil {
		run := ledger.Run{Job: r.job(), StartedAt: r.began}
		if err := r.keep(ctx, &run); err != nil {
			r.console.Log().Warn("report --list will not show this run", "error", err.Error())
		}
		s.RunID = run.ID
	}
	if err := r.tell(page.Page{}); err != nil {
		r.console.Log().Error("how the run ended was not written", "error", err.Error())
	}
}

// leavesFiles reports whether a run that was refused with err says so in no file.
func (r *run) leavesFiles(err error) bool {
	refused, ok := errors.AsType[*ledger.RefusedError](err)
	return ok && refused.Held || codeOf(err) == importer.Usage.ExitCode()
}

// tell writes the summary's file, which stdout gets at the very end, and the page.
func (r *run) tell(p page.Page) error {
	content, err := r.summary.JSON()
	if path := r.flags.out.summary; err == nil && path != "" && path != stdout {
		err = report.WriteFile(path, content)
	}
	if path := r.flags.out.page; path != "" {
		p.Version, p.Summary = versionNumber(), *r.summary
		err = errors.Join(err, page.Write(path, p))
	}
	return err
}

// publish gives the summary to whoever waits for it outside: stdout, the metrics and the monitor.
func (r *run) publish(ctx context.Context, monitor *report.Monitor, err error) error {
	r.summary.ExitCode = codeOf(err)
	content, jsonErr := r.summary.JSON()
	if r.flags.out.summary == stdout {
		_, writeErr := r.Out.Write(content)
		jsonErr = cmp.Or(jsonErr, writeErr)
	}
	err = cmp.Or(err, jsonErr)
	if path := r.flags.out.metricsFile; path != "" && !r.leavesFiles(err) {
		if e := report.WriteMetrics(path, r.source, *r.summary); e != nil {
			r.console.Log().Error("the metrics file was not written", "error", e.Error())
			err = cmp.Or(err, e)
		}
	}
	signal := ""
	if codeOf(err) != 0 {
		signal = "fail"
	}
	body, _ := r.summary.JSON()
	r.post(ctx, monitor, signal, body)
	return err
}

// post sends the monitor a signal. One that does not answer changes nothing.
func (r *run) post(ctx context.Context, m *report.Monitor, signal string, body []byte) {
	if err := m.Post(ctx, signal, body); err != nil {
		r.console.Log().Warn("the monitor could not be reached", "error", err.Error())
	}
}

// ending is what the totals and the page need besides the summary.
func (r *run) ending(fixes report.Fixes) report.Ending {
	return report.Ending{
		Kept: fixes.Kept,
		Page: r.flags.out.page,
		Gone: r.site.temporary,
		Site: r.again(siteFlagNames...),
	}
}

// summarise puts the run into numbers, also one that was refused before it had a plan or a site.
func (r *run) summarise(end importer.End, fixes report.Fixes) report.Summary {
	now := time.Now()
	statuses := outcome.ImportStatuses()
	if revokes(r.command) {
		statuses = outcome.RevokeStatuses()
	}
	s := report.Summary{
		Command:    r.command,
		Input:      r.input,
		StartedAt:  r.began,
		Session:    1,
		SessionAt:  r.began,
		FinishedAt: now,
		Outcome:    ledger.Complete,
		ExitCode:   max(end.ExitCode(), r.listed.ExitCode()),
		Rows:       report.Rows{Read: end.Rows, Statuses: statuses, Totals: end.Totals},
		Failed:     fixes.Path,
		Access:     end.Access,
		Leavers:    r.leavers,
	}
	if stop := r.listed.Stop; stop != nil {
		s.ExitCode, s.StopReason, s.Hint = stop.Cause.ExitCode(), stop.What, stop.Hint
	}
	if stop := end.Stop; stop != nil {
		s.Outcome, s.ExitCode, s.StopReason, s.Hint = ledger.Stopped, end.ExitCode(), stop.What, stop.Hint
	}
	if r.site != nil && r.site.ledger != nil {
		s.Site, s.Ledger = r.site.url, r.site.ledger.Path()
	}
	if r.plan != nil {
		survey := r.plan.Survey
		s.InputSHA256, s.Skipped, s.Problems = survey.SHA256, survey.Skipped, report.CountProblems(survey)
		s.Repeat = slices.Concat(r.again(accessFlagNames...), survey.Repeat)
	}
	if r.pace != nil {
		r.countRequests(&s, end)
	}
	return s
}

// countRequests adds what a run that was begun has sent.
func (r *run) countRequests(s *report.Summary, end importer.End) {
	begun, pace := r.plan.Run, r.pace()
	s.RunID, s.StartedAt, s.Session = begun.ID, begun.StartedAt, begun.Sessions
	if r.rows.named {
		s.Results = r.flags.out.results
	}
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
	s.Rate.Learned = pace.Learned
	if r.busy > 0 {
		s.Rate.Mean = float64(pace.Sent) / r.busy.Seconds()
	}
}
