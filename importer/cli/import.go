package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

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
			return p.runImport(cmd.Context(), f, args[0])
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// an importRun is one import from the command line to the exit code.
type importRun struct {
	*program
	*importFlags
	path     string
	console  *report.Console
	session  *session
	plan     *importer.Plan
	outputs  *outputs
	began    time.Time
	who      apiclient.Connection
	recorder atomic.Pointer[report.Recorder] // what the page draws; nil before the run
}

func (p *program) runImport(ctx context.Context, f *importFlags, path string) error {
	console, err := p.console(&f.tell)
	if err != nil {
		return err
	}
	r := &importRun{program: p, importFlags: f, path: path, console: console, began: time.Now()}
	ctx, release := interruptible(ctx, console)
	defer release()
	return r.run(ctx)
}

// run goes from the file to the results; nothing leaves before the plan is
// made and the guards agree.
func (r *importRun) run(ctx context.Context) (err error) {
	options, err := r.read.options()
	if err := errors.Join(err, r.site.check()); err != nil {
		return err
	}
	file, err := export.Open(ctx, r.path, r.In)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := r.name(file); err != nil {
		return err
	}
	r.session, err = r.open(ctx, &r.site, sessionOptions{ledger: r.ledger, readOnly: r.dryRun, log: r.console.Log(), notify: r.paceChanged})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.session.Close()) }()
	if err := r.prepare(ctx, file, options); err != nil || r.dryRun {
		return err
	}
	return r.work(ctx)
}

// name settles the paths of what is written.
func (r *importRun) name(file *export.File) error {
	if r.results == "" {
		r.results = file.Stem() + ".results.csv"
	}
	if r.failed == "" {
		r.failed = file.Stem() + ".failed.csv"
	}
	return apart(r.path, map[string]string{"--results": r.results, "--failed": r.failed, "--summary": r.summary,
		"--page": r.page, "--metrics-file": r.tell.metricsFile})
}

// prepare makes the plan, checks site and guards, and shows it.
func (r *importRun) prepare(ctx context.Context, file *export.File, options export.Options) error {
	var err error
	identity := ledger.Identity{Command: "import", Input: r.path, Choices: r.read.choices()}
	r.plan, err = importer.MakePlan(ctx, file, r.session.ledger, importer.PlanOptions{Export: options, Identity: identity, ResendKnown: r.resendKnown})
	if err != nil {
		return err
	}
	if r.session.client != nil && r.plan.Create > 0 {
		if r.who, err = r.session.client.Connect(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintln(r.Out, report.PlanText("import", r.plan, r.outlook()))
	if stop := (importer.Guards{MaxInvalid: r.maxInvalid, MaxCreates: r.maxCreates}).Check(r.plan); stop != nil {
		return stop
	}
	return nil
}

// work runs the plan and tells how it ended.
func (r *importRun) work(ctx context.Context) error {
	r.outputs = &outputs{resultsPath: r.results, failedPath: r.failed, memory: r.session.ledger, survey: r.plan.Survey, addresses: r.pageAddresses}
	if err := r.outputs.open(); err != nil {
		return err
	}
	defer r.outputs.abort()
	var err error
	r.plan.Run, _, err = r.session.ledger.StartRun(ctx, r.plan.Run.Identity, r.began)
	if err != nil {
		return err
	}
	recorder := recorder(ctx, r.session.ledger, r.plan.Run, r.began)
	r.recorder.Store(recorder)
	job := importer.NewJob(ctx, r.session.client, r.session.ledger, r.plan, importer.Options{Workers: r.site.workers, Limit: r.limit,
		MaxErrors: r.maxErrors, ResendKnown: r.resendKnown, ResolveConflicts: r.resolveConflicts && r.who.BrowseUsers != apiclient.No, Settled: recordRow(recorder)})
	stop := r.console.Follow(r.plan.Create, func() report.Moment { return moment(job.Progress(), r.session.client.Pace()) })
	end := job.Run(r.plan.Survey.All(context.WithoutCancel(ctx)), r.outputs.write)
	stop()
	return r.finish(context.WithoutCancel(ctx), end)
}

// outlook is what the plan shows of site and ledger.
func (r *importRun) outlook() report.Outlook {
	o := report.Outlook{Site: r.session.site, Ledger: r.session.ledger.Path(), Rate: r.site.maxRate, DryRun: r.dryRun}
	if r.site.sandbox {
		o.Site += " (sandbox: nothing leaves this machine)"
	}
	o.Account = r.who.User.DisplayName
	if r.who.Administer == apiclient.Unverified {
		o.Notes = append(o.Notes, "Whether this account may create customers cannot be verified with this token; the first row will tell.")
	}
	if r.who.BrowseUsers == apiclient.No && r.resolveConflicts {
		o.Notes = append(o.Notes, "This account may not browse users: the account ids behind conflicts will not be looked up.")
	}
	return o
}

// moment is a look at the run for the bar.
func moment(p importer.Progress, pace pacer.Pace) report.Moment {
	return report.Moment{Done: p.Tasks, Sent: pace.Sent, Throttled: pace.Refused, Failed: p.Totals.Of(importer.Failed) + p.Totals.Of(importer.Unknown),
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
		Getenv: func(name string) string { return p.env[name] }}), nil
}

// paceChanged tells of pauses and outages.
func (r *importRun) paceChanged(e pacer.Event) {
	if recorder := r.recorder.Load(); recorder != nil {
		recordPause(recorder, e)
	}
	switch e.Kind {
	case pacer.PauseBegan, pacer.PauseEnded, pacer.OutageBegan, pacer.OutageEnded:
		r.console.Log().Info(e.String())
	default:
		r.console.Log().Debug(e.String())
	}
}
