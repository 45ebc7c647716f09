package cli

import (
	"context"
	"errors"

	"jsm-onboard/report"
)

// watch says who is told of a run that nobody looks at.
type watch struct {
	tell    *tellFlags
	command string
	source  string
	dryRun  bool // nobody
}

// watched runs run, tells the monitor of its start and its end, and writes the
// metrics, also when it is refused before it began. What the monitor does
// changes nothing.
func (s *sitting) watched(ctx context.Context, w watch, run func(context.Context) error) error {
	if w.dryRun {
		return run(ctx)
	}
	var monitor *report.Monitor
	if w.tell.notify != "" {
		var err error
		if monitor, err = report.NewMonitor(w.tell.notify); err != nil {
			return usagef("the address that your monitor gives for this check", "%w", err)
		}
	}
	s.signal(ctx, monitor, report.Started, nil)
	err := run(ctx)
	still := context.WithoutCancel(ctx)
	summary := s.ended(w, err)
	body, jsonErr := summary.JSON()
	err = errors.Join(err, jsonErr)
	if w.tell.metricsFile != "" {
		if e := report.WriteMetrics(w.tell.metricsFile, w.source, summary); e != nil {
			s.console.Log().Error("the metrics file was not written", "error", e.Error())
			err = firstError(err, e)
		}
	}
	signal := report.Succeeded
	if codeOf(err) != 0 {
		signal = report.FailedRun
	}
	s.signal(still, monitor, signal, body)
	return err
}

func (s *sitting) signal(ctx context.Context, m *report.Monitor, signal report.Signal, body []byte) {
	if m == nil {
		return
	}
	if err := m.Tell(ctx, signal, body); err != nil {
		s.console.Log().Warn("the monitor was not told", "error", err.Error())
	}
}

// ended is the summary of a run, or what can be said of one that was refused;
// that is written, too, so that nobody takes the last one's for this one's.
func (s *sitting) ended(w watch, err error) report.Summary {
	if s.summary != nil {
		summary := *s.summary
		summary.ExitCode = codeOf(err)
		return summary
	}
	summary := s.refused(w.command, err)
	if s.files.summary == "" || err == nil {
		return summary
	}
	text, e := summary.JSON()
	if e == nil {
		e = report.WriteFile(s.files.summary, text)
	}
	if told, ok := errors.AsType[*report.WriteError](err); e != nil && !(ok && told.Path == s.files.summary) {
		s.console.Log().Error("the summary was not written", "error", e.Error())
	}
	return summary
}

// codeOf is the exit code that an error leads to.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	if told, ok := errors.AsType[exitError](err); ok {
		return int(told)
	}
	_, _, code := explain(err)
	return code
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
