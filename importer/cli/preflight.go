package cli

import (
	"context"
	"fmt"
	"os"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// What an account may, when that is less than all, or cannot be asked.
const (
	administerUnverified = "whether this account may administer Jira cannot be verified with this token; the first row will tell"
	browseMissing        = "this account may not browse users: the account ids behind conflicts will not be looked up"
	nameless             = "whose token this is cannot be told: it lacks the scope " + apiclient.ScopeUser
)

// cautions are what the site's answers leave open, for the plan.
func (r *importRun) cautions() []string {
	var notes []string
	if r.who.Root != "" && r.who.User.ID == "" {
		notes = append(notes, "Note: "+nameless+".")
	}
	if r.who.Administer == apiclient.Unverified {
		notes = append(notes, "Note: "+administerUnverified+".")
	}
	if r.who.BrowseUsers == apiclient.No && r.resolveConflicts {
		notes = append(notes, "Note: "+browseMissing+".\n      "+apiclient.HintBrowse)
	}
	return notes
}

// writable finds out before the first request whether the files can be
// written. What is no file (a pipe) is left alone: opening it tells its reader.
func writable(paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if found, err := os.Stat(path); err == nil && !found.Mode().IsRegular() && !found.IsDir() {
			continue
		}
		file, err := report.CreateFile(path)
		if err != nil {
			return err
		}
		file.Abort()
	}
	return nil
}

// manyCreates is from when on a first run is too much to take back by hand.
const manyCreates = 100

// firstRowFirst offers to make one customer and stop, before many are created
// with a ledger that has created nobody yet: whether a site writes to its new
// customers is known only to those who have tried.
func (r *importRun) firstRowFirst(ctx context.Context) error {
	if r.yes || r.importFlags.limit > 0 || r.site.sandbox || r.plan.Create <= manyCreates || !r.interactive() {
		return nil
	}
	if made, err := anybodyMade(ctx, r.session.ledger); err != nil || made {
		return err
	}
	first, err := r.plan.First(ctx)
	if err != nil {
		return err
	}
	all := importer.Grouped(r.plan.Create)
	r.console.People(report.FirstOffer(first) + fmt.Sprintf("y sends this one and stops; n leads to a question about all %s; Ctrl-C sends nothing.\n", all))
	one, err := r.ask(ctx, "Create one customer now, and stop?")
	if err != nil {
		return err
	}
	if one {
		r.importFlags.limit, r.only = 1, first
		return nil
	}
	agreed, err := r.ask(ctx, "Create all "+all+" now? n sends nothing.")
	if err == nil && !agreed {
		err = errNotAgreed
	}
	return err
}

// anybodyMade tells whether the ledger knows of somebody whom it has created.
// Those who were there already are none.
func anybodyMade(ctx context.Context, l *ledger.Ledger) (bool, error) {
	if seen, err := l.HasAccounts(ctx); err != nil || !seen {
		return false, err
	}
	holdings, err := l.Holdings(ctx)
	if err != nil || holdings.Revoked > 0 {
		return true, err
	}
	managed, err := l.Managed(ctx)
	return managed > 0, err
}
