package importer

import (
	"fmt"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// nameChanged reports whether a row has another name than the one that we sent. A name that is only the address, or an
// account that was there before us, has none to compare.
func nameChanged(row *export.Row, a ledger.Account) bool {
	return a.Name != "" && a.Name != row.Name && row.Name != row.Email && a.Status != outcome.Conflict
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
