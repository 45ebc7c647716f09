package cli

import (
	"context"
	"fmt"
	"os"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
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
// with a ledger that has seen nobody yet: whether a site writes to its new
// customers is known only to those who have tried.
func (r *importRun) firstRowFirst(ctx context.Context) error {
	if r.yes || r.importFlags.limit > 0 || r.site.sandbox || r.plan.Resumed || r.plan.Create <= manyCreates || !r.interactive() {
		return nil
	}
	if seen, err := r.session.ledger.HasAccounts(ctx); err != nil || seen {
		return err
	}
	all := importer.Grouped(r.plan.Create)
	r.console.People(report.FirstOffer(r.plan) + fmt.Sprintf("y creates this one and stops; n leads to a question about all %s; Ctrl-C sends nothing.\n", all))
	one, err := r.ask(ctx, "Create one customer now, and stop?")
	if err != nil {
		return err
	}
	if one {
		r.importFlags.limit, r.justOne = 1, true
		return nil
	}
	agreed, err := r.ask(ctx, "Create all "+all+" now? n sends nothing.")
	if err == nil && !agreed {
		err = errNotAgreed
	}
	return err
}

// justOneMade ends a run that was to create one customer and stop.
var justOneMade = &importer.Stop{Cause: importer.LimitReached, What: "one customer was to be created, as asked",
	Hint: "see whether the site has sent mail to that address; then run the same command again for the rest"}
