package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// work is what import, sync, revoke and undo each do within a run.
type work interface {
	check(*run) error                                   // refuses flags that make no sense, and names files
	plan(context.Context, *run) (*importer.Plan, error) // compares the input with the ledger; sends nothing
	guard(context.Context, *run) error                  // asks the site what the plan needs, and checks it
	addDetails(*run, *report.PlanDetails)               // adds what the plan shows besides its numbers
	confirm(context.Context, *run) error                // asks whoever sits at the terminal
}

// A run is one import, sync, revoke or undo. Its methods stand in the order of their calls; how it ends is in end.go.
type run struct {
	*program
	work    work
	command string

	site        *site
	read        readFlags
	out         outputFlags
	dryRun, yes bool
	source      string // sync, and the revocation of its leavers
	planOptions importer.PlanOptions
	runOptions  importer.Options

	path   string // of the input, as typed; "": undo has none
	undoID string // undo: the run's id, as typed
	input  string // absolute path
	parent *run   // the sync whose leavers are revoked by this run, and that shows plan and totals

	began          time.Time
	recorder       *page.Recorder
	requestsBefore int // that the client had sent before this run
	failedFiles    *report.FailedFiles
	file           *export.File // nil: undo
	conn           apiclient.Connection
	plan           *importer.Plan
	revocationErr  error // sync: why none of the leavers would be revoked; nil: they would be
	rows           *rowFiles
	pace           func() apiclient.Pace // of its requests; nil: the run was refused
	leavers        *report.LeaverTotals  // sync: set when its rows are done
	revocation     *report.Summary       // sync: of the revocation of its leavers
	summary        *report.Summary       // set when the run has ended
}

func (p *program) newRun(command string, w work) *run {
	r := &run{program: p, work: w, command: command, site: &site{}, began: time.Now()}
	r.runOptions.Limit, r.recorder = math.MaxInt, page.NewRecorder(r.began)
	return r
}

// newRevocation makes the run that revokes those on the list of leavers, as the command revoke does with --yes.
func (r *run) newRevocation(limit importer.Limit) *run {
	child := r.newRun("revoke", &revokeWork{maxRevoke: limit})
	child.parent, child.site, child.source, child.yes = r, r.site, r.source, true
	child.path, child.input, child.out.results = r.out.leavers, r.out.leavers, r.out.revoked
	child.runOptions.MaxErrors, child.requestsBefore = r.runOptions.MaxErrors, r.site.client.Requests()
	return child
}

// runCommand makes the command of a run.
func (p *program) runCommand(use string, w work) (*cobra.Command, *run) {
	command, _, _ := strings.Cut(use, " ")
	r := p.newRun(command, w)
	cmd := p.command(use, func(cmd *cobra.Command, args []string) error {
		if command == "undo" {
			r.undoID = strings.Join(args, "")
		} else {
			r.path = args[0]
		}
		return r.execute(cmd.Context())
	})
	flags := cmd.Flags()
	r.site.register(flags)
	r.out.register(flags)
	flags.StringVar(&r.out.metricsFile, "metrics-file", "", "")
	flags.StringVar(&r.out.notify, "notify", "", "")
	flags.BoolVar(&r.dryRun, "dry-run", false, "")
	flags.BoolVar(&r.yes, "yes", false, "")
	some := importer.Limit{Percent: 5, Floor: leastErrors, Unit: importer.Share}
	flags.TextVar(&r.runOptions.MaxErrors, "max-errors", some, "")
	p.log.register(flags)
	return cmd, r
}

// execute runs it, then writes and publishes the outcome, also that of a refused run. A dry run publishes nothing.
func (r *run) execute(ctx context.Context) (err error) {
	signal.Ignore(syscall.SIGPIPE) // of whoever reads what it prints, and has ended
	defer func() { err = cmp.Or(err, r.site.Close()) }()
	if r.dryRun {
		return r.openAndRun(ctx)
	}
	monitor, err := report.NewMonitor(r.out.notify)
	if err != nil {
		return usagef("give the address that your monitor gives for this check", "%w", err)
	}
	r.post(ctx, monitor, "start", nil)
	err = r.openAndRun(ctx)
	still := context.WithoutCancel(ctx)
	if r.summary == nil {
		r.writeRefusal(still, err)
	}
	return r.publish(still, monitor, err)
}

// openAndRun checks the flags, opens site and ledger, plans and runs. No row is sent before the plan is confirmed.
func (r *run) openAndRun(ctx context.Context) error {
	_, err := r.read.options()
	if err := errors.Join(err, r.site.check(), r.out.check()); err != nil {
		return err
	}
	r.input = absolute(r.path)
	if err := r.findSite(r.site); err != nil {
		return err
	}
	if err := cmp.Or(r.work.check(r), r.checkOutputs(r.site, &r.out, namedFile{"the input", r.input})); err != nil {
		return err
	}
	if r.path != "" && !isStdin(r.path) && isMissing(r.input) && isMissing(r.site.ledgerPath) {
		_, err := export.Open(ctx, r.path, nil) // a mistyped name leaves no ledger behind
		return cmp.Or(err, fs.ErrNotExist)
	}
	if !r.dryRun || r.needsSite() {
		if err := r.logIn(r.site); err != nil {
			return err
		}
		if err := r.newClient(r.site, r.recorder.Event); err != nil {
			return err
		}
	}
	open := ledger.Open
	if r.dryRun {
		open = ledger.OpenReadOnly
		if err := ledger.TryOpen(r.site.ledgerPath); err != nil && !isLocked(err) {
			return err
		}
	}
	if err := r.openLedger(ctx, r.site, open); err != nil {
		return err
	}
	return r.planAndRun(ctx)
}

// planAndRun goes from the plan to the end of the run in the ledger.
func (r *run) planAndRun(ctx context.Context) (err error) {
	unnamed := r.out.failed == r.stem(r.path)+".failed.csv"
	if r.failedFiles, err = report.ReadFailedFiles(r.site.failedFilesPath, r.input, unnamed); err != nil {
		return err
	}
	r.failedFiles.InUse, r.failedFiles.Done = r.inUse(r.site, r.out, r.input), r.imported
	if r.planOptions.Export, err = r.read.withDefaults(r.failedFiles.Last(r.input).Flags); err != nil {
		return err
	}
	r.planOptions.Job = r.job()
	if r.path != "" {
		if r.file, err = export.Open(ctx, r.path, r.In); err != nil {
			return err
		}
		defer r.file.Close()
	}
	if err := r.prepare(ctx); err != nil || r.dryRun {
		return err
	}
	if r.plan.Run, err = r.site.ledger.StartRun(ctx, r.plan.Run, r.began); err != nil {
		return err
	}
	end, err := r.runRows(ctx)
	if err != nil {
		return err
	}
	return r.conclude(ctx, end)
}

// prepare makes the plan, shows it, checks the guards, and asks.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.plan, err = r.work.plan(ctx, r); err != nil {
		return err
	}
	r.console.Problems(r.plan.Survey, r.plan.Fixed)
	r.rows = &rowFiles{out: &r.out, survey: r.plan.Survey, access: r.plan.Access != nil, failedFiles: r.failedFiles}
	r.runOptions.FailedPath, _, _ = r.failedFiles.Place(r.out.failed, "")
	if err := writable(r.out.files()); err != nil && !(r.dryRun && isLocked(err)) {
		return err
	}
	err = r.work.guard(ctx, r)
	held := err != nil && asStop(err).Cause == importer.Guarded
	var unseen error
	if r.parent == nil && (err == nil || held) {
		unseen = r.showPlan(held)
	}
	if err != nil || r.dryRun { // which is made for the plan's sake
		return cmp.Or(err, unseen, r.revocationErr)
	}
	return r.work.confirm(ctx, r)
}

// showPlan prints the plan; held: a guard has refused it.
func (r *run) showPlan(held bool) error {
	details := report.PlanDetails{
		Site: r.site.label, Account: r.conn.User.DisplayName, Source: r.source, Ledger: r.site.ledgerPath,
		Rate: r.site.config.MaxRate, DryRun: r.dryRun, Held: held,
	}
	details.Creates, details.Renames = r.plannedRequests()
	r.work.addDetails(r, &details)
	text := report.PlanText(r.command, r.plan, details)
	switch toErr := r.out.summary == stdout && !r.dryRun; {
	case r.log.Quiet && !r.dryRun:
	case toErr && r.log.JSON: // which programs read, too
		r.console.Log.Info("plan", "rows", r.plan.Survey.Rows, "to_send", details.Creates)
	case toErr:
		r.console.ShowText(text)
	default:
		return r.show(text)
	}
	return nil
}

// runRows works through all rows and finishes the files that have a line for each.
func (r *run) runRows(ctx context.Context) (end importer.End, err error) {
	still := context.WithoutCancel(ctx)
	if err := r.rows.open(); err != nil {
		return end, err
	}
	defer r.rows.abort()
	client := r.site.client
	r.pace = map[bool]func() apiclient.Pace{false: client.Pace, true: client.RevokePace}[importer.Revokes(r.command)]
	r.runOptions.Workers = r.site.config.Workers
	r.runOptions.MayBrowse = r.conn.BrowseUsers == apiclient.Yes
	r.runOptions.OnResult = func(result importer.Result) { r.recorder.Row(time.Now(), result.Call.First) }
	pipeline := importer.NewRun(ctx, client, r.site.ledger, r.plan, r.runOptions)
	stop := r.follow(pipeline)
	r.sending.Store(true)
	end = pipeline.Do(r.plan.Rows(still), r.rows.write)
	stop()
	for _, note := range end.Notes {
		r.console.Log.Warn(note)
	}
	if w, ok := r.work.(*syncWork); ok {
		w.list(r, &end)
	}
	r.rows.finish(still, r.site.ledger, r.plan, &end)
	return end, nil
}

// plannedRequests counts the creates (or revocations) and renames to send. With --limit, only creates are sent.
func (r *run) plannedRequests() (creates, renames int) {
	if r.runOptions.Limit < r.plan.Create {
		return r.runOptions.Limit, 0
	}
	return r.plan.Create, r.plan.Others.Of(outcome.Renamed)
}

// follow shows how far the run is, until stop is called.
func (r *run) follow(pipeline *importer.Run) (stop func()) {
	creates, renames := r.plannedRequests()
	return r.console.Follow(creates+renames, func() report.Snapshot {
		p, pace := pipeline.Progress(), r.pace()
		return report.Snapshot{
			Done: p.Sent + p.Renames, LookUps: r.plan.LookUps,
			Failed:    p.Totals.Of(outcome.Failed, outcome.Unknown),
			Throttled: pace.Refused, PausedUntil: pace.PausedUntil, Why: pace.Why, Probing: pace.Probing,
		}
	})
}

// imported reports whether a complete import has had all of a file with the checksum sum: it left no row out, and those
// that failed again are in a failed file of their own, and will be in that of the export, unless it has other people.
func (r *run) imported(sum string) bool {
	runs, _ := r.site.ledger.Runs(context.Background())
	return slices.ContainsFunc(runs, func(run ledger.Run) bool {
		var s report.Summary
		_ = json.Unmarshal(run.Summary, &s) // there is none of a run that has not ended
		again := s.Failed != "" && r.failedFiles.Last(run.Input).Batch == r.failedFiles.Batch
		all := s.Rows.Of(outcome.Excluded, outcome.RevokedBefore) == 0 && (again || s.Rows.NotGood() == 0)
		return all && run.InputSHA256 == sum && run.Command == "import" && run.Outcome == ledger.Complete
	})
}

// needsSite reports whether even a dry run asks the site: about organizations and service projects.
func (r *run) needsSite() bool {
	return r.planOptions.Access.Organizations || len(r.planOptions.Access.ServiceDesks) > 0
}

// job is what makes a run this run, without the checksum of its input.
func (r *run) job() ledger.Job {
	return ledger.Job{Command: r.command, Source: r.source, Input: r.input, Choices: r.read.choices()}
}
