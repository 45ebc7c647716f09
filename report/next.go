package report

import (
	"cmp"
	"slices"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Step is something to do next, with the command for it or "".
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

type steps []Step

// add takes a text, and the words of a command where there is one. Without a text there is nothing to do.
func (l *steps) add(text string, command ...string) {
	step := Step{Text: text}
	if len(command) > 0 {
		step.Command = Command(command[0], command[1:]...)
	}
	if text != "" {
		*l = append(*l, step)
	}
}

// NextSteps are what to do now. After a run that stopped the same command comes first, and may settle the other rows.
func NextSteps(s Summary) []Step {
	var l steps
	l.add(cmp.Or(s.Hint,
		onlyIf(s.Limited(), "run the same command again for the rest; without --limit it runs to the end"),
		onlyIf(s.Outcome == ledger.Stopped, "run the same command again: it continues where it stopped")))
	switch {
	case s.Outcome != ledger.Complete && !s.Limited():
	case s.Command == "revoke" || s.Command == "undo":
		l.revoked(s.Rows, s.Results)
	default:
		l.rows(s)
		l.access(s)
		l.leavers(s.Leavers, s.SiteFlags)
	}
	return l
}

// rows are about rows to fix, and people whose access was revoked.
func (l *steps) rows(s Summary) {
	failed, results := Shown(s.Failed), Shown(s.Results)
	unless := onlyIf(s.Kept != "", ", unless that was done in "+Shown(s.Kept))
	l.add(onlyIf(failed != "", counted(s.Rows.Of(outcome.Invalid, outcome.Failed, outcome.Unknown),
		"row needs", "rows need", " fixing"+unless+": jsm_reason in "+failed+" says why; fix the row there, or the "+
			"cause at the site, then:")),
		slices.Concat([]string{"import", failed}, s.SiteFlags, s.Repeat)...)
	l.add(onlyIf(results != "", counted(s.Rows.Of(outcome.RevokedBefore),
		"row is", "rows are", " revoked_before: give access back by hand, as jsm_reason in "+results+" says, then:")),
		slices.Concat([]string{"import", results}, s.SiteFlags, s.Repeat,
			[]string{"--include", "jsm_status=revoked_before", "--resend-known"})...)
}

func (l *steps) access(s Summary) {
	a := s.Access
	if a == nil {
		return
	}
	const again = "then run the same command again"
	l.add(counted(a.NotGood, "row has", "rows have", " not got all of the access that was asked for: jsm_reason in "+
		Shown(s.Results)+" says why; fix that, "+again))
	for _, refused := range a.Refused {
		l.add(refused + "; fix that (403: give the account an agent licence on that project), " + again)
	}
	see := slices.Concat([]string{"report", s.RunID, "--summary", "-"}, s.SiteFlags)
	if s.Gone {
		see = nil
	}
	l.add(counted(len(a.ToReview), "membership in an earlier organization is",
		"memberships in earlier organizations are", " still there: see access.to_review in the summary "+
			"(--summary PATH)"), see...)
}

func (l *steps) leavers(d *LeaverTotals, siteFlags []string) {
	switch {
	case d == nil:
	case d.Rows != nil:
		l.revoked(*d.Rows, d.Results)
	case d.Held == "":
		list := Shown(d.Path)
		l.add(counted(d.Review, "leaver", "leavers",
			" to review: jsm_reason in "+list+" says why, and what to do by hand"))
		l.add(onlyIf(d.Revoke > 0, "look at "+list+"; to revoke the access of those on it:"),
			slices.Concat([]string{"revoke", list}, siteFlags)...)
	}
}

func (l *steps) revoked(rows Rows, results string) {
	l.add(counted(rows.Of(outcome.Review, outcome.NotFound, outcome.NotPortalOnly, outcome.Invalid),
		"account was left as it was", "accounts were left as they were",
		": jsm_reason in "+Shown(results)+" says why, and what to do by hand"))
	l.add(counted(rows.Of(outcome.Failed, outcome.Unknown), "account was", "accounts were",
		" perhaps not revoked: read jsm_reason in "+Shown(results)+", then run the same command again"))
}
