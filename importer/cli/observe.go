package cli

import (
	"cmp"
	"context"
	"errors"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
)

// observed runs do, posts its start and its end to the monitor, and writes the metrics, also when it is refused
// before it began. A monitor that does not answer changes nothing. A dry run is nobody's business.
func (r *run) observed(ctx context.Context, do func(context.Context) error) error {
	if r.flags.dryRun {
		return do(ctx)
	}
	var monitor *report.Monitor
	if url := r.flags.out.notify; url != "" {
		var err error
		if monitor, err = report.NewMonitor(url); err != nil {
			return usagef("give the address that your monitor gives for this check", "%w", err)
		}
	}
	r.post(ctx, monitor, report.Started, nil)
	err := do(ctx)
	summary := r.finalSummary(err)
	content, jsonErr := summary.JSON()
	if r.files.summary == stdout {
		_, writeErr := r.Out.Write(content)
		jsonErr = cmp.Or(jsonErr, writeErr)
	}
	err = cmp.Or(err, jsonErr)
	if r.files.metrics != "" && codeOf(err) != importer.Usage.ExitCode() {
		if e := report.WriteMetrics(r.files.metrics, r.source, summary); e != nil {
			r.console.Log().Error("the metrics file was not written", "error", e.Error())
			err = cmp.Or(err, e)
		}
	}
	signal := report.Succeeded
	if codeOf(err) != 0 {
		signal = report.FailedRun
	}
	r.post(context.WithoutCancel(ctx), monitor, signal, content)
	return err
}

func (r *run) post(ctx context.Context, m *report.Monitor, signal report.Signal, body []byte) {
	if m == nil {
		return
	}
	if err := m.Post(ctx, signal, body); err != nil {
		r.console.Log().Warn("the monitor could not be reached", "error", err.Error())
	}
}

// finalSummary is the summary of a run, or what can be said of one that was refused. That is written, too, so that
// nobody takes the last one's for it.
func (r *run) finalSummary(err error) report.Summary {
	if r.summary != nil {
		r.summary.ExitCode = codeOf(err)
		return *r.summary
	}
	summary := r.refused(err)
	_, unwritable := errors.AsType[*report.WriteError](err)
	if r.files.summary != "" && r.files.summary != stdout && err != nil && codeOf(err) != importer.Usage.ExitCode() && !unwritable {
		content, e := summary.JSON()
		if e = cmp.Or(e, report.WriteFile(r.files.summary, content)); e != nil {
			r.console.Log().Error("the summary was not written", "error", e.Error())
		}
	}
	return summary
}

// refused is what can be said of a run that ended before its first row: those that were read for the plan were not
// attempted.
func (r *run) refused(err error) report.Summary {
	end := importer.End{}
	if r.plan != nil {
		end.Rows = r.plan.Survey.Rows
		for range end.Rows {
			end.Totals.Add(outcome.NotAttempted)
		}
	}
	s := r.summarise(end, report.Fixes{})
	s.Outcome, s.ExitCode = ledger.Held, codeOf(err)
	if err != nil {
		stop := explain(err)
		s.StopReason, s.Hint = stop.What, stop.Hint
	}
	return s
}

// isHeld reports whether a sync that ends with err before its first row is kept in the ledger: those who look in the
// morning look there. A wrong command line and Ctrl-C are not kept.
func (r *run) isHeld(err error) bool {
	code := codeOf(err)
	return err != nil && r.command == "sync" && !r.flags.dryRun && code != 2 && code != 130
}

// hold keeps such a run, and returns err.
func (r *run) hold(ctx context.Context, err error) error {
	if !r.isHeld(err) {
		return err
	}
	s := r.refused(err)
	content, e := s.JSON()
	if e == nil {
		var held ledger.Run
		held, e = r.site.ledger.HoldRun(context.WithoutCancel(ctx), r.job(), r.began, ledger.Run{
			FinishedAt: s.FinishedAt.Time,
			StopReason: s.StopReason,
			ExitCode:   s.ExitCode,
			RowsRead:   s.Rows.Read,
			Summary:    content,
		})
		r.heldID = held.ID
	}
	if e != nil {
		r.console.Log().Warn("report --list will not show this run", "error", e.Error())
	}
	return err
}

// job is what makes a run this run, without the checksum of its input.
func (r *run) job() ledger.Job {
	return ledger.Job{Command: r.command, Source: r.source, Input: r.files.input, Choices: r.flags.read.choices()}
}
