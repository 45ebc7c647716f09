package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// How many rows a share always allows (--max-errors, --max-creates; --max-renames): that of a few says nothing.
const leastErrors, leastRenames = 100, 5

// importWork is what import does within a run.
type importWork struct {
	guards  importer.Guards
	revokes int // sync: leavers who would lose their access
}

func (p *program) importCommand() *cobra.Command {
	w := &importWork{}
	cmd, r := p.runCommand("import FILE", w)
	w.register(cmd.Flags(), r)
	return cmd
}

func (w *importWork) register(flags *pflag.FlagSet, r *run) {
	r.read.register(flags)
	r.out.registerRows(flags)
	flags.IntVar(&r.runOptions.Limit, "limit", r.runOptions.Limit, "")
	flags.BoolVar(&r.planOptions.Access.Organizations, "organizations", false, "")
	flags.StringArrayVar(&r.planOptions.Access.ServiceDesks, "service-desk", nil, "")
	flags.BoolVar(&r.planOptions.UpdateNames, "update-names", false, "")
	flags.BoolVar(&r.planOptions.ResendKnown, "resend-known", false, "")
	flags.BoolVar(&r.runOptions.ResolveConflicts, "resolve-conflicts", true, "")
	flags.TextVar(&w.guards.MaxInvalid, "max-invalid", importer.Limit{Percent: 100, Unit: importer.Share}, "")
	flags.TextVar(&w.guards.MaxCreates, "max-creates", importer.Limit{Floor: leastErrors}, "")
	flags.TextVar(&w.guards.MaxRenames, "max-renames", importer.Limit{Floor: leastRenames}, "")
	organizations := importer.Limit{Percent: 10, Floor: 20, Unit: importer.Share}
	flags.TextVar(&w.guards.MaxOrganizations, "max-organizations", organizations, "")
}

func (w *importWork) check(r *run) error {
	if limit := r.runOptions.Limit; limit < 1 {
		return usagef("leave the flag out for all; --dry-run sends nothing", "--limit %d is less than 1", limit)
	}
	r.out.results = cmp.Or(r.out.results, r.stem(r.path)+".results.csv")
	r.out.failed = cmp.Or(r.out.failed, r.stem(r.path)+".failed.csv")
	return nil
}

func (w *importWork) plan(ctx context.Context, r *run) (*importer.Plan, error) {
	p, err := importer.MakePlan(ctx, r.file, r.site.ledger, r.planOptions)
	batch := err == nil && r.command == "import" && !r.site.temporary && p.Survey.Own == nil // not a file of ours
	if batch && p.Resent+p.Fixed+p.Others.Of(outcome.Known, outcome.Renamed) == 0 {
		r.failedFiles.Batch = p.Survey.SHA256 // these are others than there were before
	}
	return p, err
}

// guard checks the plan twice: before the site is asked, and with what that has told. A run with nothing new makes no
// request, unless the site is a sandbox, which may be a new one; and a dry run asks for the sake of access alone.
func (w *importWork) guard(ctx context.Context, r *run) error {
	if w.guards.MaxCreates.Unit == importer.Share && r.command == "import" {
		return usagef("give a number", "--max-creates %s: only a sync has an earlier run", w.guards.MaxCreates)
	}
	calls := r.plan.Create + r.plan.LookUps + r.plan.Others.Of(outcome.Renamed)
	err, sandbox := w.guards.Check(r.plan), strings.HasPrefix(r.site.url, "http:")
	if err != nil || !r.needsSite() && (r.dryRun || calls == 0 && !sandbox) {
		return err
	}
	if r.conn, err = r.site.connect(ctx, calls > 0); err != nil {
		return err
	}
	if err := r.plan.PlanAccess(ctx, r.site.client); err != nil {
		return err
	}
	return w.guards.Check(r.plan)
}

func (w *importWork) addDetails(r *run, o *report.PlanDetails) {
	o.Organizations = r.planOptions.Access.Organizations
	failed := slices.Equal(r.plan.Survey.Own, []string{"jsm_reason", "jsm_row", "jsm_line"})
	o.NoteIf(failed && r.failedFiles.Last(r.input).Path == "", "Note: this failed file had another name, or stood "+
		"in another folder. What is fixed in it does not count\n"+
		"      when the whole export is imported again, unless the rows have external ids.")
	o.NoteIf(r.conn.Reached && r.conn.User.ID == "", "Note: "+nameless+".")
	o.NoteIf(r.conn.Administer == apiclient.Unverified, "Note: "+administerUnverified+".")
	o.NoteIf(r.conn.BrowseUsers == apiclient.No && r.runOptions.ResolveConflicts,
		"Note: "+browseMissing+".\n      "+apiclient.HintBrowse)
}

// What an account may, when that is less than all, or cannot be asked.
const (
	administerUnverified = "this token cannot show whether the account has Administer Jira; the first row will show it"
	browseMissing        = "the account lacks Browse users and groups: the account ids of people who are at the site " +
		"already are not looked up"
	nameless = "the token cannot show whose it is: it lacks the scope " + apiclient.ScopeUser
)

// manyCreates is how many creates need no confirmation; more are too many to take back by hand.
const manyCreates = 20

// confirm asks, on a terminal, whether to create all, one (which shows whether the site writes to them) or none;
// so many renames it asks about, too, and any revocation. One leaves these out: no answer where it limits no creates.
func (w *importWork) confirm(ctx context.Context, r *run) error {
	creates, renames := r.plannedRequests()
	if r.yes || max(creates, renames) <= manyCreates && w.revokes == 0 || !r.interactive() {
		return nil
	}
	question, answers := "Do it?", []string{"yes", "no"}
	if creates > 1 {
		r.console.ShowText(report.FirstOffer(creates, r.plan.First))
		question = "Create all " + text.Grouped(creates) + ", only this one, or none?"
		answers = []string{"all", "one", "none"}
	}
	if renames > 0 {
		question = text.Counted(renames, "customer", "customers") + " would be renamed (--update-names). " + question
	}
	if w.revokes > 0 {
		question = text.Counted(w.revokes, "leaver", "leavers") + " would lose access (--revoke-leavers). " + question
	}
	answer, err := r.ask(ctx, question, answers...)
	if answer == "one" {
		r.runOptions.Limit = 1
	}
	return err
}
