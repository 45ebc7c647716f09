package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// toldMade is of how many created customers at most the totals name the lines.
const toldMade = 3

// few are the rows of a limited run for which a request was made, as long as
// they are few.
type few struct {
	rows []importer.FirstRow
	over bool // there were more
}

// see takes the outcome of each row.
func (f *few) see(o importer.Outcome) {
	if o.Took == 0 || o.Status != importer.Created && o.Status != importer.CreatedUnconfirmed {
		return
	}
	if f.over = f.over || len(f.rows) == toldMade; !f.over {
		f.rows = append(f.rows, importer.FirstRow{Number: o.Row.Number, Line: o.Row.Line})
	}
}

// noting makes tell note whom a limited run creates.
func (r *importRun) noting(tell func(importer.Outcome) error) func(importer.Outcome) error {
	if r.importFlags.limit == 0 {
		return tell
	}
	return func(o importer.Outcome) error {
		r.few.see(o)
		return tell(o)
	}
}

// tellMade says whom a limited run has created, and when it was to send one
// row, what became of that.
func (r *importRun) tellMade(ctx context.Context, end *importer.End) {
	ctx = context.WithoutCancel(ctx)
	if r.only.Number == 0 {
		r.made = r.linesMade(ctx)
		return
	}
	became := statusOf(ctx, r.session.ledger, r.plan.Run, r.only.Number)
	if became == importer.Created || became == importer.CreatedUnconfirmed {
		r.made = report.Person(r.only)
	}
	if end.Stop != nil && end.Stop.Cause == importer.LimitReached {
		end.Stop = oneSent(r.only.Line, became)
	}
}

// linesMade names the lines of those who were created, when they are few.
func (r *importRun) linesMade(ctx context.Context) string {
	var lines []string
	for _, row := range r.few.rows {
		switch statusOf(ctx, r.session.ledger, r.plan.Run, row.Number) { // a look-up at the end may have changed it
		case importer.Created, importer.CreatedUnconfirmed:
			lines = append(lines, strconv.Itoa(row.Line))
		}
	}
	switch {
	case r.few.over || len(lines) == 0:
		return ""
	case len(lines) == 1:
		return "line " + lines[0]
	}
	return "lines " + strings.Join(lines, ", ")
}

// statusOf is what the ledger has for a row of a run; 0: nothing, or nothing
// that can be read.
func statusOf(ctx context.Context, l *ledger.Ledger, run ledger.Run, number int) importer.Status {
	for o, err := range l.Outcomes(ctx, run.Seq, number) {
		if err != nil || o.Row != number {
			break
		}
		status, err := importer.ParseStatus(o.Status)
		if err != nil {
			break
		}
		return status
	}
	return 0
}

// oneSent ends a run that was to send the row of one line and stop.
func oneSent(line int, became importer.Status) *importer.Stop {
	stop := &importer.Stop{Cause: importer.LimitReached, Hint: "run the same command again: it asks again, and names the next"}
	switch became {
	case importer.Created, importer.CreatedUnconfirmed:
		stop.What = "one customer was to be created, as asked"
		stop.Hint = fmt.Sprintf("see whether the site has sent mail to the address of line %d; then run the same command again for the rest", line)
	case importer.Conflict:
		stop.What = fmt.Sprintf("the address of line %d has an account at the site already: nobody was created", line)
	case importer.Failed:
		stop.What = fmt.Sprintf("line %d was refused: nobody was created", line)
		stop.Hint = "read its jsm_reason in the results; then " + stop.Hint
	default:
		stop.What = fmt.Sprintf("it is not known whether the customer of line %d was created", line)
		stop.Hint = "run the same command again: it settles that row first"
	}
	return stop
}
