package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
)

// Cause is why a run ended before its last row.
type Cause int

const (
	Interrupted  Cause = iota + 1 // Ctrl-C, SIGTERM
	LimitReached                  // --limit: as asked
	Guarded                       // a guard, or the same refusal again and again
	Unauthorised                  // 401, 403
	QuotaPause                    // the quota asks for more than --max-pause
	SiteGone                      // no answer for --max-pause
	Broken                        // disk, ledger, changed input: the run cannot go on
)

var causeNames = [...]string{
	Interrupted: "interrupted", LimitReached: "limit", Guarded: "guard", Unauthorised: "not_authorised",
	QuotaPause: "quota", SiteGone: "site_gone", Broken: "broken",
}

func (c Cause) String() string { return causeNames[c] }

// ExitCode is the code with which a process ends that stopped for this cause.
func (c Cause) ExitCode() int {
	switch c {
	case Interrupted:
		return 130
	case LimitReached:
		return 0
	case Guarded:
		return 5
	case Unauthorised:
		return 4
	case QuotaPause:
		return 6
	}
	return 1
}

// AskAgain tells whether the rows that failed in a run stopped by this cause
// are asked again when the run goes on: what stopped it was a problem of the
// site, and those rows may have failed by it.
func (c Cause) AskAgain() bool { return c != Interrupted && c != LimitReached }

// Stop is the error by which a run ends early. Its text is one sentence with
// the cause; Hint says what to do next.
type Stop struct {
	Cause Cause
	What  string
	Hint  string
	Until time.Time // QuotaPause: when to come back
	Err   error
}

func (s *Stop) Error() string { return s.What }

func (s *Stop) Unwrap() error { return s.Err }

// ErrInterrupted cancels the context of a run when the user asks it to stop.
var ErrInterrupted = &Stop{Cause: Interrupted, What: "interrupted"}

// interrupted is why ctx has ended; nil while it has not.
func interrupted(ctx context.Context) *Stop {
	cause := context.Cause(ctx)
	if cause == nil {
		return nil
	}
	if s, ok := errors.AsType[*Stop](cause); ok {
		return s
	}
	return ErrInterrupted
}

// MinuteAfter is t for people, to the minute and not too early.
func MinuteAfter(t time.Time) string {
	return t.Add(time.Minute - time.Nanosecond).Truncate(time.Minute).Local().Format("15:04 on 2 January")
}

// stopFor is the reason to stop that lies in one error of the desk or the
// ledger; nil when the error concerns its row alone.
func stopFor(err error) *Stop {
	if pause, ok := errors.AsType[*pacer.PauseError](err); ok {
		until := MinuteAfter(pause.Until)
		return &Stop{Cause: QuotaPause, Until: pause.Until, Err: err,
			What: "the quota of the site asks for a pause until " + until,
			Hint: "run the same command again after " + until + ", or allow a longer wait with --max-pause; it goes on where it stopped"}
	}
	if outage, ok := errors.AsType[*pacer.OutageError](err); ok {
		return &Stop{Cause: SiteGone, Err: err,
			What: "the site has not answered since " + outage.Since.Local().Format("15:04:05"),
			Hint: "look whether the site opens in a browser, then run the same command again; it goes on where it stopped"}
	}
	if refused, ok := errors.AsType[*apiclient.Error](err); ok && (refused.Kind == apiclient.KindUnauthorized || refused.Kind == apiclient.KindScope) {
		return &Stop{Cause: Unauthorised, Err: err,
			What: "the site no longer accepts the credentials (" + refused.Redacted() + ")",
			Hint: joinLines(refused.Hint, "then run the same command again; it goes on where it stopped")}
	}
	return nil
}

func joinLines(lines ...string) string {
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// refusal is what makes two refusals the same: the status and Jira's key for
// it. Texts do not count.
type refusal struct {
	status int
	key    string
}

// sameRefusals is how many rows may be refused alike, with nothing made in
// between, before that is one problem of the site and not of the rows.
const sameRefusals = 20

// watch decides after each row whether the run should stop. It is not safe for
// concurrent use.
type watch struct {
	maxErrors Limit
	sent      int // rows that were sent
	failed    int // of them failed or unknown
	last      refusal
	streak    int
	told      error // the last refusal of the streak
	reached   bool  // something was made or found there in this sitting
}

// after takes one row that was sent, with the error that its call ended in.
func (w *watch) after(s Status, err error) *Stop {
	w.sent++
	if s == Created || s == CreatedUnconfirmed || s == Conflict || s == Revoked {
		w.reached, w.streak = true, 0
		return nil
	}
	if s != Failed && s != Unknown {
		return nil
	}
	w.failed++
	if stop := stopFor(err); stop != nil {
		return stop
	}
	if stop := w.sameAgain(err); stop != nil {
		return stop
	}
	return w.tooMany()
}

// sameAgain keeps the streak of equal refusals.
func (w *watch) sameAgain(err error) *Stop {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok || refused.Status < 300 || refused.Status >= 500 {
		return nil
	}
	this := refusal{refused.Status, refused.Key}
	if this != w.last {
		w.last, w.streak = this, 0
	}
	w.streak++
	w.told = err
	unlimited := w.maxErrors.Set && w.maxErrors.Rows == 0 && w.maxErrors.Percent == 0
	if w.streak < sameRefusals || (unlimited && this.status != 403) {
		return nil
	}
	return refusedAlike(w.streak, refused)
}

func refusedAlike(n int, refused *apiclient.Error) *Stop {
	stop := &Stop{Cause: Guarded, Err: refused,
		What: fmt.Sprintf("the site refused %d rows in a row for the same reason (%s), and made none between: this is one problem, not %d", n, refused.Error(), n),
		Hint: "mend the cause and run the same command again; the refused rows are then sent again. If it really lies in each row, go on with --max-errors 0"}
	stop.Hint = joinLines(refused.Hint, stop.Hint)
	if refused.Status == 403 {
		stop.Cause = Unauthorised
		stop.What = fmt.Sprintf("the account may not make customers (%s)", refused.Error())
	}
	return stop
}

// tooMany is the guard --max-errors.
func (w *watch) tooMany() *Stop {
	limit := w.maxErrors
	if !limit.Set || (limit.Rows == 0 && limit.Percent == 0) || !limit.Exceeded(w.failed, w.sent) {
		return nil
	}
	return &Stop{Cause: Guarded,
		What: fmt.Sprintf("%s of %s rows sent have failed, more than --max-errors %s allows", Grouped(w.failed), Grouped(w.sent), limit),
		Hint: "the reasons are in the results file; run the same command again when the cause is mended, or with another --max-errors"}
}

// verdict is the exit code that the refusals themselves ask for when a run got
// to its end: nothing was made, and all of the refusals were about permission.
func (w *watch) onlyForbidden() bool {
	return !w.reached && w.failed > 0 && w.streak == w.failed && w.last.status == 403
}
