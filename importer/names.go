package importer

import (
	"context"
	"errors"
	"sync"

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

// nameChanges remembers that the site does not let us change names: one sentence, and no further request.
type nameChanges struct {
	mu  sync.Mutex
	off string
}

func (n *nameChanges) why() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.off
}

func (n *nameChanges) turnOff(why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.off = why
}

// rename changes the name of one known customer. It may be repeated: no attempt goes on record, only the outcome.
func (c *creation) rename(ctx context.Context, row *export.Row, a ledger.Account) (Result, *Stop) {
	if off := c.names.why(); off != "" {
		return c.notRenamed(ctx, row, a, off, apiclient.Call{})
	}
	call, err := c.api.RenameCustomer(ctx, a.ID, row.Name)
	v, off := judgeRename(a, err)
	stop := c.rules.after(v.status, err)
	switch {
	case off != "":
		c.names.turnOff(off)
		return c.notRenamed(ctx, row, a, off, call)
	case v.status == outcome.NotAttempted:
		return knownResult(row, a), stop
	}
	e := c.entry(task{row: row}, v, call)
	e.AccountID = a.ID
	result, broken := record(ctx, c.ledger, c.run, row, e, call)
	return result, firstStop(stop, broken)
}

// judgeRename reads the answer to a rename. off is why no name can be changed here at all; "": they can.
func judgeRename(a ledger.Account, err error) (v verdict, off string) {
	refused, answered := errors.AsType[*apiclient.Error](err)
	switch {
	case err == nil:
		return verdict{status: outcome.Renamed, reason: outcome.ReasonRenamed(a.Name), change: ledger.Rename}, ""
	case cutShort(err):
		return verdict{status: outcome.NotAttempted}, ""
	case answered && refused.RouteInDoubt():
		return verdict{status: outcome.Known}, "this site does not offer the operation that changes names"
	case answered && (refused.Kind == apiclient.KindForbidden || refused.Kind == apiclient.KindScope):
		return verdict{status: outcome.Known}, "the account or its token may not change names (" + refused.Redacted() + ")"
	case answered && refused.Kind == apiclient.KindSite:
		return verdict{status: outcome.Known}, refused.Redacted()
	}
	return verdict{status: outcome.Failed, reason: outcome.ReasonNotRenamed(refusedReason(err, "change names"))}, ""
}

// notRenamed is a known customer whose name stays as it was sent.
func (c *creation) notRenamed(ctx context.Context, row *export.Row, a ledger.Account, why string,
	call apiclient.Call) (Result, *Stop) {
	reason := outcome.JoinReasons(outcome.ReasonKnown(a.Status, a.At), outcome.ReasonNotRenamed(why))
	e := c.entry(task{row: row}, verdict{status: outcome.Known, reason: reason}, call)
	e.AccountID = a.ID
	return record(ctx, c.ledger, c.run, row, e, call)
}
