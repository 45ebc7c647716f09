package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Cause is why a run ended before its last row. Its number is the exit code of a process that ends so.
type Cause int

const (
	LimitReached Cause = 0   // --limit: as asked
	Broken       Cause = 1   // disk, ledger, input, or no answer for --max-pause: the run cannot go on
	Usage        Cause = 2   // the command line is wrong: it did not begin
	Unauthorised Cause = 4   // 401, 403
	Guarded      Cause = 5   // a guard, or the same refusal again and again
	QuotaPause   Cause = 6   // the quota asks for more than --max-pause
	Interrupted  Cause = 130 // Ctrl-C, SIGTERM
)

// Stop is the error that ends a run early. What is one sentence with the cause; Hint says what to do next.
type Stop struct {
	Cause Cause
	What  string
	Hint  string
	Err   error
}

func (s *Stop) Error() string { return s.What }
func (s *Stop) Unwrap() error { return s.Err }

func newStop(cause Cause, err error, what, hint string) *Stop {
	return &Stop{Cause: cause, Err: err, What: what, Hint: hint}
}

// ErrInterrupted cancels the context of a run when the user asks it to stop.
var ErrInterrupted = newStop(Interrupted, nil, "interrupted", "")

const thenRerun = "then run the same command again; it goes on where it stopped"

// interrupted is why ctx has ended; nil while it has not.
func interrupted(ctx context.Context) *Stop {
	cause := context.Cause(ctx)
	if s, ok := errors.AsType[*Stop](cause); ok || cause == nil {
		return s
	}
	return ErrInterrupted
}

func brokenLedger(err error) *Stop {
	if err == nil {
		return nil
	}
	return newStop(Broken, err, err.Error(), "make room on the disk, or fix what the message names, "+thenRerun)
}

// StopFor returns why an error of the site, or of the ledger's disk, ends the run; nil if it concerns its row alone.
func StopFor(err error) *Stop {
	pause, long := errors.AsType[*apiclient.PauseError](err)
	refused, answered := errors.AsType[*apiclient.Error](err)
	switch {
	case long && !pause.Outage.IsZero() && time.Until(pause.Until) <= 0:
		return newStop(Broken, err, "the site has not answered since "+pause.Outage.Local().Format("15:04:05")+
			" ("+pause.Reason+")", "check whether the site opens in a browser, "+thenRerun)
	case long:
		cause, what, until := QuotaPause, "the quota of the site asks for a pause until ", text.Minute(pause.Until)
		if !pause.Outage.IsZero() {
			cause, what = Broken, "the site is down ("+pause.Reason+") and asks to be left alone until "
		}
		return newStop(cause, err, what+until, "run the same command again after "+until+
			", or allow a longer wait with --max-pause; it goes on where it stopped")
	case answered && (refused.Kind == apiclient.KindUnauthorized || refused.Kind == apiclient.KindScope):
		return newStop(Unauthorised, err, "the site no longer accepts the credentials ("+refused.Redacted()+")",
			joinLines(refused.Hint, thenRerun))
	case errors.Is(err, ledger.ErrFull):
		return brokenLedger(err)
	}
	return nil
}

// cutShort reports whether a call ended because the run did, and not because of an answer.
func cutShort(err error) bool {
	_, pause := errors.AsType[*apiclient.PauseError](err)
	return pause || errors.Is(err, context.Canceled)
}

// statusOf is the status with which the site refused; 0: there was no answer.
func statusOf(err error) int {
	refused, _ := errors.AsType[*apiclient.Error](err)
	return cmp.Or(refused, &apiclient.Error{}).Status
}

func joinLines(first, second string) string { return strings.TrimPrefix(first+"\n"+second, "\n") }

// maxSameRefusals is how many equal refusals, with nothing done in between, are one problem and not one of each row.
const maxSameRefusals = 20

// stopRules decide after each row whether the run should stop.
type stopRules struct {
	maxErrors    Limit // none: failures never stop the run
	maxForbidden int   // after that many 403 in a row, no row may be sent

	sent   atomic.Int64 // rows that were sent
	failed atomic.Int64 // of them failed or unknown
	same   refusals
}

// refusals counts equal refusals in a row, of one kind of request.
type refusals struct {
	mu     sync.Mutex
	last   string // status and Jira's key: what makes two the same
	n      int
	pauses bool                    // a long pause of the quota, too, ends these requests and not the run
	off    atomic.Pointer[leftOut] // set after maxSameRefusals, or one answer that is about all requests
}

// add counts an answer, and returns how many refusals like it came in a row; 0: it is none, or perhaps of an outage.
func (s *refusals) add(err error, all bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused, ok := errors.AsType[*apiclient.Error](err)
	switch {
	case all:
		s.n = maxSameRefusals
	case !ok:
		s.n = 0
	case refused.Status < 200 || refused.Status >= 500:
		return 0
	case fmt.Sprint(refused.Status, refused.Key) != s.last:
		s.last, s.n = fmt.Sprint(refused.Status, refused.Key), 1
	default:
		s.n++
	}
	if s.n >= maxSameRefusals {
		s.off.CompareAndSwap(nil, new(leftOut(oneLine(err))))
	}
	return s.n
}

// after takes one row that was sent, with the error that its call ended in.
func (w *stopRules) after(s outcome.Status, err error) *Stop {
	switch w.sent.Add(1); s {
	case outcome.Failed, outcome.Unknown:
		w.failed.Add(1)
	case outcome.NotAttempted, outcome.NotFound, outcome.Review:
	default:
		w.same.add(nil, false)
		return nil
	}
	return cmp.Or(StopFor(err), w.sameRefusal(err), w.tooMany())
}

// sameRefusal counts equal refusals in a row, and returns a *Stop when there are too many.
func (w *stopRules) sameRefusal(err error) *Stop {
	n, refused := w.same.add(err, false), new(apiclient.Error)
	switch errors.As(err, &refused); {
	case n > 0 && refused.Status == 403 && n >= w.maxForbidden:
		return forbidden(err)
	case n < maxSameRefusals, w.maxErrors.Unit == "":
		return nil
	}
	return newStop(Guarded, err,
		fmt.Sprintf("the site gave the same answer to %d rows in a row (%s), and none succeeded between: "+
			"this is one problem, not %d", n, refused.Error(), n),
		joinLines(refused.Hint, "fix the cause and run the same command again; these rows are then sent again. "+
			"If it really lies in each row, go on with --max-errors 0"))
}

func forbidden(err error) *Stop {
	refused, _ := errors.AsType[*apiclient.Error](err)
	return newStop(Unauthorised, err, refused.Op+" is not allowed for this account ("+refused.Redacted()+")",
		joinLines(refused.Hint, "get the permission, "+thenRerun))
}

// tooMany is the guard --max-errors.
func (w *stopRules) tooMany() *Stop {
	failed, sent := int(w.failed.Load()), int(w.sent.Load())
	if !w.maxErrors.Exceeded(failed, sent) {
		return nil
	}
	return newStop(Guarded, nil,
		fmt.Sprintf("%s of %s rows sent have failed, more than --max-errors %s allows",
			text.Grouped(failed), text.Grouped(sent), w.maxErrors),
		"the reasons are in the results file; run the same command again when the cause is fixed, "+
			"or with another --max-errors")
}
