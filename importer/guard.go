package importer

import (
	"fmt"
	"strings"

	"jsm-onboard/importer/export"
)

// Guards are the limits that a plan must keep before anything is sent.
type Guards struct {
	MaxInvalid Limit // of the rows read
	MaxCreates Limit // of Last
	MaxShrink  Limit // how many fewer people than Last there may be, of Last
	Last       int   // people in the source's last complete run; 0: it has none, and a share of it holds nothing back
	People     bool  // a file without anybody who could be sent is refused
}

// Check refuses a plan that breaks a guard, before any request.
func (g Guards) Check(p *Plan) error {
	if g.People && p.Survey.Valid == 0 {
		return &export.RefusedError{Path: p.Survey.Path, What: fmt.Sprintf("none of its %s rows is somebody who can be onboarded: this is no whole export, and nothing is done", Grouped(p.Survey.Rows)),
			Hint: "see why with jsm-onboard check"}
	}
	if stop := g.stop(p); stop != nil {
		return stop
	}
	return nil
}

func (g Guards) stop(p *Plan) *Stop {
	rows, people := p.Survey.Rows-p.Survey.Excluded, p.Survey.Rows-p.Survey.Duplicates
	if len(p.Missing) > 0 {
		return guarded(fmt.Sprintf("the export does not hold %s (--require-email); nothing was sent", strings.Join(p.Missing, ", ")),
			"look whether the export is whole, and of the right system")
	}
	if g.MaxInvalid.Exceeded(p.Survey.Invalid, rows) {
		return guarded(fmt.Sprintf("%s of %s invalid, and --max-invalid %s allows %s; nothing was sent", Grouped(p.Survey.Invalid), Counted(rows, "row is", "rows are"), spoken(g.MaxInvalid), Grouped(g.MaxInvalid.Of(rows))),
			"see what is wrong with jsm-onboard check; mend the export, or allow it once with --max-invalid "+fmt.Sprint(p.Survey.Invalid))
	}
	if g.Last > 0 && g.MaxShrink.Exceeded(g.Last-people, g.Last) {
		return guarded(fmt.Sprintf("the export has %s, %s fewer than the last complete run had, and --max-shrink %s allows %s; nothing was sent", Counted(people, "person", "people"), Grouped(g.Last-people), spoken(g.MaxShrink), Grouped(g.MaxShrink.Of(g.Last))),
			"look whether the export is whole; when so many have really left, allow it once with "+fmt.Sprintf("--max-shrink %d%%", shareUp(g.Last-people, g.Last)))
	}
	if g.MaxCreates.Percent > 0 && g.Last == 0 {
		return nil
	}
	if g.MaxCreates.Exceeded(p.Create, g.Last) {
		return guarded(fmt.Sprintf("%s would be created, and --max-creates %s allows %s; nothing was sent", Counted(p.Create, "customer", "customers"), spoken(g.MaxCreates), Grouped(g.MaxCreates.Of(g.Last))),
			"look at the plan with --dry-run; when it is right, allow it once with --max-creates "+fmt.Sprint(p.Create))
	}
	return nil
}

// CheckRevocation refuses to take access away from more accounts than limit
// allows of those that the ledger manages. What an earlier sitting of the run
// has revoked counts as if it were still to be done.
func CheckRevocation(p *Plan, limit Limit, managed int) error {
	before := p.Settled.Of(Revoked)
	n, managed := p.Create+before, managed+before
	if !limit.Exceeded(n, managed) {
		return nil
	}
	return guarded(fmt.Sprintf("access would be taken away from %s, and --max-revoke %s allows %s of the %s that the ledger manages; nothing was revoked", Counted(n, "account", "accounts"), spoken(limit), Grouped(limit.Of(managed)), Grouped(managed)),
		"look at "+p.Survey.Path+"; when it is right, allow it once with --max-revoke "+fmt.Sprint(n))
}

// RevokedShare says how large a part of the accounts that the ledger manages a
// revocation takes.
func (p *Plan) RevokedShare(managed int) string {
	before := p.Settled.Of(Revoked)
	ours, managed := p.Create+before-p.Reach.Foreign-p.Reach.Unknown, managed+before
	text := fmt.Sprintf("%s of the %s that this ledger manages", Grouped(ours), Counted(managed, "account", "accounts"))
	if ours > 0 && ours == managed {
		text += ": everybody"
	}
	if n := p.Reach.Foreign; n > 0 {
		text += fmt.Sprintf("; and %s not made by us but found at the site", Counted(n, "that was", "that were"))
	}
	if n := p.Reach.Unknown; n > 0 {
		text += fmt.Sprintf("; and %s that it does not know", Grouped(n))
	}
	return text
}

// handful is how many accounts may be revoked without a word about how many
// they are of all.
const handful = 10

// CheckUnlisted refuses a file that is no list of leavers and that takes access
// away from more than half as many accounts as the ledger manages, and more than
// a handful: most likely the export itself was named. For those who neither are
// asked nor have given a limit.
func CheckUnlisted(p *Plan, managed int) error {
	before := p.Settled.Of(Revoked)
	n, managed := p.Create+before, managed+before
	if known := n - p.Reach.Unknown; p.Reach.Listed || known <= handful || 2*known <= managed {
		return nil
	}
	return guarded(fmt.Sprintf("access would be taken away from %s (%s), and this file is no list of leavers: it has no column jsm_action; nothing was revoked",
		Counted(n, "account", "accounts"), p.RevokedShare(managed-before)),
		"the lists that sync writes are called ….leavers.csv; when it is really "+p.Survey.Path+" that is meant, say so with --max-revoke "+fmt.Sprint(n))
}

func guarded(what, hint string) *Stop { return &Stop{Cause: Guarded, What: what, Hint: hint} }

// spoken is a limit within a sentence.
func spoken(l Limit) string {
	if share, least, ok := strings.Cut(l.String(), ", "); ok {
		return share + " (" + least + ")"
	}
	return l.String()
}

// shareUp is n of base in percent, rounded up.
func shareUp(n, base int) int { return (100*n + base - 1) / base }
