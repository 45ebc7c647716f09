package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// Result is the outcome of one row, as Run.Do emits it.
type Result struct {
	Row *export.Row
	outcome.Outcome
	Call     apiclient.Call // the last of this session; zero: nothing was asked
	isRename bool           // it is of a rename
	fixedKey string         // the key that the row was onboarded with once it was fixed; "": it was not
}

// knownOutcome returns that of a row that needs no request; else, with false, the one if the run stops before it.
func knownOutcome(row *export.Row, m ledger.History) (o outcome.Outcome, done bool) {
	switch {
	case row.Excluded != "":
		o.Status, o.Reason = outcome.Excluded, row.Excluded
	case m.Fixed != nil:
		o.Status, o.AccountID = outcome.Known, m.Fixed.ID
		o.Reason = fmt.Sprintf(outcome.ReasonFixed, m.Fixed.Email, outcome.Day(m.Fixed.At))
	case row.Invalid != "":
		o.Status, o.Reason = outcome.Invalid, row.Invalid
	case row.DuplicateOf != export.Place{}:
		o.Status, o.Reason = outcome.Duplicate, fmt.Sprintf(outcome.ReasonSame, "address", row.DuplicateOf)
		if row.DuplicateName {
			o.Reason += outcome.ReasonOnlyThatSent
		}
	case m.Outcome != nil:
		return *m.Outcome, !m.Outcome.Open // open: the answer to its attempt is not known
	default:
		return outcome.Outcome{Status: outcome.NotAttempted, Reason: outcome.ReasonStopped}, false
	}
	return o, true
}

// identified returns o with the identity of its row; a name that o has stays.
func identified(row *export.Row, o outcome.Outcome) outcome.Outcome {
	o.Row, o.SheetRow, o.Line = row.Number, row.Place.Row, row.Place.Line
	o.Key, o.Email, o.Name, o.ExternalID = row.Key, row.Email, cmp.Or(o.Name, row.Name), row.ExternalID
	return o
}

// resultOf returns the result of a row: its outcome, with the row's note added to the reason.
func resultOf(row *export.Row, o outcome.Outcome) Result {
	o.Reason = outcome.JoinReasons(o.Reason, row.Note)
	return Result{Row: row, Outcome: identified(row, o)}
}

// nameChanged reports whether a row has another name than the one that we sent, and not the address alone.
func nameChanged(row *export.Row, a ledger.Account) bool {
	return a.Name != "" && tidy(a.Name) != tidy(row.Name) && row.Name != row.Email && a.Status != outcome.Conflict
}

// Replay emits the results of a run from the ledger, in input order, as they were at its end, and counts them. rows are
// those of the same input, read with the same choices, or Plan.Rows. resent: known rows were to be sent, too.
func Replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, resent bool, rows iter.Seq2[*export.Row, error],
	emit func(Result) error) (totals outcome.Totals, err error) {
	r := NewRun(ctx, nil, l, &Plan{Run: run, Options: PlanOptions{ResendKnown: resent}}, Options{})
	r.endedAt = cmp.Or(run.FinishedAt, time.Now())
	for t, err := range r.tasks(ctx, rows) {
		if err != nil {
			return totals, err
		}
		result := t.result
		result.Organization, result.ServiceDesk = t.Access.Organization, t.Access.ServiceDesk
		result.Reason = outcome.JoinReasons(result.Reason, t.Access.Reason)
		totals[result.Status]++
		if err := emit(result); err != nil {
			return totals, err
		}
	}
	return totals, nil
}

// fingerprint recognises a row to fix in a later export: by external id and fault, else by all cells, and its number.
func fingerprint(row *export.Row) string {
	m := "id:" + row.ExternalID + "\n" + row.Key + "\n" + row.Invalid
	if row.ExternalID == "" {
		m = fmt.Sprintf("row:%x", sha256.Sum256([]byte(strings.Join(row.Cells, "\x00"))))
	}
	return m + "#" + strconv.Itoa(row.Alike)
}

// collectFixed collects the rows that go into the failed file, and those fixed in the input, if it is a failed file.
func (r *Run) collectFixed(result Result) {
	row, came := result.Row, result.Row.Own["jsm_row"]
	one := ledger.Fixed{From: "at:" + r.plan.Run.Input + "#" + came}
	switch failed := r.options.FailedPath; {
	case result.Status.NeedsFixing() && failed != "":
		one.At, one.Fingerprint = "at:"+failed+"#"+strconv.Itoa(result.SheetRow), fingerprint(row)
	case came != "" && row.Own["jsm_status"] == "" && onboarded(result.Status) &&
		(result.Status != outcome.Known || tidy(result.Name) == tidy(row.Name)): // else it is somebody else's address
		if one.Key = row.Key; row.ExternalID != "" {
			one.Fingerprint = fingerprint(&export.Row{ExternalID: row.ExternalID, Invalid: row.Own["jsm_reason"]})
		}
	default:
		return
	}
	r.fixed = append(r.fixed, one)
}

// onboarded reports whether the person of a row with this status has an account at the site.
func onboarded(s outcome.Status) bool { return s >= outcome.Created && s <= outcome.Renamed }
