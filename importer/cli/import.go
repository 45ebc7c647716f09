package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// importFlags are those of import and sync.
type importFlags struct {
	site siteFlags
	read readFlags
	tell tellFlags

	results, failed, summary, page, ledger string
	pageAddresses                          bool

	limit                             int
	maxErrors, maxInvalid, maxCreates importer.Limit
	resendKnown, resolveConflicts     bool
	dryRun, yes                       bool
}

func (f *importFlags) register(flags *pflag.FlagSet) {
	f.site.register(flags)
	grouped(flags, "Files", func(g *pflag.FlagSet) {
		g.StringVar(&f.results, "results", "", "`PATH` of the results (default: the input's path with .results.csv)")
		g.StringVar(&f.failed, "failed", "", "`PATH` of the rows to mend and send again (default: the input's path with .failed.csv)")
		g.StringVar(&f.summary, "summary", "", "`PATH` for the totals as JSON")
		g.StringVar(&f.page, "page", "", "`PATH` for a page about the run, one HTML file")
		g.BoolVar(&f.pageAddresses, "page-addresses", false, "put names and addresses on the page")
		g.StringVar(&f.ledger, "ledger", "", "`PATH` of the record of what has been onboarded (default: one for each site, in your state folder)")
	})
	f.read.register(flags)
	grouped(flags, "What is sent", func(g *pflag.FlagSet) {
		g.BoolVar(&f.dryRun, "dry-run", false, "print the plan, send nothing")
		g.IntVar(&f.limit, "limit", 0, "`N` creates at most, then stop; the rest waits for the next run")
		g.BoolVar(&f.resendKnown, "resend-known", false, "send the rows that the ledger knows, too")
		g.BoolVar(&f.resolveConflicts, "resolve-conflicts", true, "look up the account id behind an address that is there already")
		g.BoolVar(&f.yes, "yes", false, "ask no question")
	})
	grouped(flags, "Guards", func(g *pflag.FlagSet) {
		f.maxErrors = importer.Limit{Percent: 5, AtLeast: leastErrors, Set: true}
		g.Var(limitFlag{&f.maxErrors, leastErrors}, "max-errors", "stop when more than `N|P%` of the rows sent have failed; 0: never")
		f.maxInvalid = importer.Limit{Percent: 100, Set: true}
		g.Var(limitFlag{&f.maxInvalid, 0}, "max-invalid", "refuse to start when more than `N|P%` of the rows are invalid")
		g.Var(limitFlag{&f.maxCreates, leastErrors}, "max-creates", "refuse to start when more than `N|P%` customers would be created")
	})
	f.tell.register(flags)
}

// check refuses values that cannot be meant.
func (f *importFlags) check() error {
	if f.limit < 0 {
		return usagef("0 means no limit", "--limit %d is less than nothing", f.limit)
	}
	return nil
}

// leastErrors is what a share in --max-errors and --max-creates comes to at
// least: a few rows are no share of anything.
const leastErrors = 100

func (p *program) importCommand() *cobra.Command {
	f := &importFlags{}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Create a customer for each row of FILE",
		Long: `Reads FILE (CSV; also .gz, a .zip with one CSV, or - for stdin), shows the plan,
creates a customer for each row, and writes what became of every row to
FILE.results.csv, and the rows to mend to FILE.failed.csv.

The credentials come from the environment: JIRA_USER_EMAIL and JIRA_API_TOKEN,
or JIRA_ACCESS_TOKEN, or JIRA_CLIENT_ID and JIRA_CLIENT_SECRET.

Exit codes: 0 every row is good, 1 the run could not be done, 2 wrong command
line, 3 some rows are not good, 4 not authorised, 5 stopped by a guard, 6 the
quota asks for a long pause, 130 interrupted.`,
		Example: `  jsm-onboard import samples/zendesk-users.csv --sandbox
  jsm-onboard import customers.csv --dry-run
  jsm-onboard import customers.csv`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runImport(cmd.Context(), f, nil, args[0])
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// an importRun is one import, or sync, from the command line to the exit code.
type importRun struct {
	*sitting
	*importFlags
	sync *syncFlags // nil: import
	who  apiclient.Connection

	unnamed bool // no --results

	only importer.FirstRow // somebody at the terminal chose to send this one and look
	few  few
}

func (p *program) runImport(ctx context.Context, f *importFlags, sync *syncFlags, path string) error {
	s, err := p.newSitting(&f.tell, path)
	if err != nil {
		return err
	}
	r := &importRun{sitting: s, importFlags: f, sync: sync}
	if sync != nil && sync.source == "" {
		sync.source = sourceOf(path)
	}
	ctx, release := interruptible(ctx, s.stopping)
	defer release()
	return s.watched(ctx, watch{&f.tell, r.command(), r.source(), f.dryRun}, r.run)
}

func (r *importRun) command() string {
	if r.sync != nil {
		return "sync"
	}
	return "import"
}

func (r *importRun) source() string {
	if r.sync != nil {
		return r.sync.source
	}
	return ""
}

// run goes from the file to the results; nothing leaves before the plan is
// made and the guards agree.
func (r *importRun) run(ctx context.Context) (err error) {
	options, err := r.read.options()
	if err := errors.Join(err, r.site.check(), r.check(), r.sync.check()); err != nil {
		return err
	}
	file, err := export.Open(ctx, r.files.input, r.In)
	if err != nil {
		return r.heldUnread(ctx, err)
	}
	defer file.Close()
	if err := r.name(file); err != nil {
		return err
	}
	replacing := r.unnamed && !r.dryRun // what stands there, unasked
	if replacing {
		if err := r.keepOthers(ctx, r.results); err != nil {
			return err
		}
	}
	if err := r.openSession(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.session.Close()) }()
	if replacing {
		if err := r.rehearsal(r.results, "--results rehearsal.results.csv --failed rehearsal.failed.csv"); err != nil {
			return err
		}
	}
	if err := r.prepare(ctx, file, options); err != nil || r.dryRun {
		return r.held(ctx, err)
	}
	return r.work(ctx)
}

// name settles the paths of what is written.
func (r *importRun) name(file *export.File) error {
	if r.results == "" {
		r.unnamed = true
		r.results = file.Stem() + ".results.csv"
	}
	if r.failed == "" {
		r.failed = file.Stem() + ".failed.csv"
	}
	outputs := map[string]string{"--results": r.results, "--failed": r.failed, "--summary": r.importFlags.summary,
		"--page": r.page, "--metrics-file": r.tell.metricsFile}
	if r.sync != nil {
		r.sync.leavers = either(r.sync.leavers, file.Stem()+".leavers.csv")
		outputs["--leavers"], outputs["the leavers' results"] = r.sync.leavers, r.leaverResults()
	}
	if err := apart(r.files.input, outputs); err != nil {
		return err
	}
	r.files.results, r.files.summary, r.files.page = r.results, r.importFlags.summary, r.page
	return nil
}

// prepare makes the plan, checks site and guards, and shows it.
func (r *importRun) prepare(ctx context.Context, file *export.File, options export.Options) error {
	guards, require, err := r.guards(ctx)
	if err != nil {
		return err
	}
	identity := ledger.Identity{Command: r.command(), Source: r.source(), Input: r.files.input, Choices: r.read.choices()}
	r.plan, err = importer.MakePlan(ctx, file, r.session.ledger, importer.PlanOptions{Export: options, Identity: identity,
		ResendKnown: r.resendKnown, Require: require})
	if err != nil {
		return err
	}
	if r.plan.Survey.Rows <= smallFile {
		r.collectAt(roomyGC, enough)
	}
	if !r.dryRun {
		if err := writable(r.results, r.failed, r.importFlags.summary, r.page, r.tell.metricsFile, r.listPath()); err != nil {
			return err
		}
	}
	if r.session.client != nil && r.plan.Create+r.plan.LookUps > 0 {
		if r.who, err = r.session.client.Connect(ctx); err != nil {
			return err
		}
	}
	outlook, err := r.outlook(ctx)
	if err != nil {
		return err
	}
	refused := guards.Check(r.plan)
	outlook.Held = refused != nil
	r.show(outlook)
	if refused != nil || r.dryRun {
		return refused
	}
	return r.firstRowFirst(ctx)
}

// work runs the plan and tells how it ended.
func (r *importRun) work(ctx context.Context) error {
	err := r.begin(ctx, &outputs{resultsPath: r.results, failedPath: r.failed, memory: r.session.ledger, findings: r.page != "", addresses: r.pageAddresses,
		naming: func(path, sha256 string) error {
			return r.session.ledger.Remember(context.WithoutCancel(ctx), path, sha256)
		}})
	if err != nil {
		return err
	}
	defer r.outputs.abort()
	recorder := recorder(ctx, r.session.ledger, r.plan.Run, r.began)
	r.recorder.Store(recorder)
	r.pace = r.session.client.Pace
	r.sitting.limit = r.importFlags.limit
	r.tellNothingNew()
	tell := r.noting(r.outputs.write)
	var roster *importer.Roster
	if r.sync != nil {
		roster = importer.OpenRoster(context.WithoutCancel(ctx), r.session.ledger, r.plan.Run, r.plan.Survey)
		told := tell
		tell = func(o importer.Outcome) error {
			roster.See(o)
			return told(o)
		}
	}
	job := importer.NewJob(ctx, r.session.client, r.session.ledger, r.plan, importer.Options{Workers: r.site.workers, Limit: r.importFlags.limit, Only: r.only.Number,
		MaxErrors: r.maxErrors, ResendKnown: r.resendKnown, ResolveConflicts: r.resolveConflicts && r.who.BrowseUsers != apiclient.No, Settled: recordRow(recorder)})
	end, mended := r.carryOut(ctx, job, tell)
	r.tellMade(ctx, &end)
	if r.sync != nil {
		r.leave(ctx, roster, &end)
	}
	return r.conclude(context.WithoutCancel(ctx), end, mended)
}

// tellNothingNew says in the log why no customer is created.
func (r *importRun) tellNothingNew() {
	if r.plan.Create > 0 {
		return
	}
	said := []any{"run", r.plan.Run.ID, "known", r.plan.Known}
	if r.plan.RevokedBefore == 0 {
		r.console.Log().Info("nothing new: no customer has to be created", said...)
		return
	}
	r.console.Log().Info("no customer has to be created, but some wait for access, which is given back by hand", append(said, "revoked_before", r.plan.RevokedBefore)...)
}

// outlook is what the plan shows of site and ledger.
func (r *importRun) outlook(ctx context.Context) (report.Outlook, error) {
	o := report.Outlook{Site: r.session.shown(), Account: r.who.User.DisplayName, Source: r.source(), Ledger: r.session.ledger.Path(),
		Rate: r.site.maxRate, DryRun: r.dryRun, Limit: r.importFlags.limit, Notes: append(r.cautions(), returnNotes(r.plan.Returning)...)}
	notes, err := r.sourceNotes(ctx)
	o.Notes = append(o.Notes, notes...)
	return o, err
}

// moment is a look at the run for the bar; a limited one is done when enough
// customers are made.
func moment(p importer.Progress, pace pacer.Pace, limited bool) report.Moment {
	done := p.Tasks
	if limited {
		done = p.Made
	}
	return report.Moment{Done: done, Sent: pace.Sent, Throttled: pace.Refused, Failed: p.Totals.Of(importer.Failed) + p.Totals.Of(importer.Unknown),
		PausedUntil: pace.PausedUntil, Why: pace.Why, Probing: pace.Probing}
}

// console is who speaks on stderr.
func (p *program) console(f *tellFlags) (*report.Console, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, usagef("debug, info, warn or error", "--log-level %q is no level", f.logLevel)
	}
	format := strings.ToLower(f.logFormat)
	if format != "text" && format != "json" {
		return nil, usagef("text or json", "--log-format %q is no format", f.logFormat)
	}
	return report.NewConsole(p.Err, report.ConsoleOptions{JSON: format == "json", Level: level, Quiet: f.quiet, NoProgress: f.noProgress,
		Getenv: p.getenv}), nil
}
