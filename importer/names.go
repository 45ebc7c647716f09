package importer

import (
	"context"
	"errors"
	"fmt"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// nameChanged reports whether a row has another name than the one that we sent. A name that is only the address, or an
// account that was there before us, has none to compare.
func nameChanged(row *export.Row, a ledger.Account) bool {
	return a.Name != "" && a.Name != row.Name && row.Name != row.Email && a.Status != outcome.Conflict
}

// rename changes the name of one known customer. It may be repeated: no attempt goes on record, only the outcome. When
// the site does not let us change names nobody else is asked about, and the customers stay known.
func (c *creation) rename(ctx context.Context, row *export.Row, a ledger.Account) (Result, *Stop) {
	var v verdict
	var call apiclient.Call
	var stop *Stop
	off := c.namesOff.Load()
	if off == nil {
		var err error
		call, err = c.api.RenameCustomer(ctx, a.ID, row.Name)
		var why string
		if v, why = judgeRename(a, err); why != "" {
			off = &why
			c.namesOff.Store(off)
		}
		stop = c.rules.after(v.status, err)
	}
	if off != nil {
		v = verdict{status: outcome.Known, reason: outcome.JoinReasons(outcome.ReasonKnown(a.Status, a.At),
			fmt.Sprintf(outcome.ReasonNotRenamed, *off))}
	}
	if v.status == outcome.NotAttempted {
		return knownResult(row, a), stop
	}
	e := entryOf(row, v, call)
	e.AccountID, e.Retry = a.ID, v.status == outcome.Failed
	result, broken := c.record(ctx, row, e, call)
	return result, firstStop(stop, broken)
}

// judgeRename reads the answer to a rename. off is why no name can be changed here at all; "": they can.
func judgeRename(a ledger.Account, err error) (v verdict, off string) {
	refused, answered := errors.AsType[*apiclient.Error](err)
	switch {
	case err == nil:
		reason := fmt.Sprintf(outcome.ReasonRenamed, a.Name)
		return verdict{status: outcome.Renamed, reason: reason, change: ledger.Rename}, ""
	case cutShort(err):
		return verdict{status: outcome.NotAttempted}, ""
	case answered && refused.RouteInDoubt:
		off = "this site does not offer the operation that changes names"
	case answered && (refused.Kind == apiclient.KindForbidden || refused.Kind == apiclient.KindScope):
		off = "the account or its token may not change names (" + refused.Redacted() + ")"
	case answered && refused.Kind == apiclient.KindSite:
		off = refused.Redacted()
	default:
		reason := fmt.Sprintf(outcome.ReasonNotRenamed, refusedReason(err, "change names"))
		return verdict{status: outcome.Failed, reason: reason}, ""
	}
	return verdict{status: outcome.Known}, off
}
