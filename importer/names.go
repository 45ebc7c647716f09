package importer

import (
	"context"
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

// rename is the request for another name of a known customer. It may be repeated: no attempt goes on record, only the
// outcome. When the site does not let us change names nobody else is asked about, and the customers stay known.
func (c *creation) rename(row *export.Row, a ledger.Account, otherwise Result) request {
	return request{
		row:       row,
		otherwise: otherwise,
		send: func(ctx context.Context, _ apiclient.Record) (string, apiclient.Call, error) {
			if off := c.namesOff.Load(); off != nil {
				return a.ID, apiclient.Call{}, *off
			}
			call, err := c.api.RenameCustomer(ctx, a.ID, row.Name)
			if forNobody(err) {
				c.namesOff.Store(&err)
			}
			return a.ID, call, err
		},
		judge: func(_ context.Context, _ apiclient.Call, err error) (ledger.Entry, *Stop) {
			return judgeRename(a, err), nil
		},
	}
}

// judgeRename reads the answer to a rename.
func judgeRename(a ledger.Account, err error) ledger.Entry {
	switch {
	case err == nil:
		return entry(outcome.Renamed, fmt.Sprintf(outcome.ReasonRenamed, a.Name), ledger.Rename)
	case forNobody(err):
		return entry(outcome.Known, outcome.JoinReasons(outcome.ReasonKnown(a.Status, a.At),
			fmt.Sprintf(outcome.ReasonNotRenamed, notAllowed(err))), ledger.NoChange)
	case cutShort(err):
		return entry(outcome.NotAttempted, "", ledger.NoChange)
	}
	reason := fmt.Sprintf(outcome.ReasonNotRenamed, refusedReason(err, "change names"))
	e := entry(outcome.Failed, reason, ledger.NoChange)
	e.Retry = true
	return e
}

// notAllowed is what people read of an answer that every such request would get.
func notAllowed(err error) string {
	return "this site, or this account or its token, does not allow it (" + answerOf(err) + ")"
}
