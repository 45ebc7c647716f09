package cli

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// recorder goes on with what earlier sittings of the run have recorded for
// its page. A record that cannot be read is no reason not to run.
func recorder(ctx context.Context, l *ledger.Ledger, run ledger.Run, now time.Time) *report.Recorder {
	return report.NewRecorder(now, traceOf(ctx, l, run))
}

// traceOf is what the ledger keeps for the page of a run; nil: nothing.
func traceOf(ctx context.Context, l *ledger.Ledger, run ledger.Run) *report.Trace {
	text, err := l.Trace(ctx, run.Seq)
	if err != nil || text == nil {
		return nil
	}
	trace := &report.Trace{}
	if json.Unmarshal(text, trace) != nil {
		return nil
	}
	return trace
}

// keepTrace stores what was recorded.
func keepTrace(ctx context.Context, l *ledger.Ledger, run ledger.Run, r *report.Recorder) error {
	text, err := json.Marshal(r.Trace())
	if err != nil {
		return err
	}
	return l.KeepTrace(ctx, run.Seq, text)
}

// recordRow is told of each outcome at once.
func recordRow(r *report.Recorder) func(importer.Outcome) {
	return func(o importer.Outcome) {
		r.Row(time.Now(), o.Status, o.Took)
	}
}

// refusalsEvery is how often it is looked whether requests were refused. A row
// may be settled long after a request for it was.
const refusalsEvery = 250 * time.Millisecond

// recordRefusals looks at the requests until stop is called, which waits.
func (s *sitting) recordRefusals() (stop func()) {
	if s.recorder.Load() == nil {
		return func() {}
	}
	quit := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		ticker := time.NewTicker(refusalsEvery)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				s.countRefusals()
				return
			case <-ticker.C:
				s.countRefusals()
			}
		}
	})
	return func() {
		close(quit)
		wait.Wait()
	}
}

func (s *sitting) countRefusals() {
	s.recorder.Load().Refused(time.Now(), s.pace().Refused)
}

// recordPause is told of what the pacer does.
func recordPause(r *report.Recorder, e pacer.Event) {
	switch e.Kind {
	case pacer.PauseBegan, pacer.PauseExtended, pacer.OutageBegan:
		r.Hold(e.Reason)
	case pacer.PauseEnded, pacer.OutageEnded:
		r.Pause(e.At.Add(-e.Lasted), e.At)
	}
}
