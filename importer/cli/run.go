package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// runFlags are those of import, sync, revoke and undo.
type runFlags struct {
	site siteFlags
	read readFlags
	out  outputFlags

	dryRun, yes bool
	maxErrors   importer.Limit
}

func (f *runFlags) register(flags *pflag.FlagSet) {
	f.site.register(flags)
	f.site.registerPace(flags)
	f.out.register(flags)
	flags.StringVar(&f.out.metricsFile, "metrics-file", "", "")
	flags.StringVar(&f.out.notify, "notify", "", "")
	flags.BoolVar(&f.dryRun, "dry-run", false, "")
	flags.BoolVar(&f.yes, "yes", false, "")
	flags.TextVar(&f.maxErrors, "max-errors", importer.Limit{Percent: 5, AtLeast: leastErrors, Set: true}, "")
}

// work is what import, sync, revoke and undo each do within a run.
type work interface {
	check(*run) error                                            // refuses flags that cannot be meant
	plan(context.Context, *run) (*importer.Plan, error)          // holds the input against the ledger; sends nothing
	guard(context.Context, *run) error                           // asks the site what the plan needs, and checks it
	outlook(*run, *report.Outlook)                               // adds what the plan shows besides its numbers
	agree(context.Context, *run) error                           // asks whoever sits at the terminal
	begin(context.Context, *run, importer.Options) *importer.Run // makes what carries the plan out
}

// A run is one import, sync, revoke or undo, from the command line to the exit code. Its methods stand in the order
// in which they are called; how it ends is in end.go.
type run struct {
	*program
	flags   runFlags
	work    work
	command string
	path    string // of the input, as typed; "": undo has none
	undone  string // undo: the run's id, as typed
	source  string // sync, and the revocation of its leavers
	limit   int    // creates at most

	began    time.Time
	options  export.Options
	input    string // absolute path
	site     *site
	file     *export.File // nil: undo
	conn     apiclient.Connection
	plan     *importer.Plan
	rows     *rowFiles
	recorder *page.Recorder
	pace     func() apiclient.Pace // of the requests that it makes; nil: it was not begun

	asks     bool            // the site, also for a dry run
	before   int             // requests that the client had made when it began
	foreseen error           // how the run would end, when all goes well, as its plan shows; nil: well
	summary  *report.Summary // when it has ended

	sync    *syncWork            // nil: another command
	leavers *report.LeaverTotals // sync: when its rows are done
	then    *report.Summary      // sync: of the revocation of its leavers
	within  *run                 // the sync whose leavers are revoked by this run, and that shows plan and totals
}

// runCommand makes the command of a run.
func (p *program) runCommand(use string, w work) (*cobra.Command, *run) {
	r := &run{program: p, work: w, limit: math.MaxInt}
	cmd := p.command(use, func(cmd *cobra.Command, words []string) error {
		if r.command = cmd.Name(); r.command == "undo" {
			r.undone = strings.Join(words, "")
		} else {
			r.path = words[0]
		}
		return r.execute(cmd.Context())
	})
	r.flags.register(cmd.Flags())
	p.log.register(cmd.Flags())
	return cmd, r
}

// revokes reports whether a command takes access away.
func revokes(command string) bool { return command == "revoke" || command == "undo" }

// execute runs it. A dry run is nobody's business; what any other comes to is kept and published, also when it is
// refused before it began.
func (r *run) execute(ctx context.Context) (err error) {
	signal.Ignore(syscall.SIGPIPE) // of whoever reads what it prints, and has ended
	r.began = time.Now()
	r.recorder, r.site = page.NewRecorder(r.began), &site{}
	defer func() { err = errors.Join(err, r.site.Close()) }()
	if r.flags.dryRun {
		return r.do(ctx)
	}
	monitor, err := report.NewMonitor(r.flags.out.notify)
	if err != nil {
		return usagef("give the address that your monitor gives for this check", "%w", err)
	}
	r.post(ctx, monitor, "start", nil)
	err = r.do(ctx)
	still := context.WithoutCancel(ctx)
	if r.summary == nil {
		r.refuse(still, err)
	}
	return r.publish(still, monitor, err)
}

// do goes from the input to the results. Nothing leaves before the plan is made, the guards have passed it and it is
// agreed to.
func (r *run) do(ctx context.Context) (err error) {
	_, err = r.flags.read.options()
	if err := errors.Join(err, r.flags.site.check(), r.flags.out.check()); err != nil {
		return err
	}
	r.nameFiles()
	if r.site, err = r.findSite(&r.flags.site); err != nil {
		return err
	}
	if err := r.work.check(r); err != nil {
		return err
	}
	if err := r.apart(r.site, &r.flags.out, namedFile{"the input", r.input}); err != nil {
		return err
	}
	if r.path != "" && !isStdin(r.path) && isMissing(r.input) && isMissing(r.site.ledgerPath) {
		_, err := export.Open(ctx, r.path, nil) // a mistyped name leaves no ledger behind
		return cmp.Or(err, fs.ErrNotExist)
	}
	if !r.flags.dryRun || r.asks {
		if err := cmp.Or(r.logIn(r.site), r.newClient(r.site, r.paceChanged)); err != nil {
			return err
		}
	}
	if r.flags.dryRun {
		if err := ledger.Try(r.site.ledgerPath); err != nil && !isHeld(err) {
			return err
		}
	}
	if err := r.openLedger(ctx, r.site, r.flags.dryRun); err != nil {
		return err
	}
	return r.through(ctx)
}

// through goes from the plan to the end in the ledger.
func (r *run) through(ctx context.Context) (err error) {
	if r.options, err = r.flags.read.as(r.memory().Flags(r.input)); err != nil {
		return err
	}
	if r.path != "" {
		if r.file, err = export.Open(ctx, r.path, r.In); err != nil {
			return err
		}
		defer r.file.Close()
	}
	if err := r.prepare(ctx); err != nil || r.flags.dryRun {
		return err
	}
	if r.plan.Run, err = r.site.ledger.StartRun(ctx, r.plan.Run, r.began); err != nil {
		return err
	}
	end, err := r.carryOut(ctx)
	if err != nil {
		return err
	}
	return r.conclude(ctx, end)
}

// memory is of the failed files that were written. Those of other inputs are theirs, where no flag names the file.
func (r *run) memory() report.Memory {
	m := report.Memory{Path: r.site.memory}
	if r.flags.out.failed == r.stem(r.path)+".failed.csv" {
		m.Input = r.input
	}
	return m
}

// nameFiles settles what the files are called that no flag names; undo does that when it knows the run.
func (r *run) nameFiles() {
	out, stem := &r.flags.out, r.stem(r.path)
	out.resolve()
	r.input = absolute(r.path)
	switch r.command {
	case "revoke":
		out.results = cmp.Or(out.results, stem+".revoked.csv")
	case "sync":
		out.leavers = cmp.Or(out.leavers, stem+".leavers.csv")
		out.revoked = export.Stem(out.leavers) + ".revoked.csv"
		fallthrough
	case "import":
		out.results = cmp.Or(out.results, stem+".results.csv")
		out.failed = cmp.Or(out.failed, stem+".failed.csv")
	}
}

// stem is what the names of files made from path begin with. Those of a rehearsal never meet those of a real run.
func (r *run) stem(path string) string {
	stem := absolute(export.Stem(path))
	if isStdin(path) {
		stem = absolute("stdin")
	}
	if r.flags.site.sandbox && filepath.Ext(stem) != ".sandbox" {
		stem += ".sandbox"
	}
	return stem
}

// prepare makes the plan, shows it, checks the guards, and asks.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.plan, err = r.work.plan(ctx, r); err != nil {
		return err
	}
	if r.file != nil {
		r.console.Problems(r.plan.Survey)
	}
	if err := writable(r.flags.out.files()); err != nil {
		return err
	}
	err = r.work.guard(ctx, r)
	stop, ok := errors.AsType[*importer.Stop](err)
	held := ok && stop.Cause == importer.Guarded
	if r.within == nil && (err == nil || held) {
		r.showPlan(held)
	}
	switch {
	case err != nil:
		return err
	case r.flags.dryRun:
		return r.foreseen
	}
	return r.work.agree(ctx, r)
}

// showPlan prints the plan; held: a guard has refused it. A dry run is made for its sake.
func (r *run) showPlan(held bool) {
	outlook := report.Outlook{
		Site:    r.site.shown(),
		Account: r.conn.User.DisplayName,
		Source:  r.source,
		Ledger:  r.site.ledger.Path(),
		Rate:    r.flags.site.client.MaxRate,
		DryRun:  r.flags.dryRun,
		Held:    held,
	}
	if r.limited() {
		outlook.Limit = r.limit
	}
	r.work.outlook(r, &outlook)
	out := r.Out
	if r.flags.out.summary == stdout {
		out = r.Err
	}
	if r.flags.dryRun || !r.log.Quiet {
		fmt.Fprint(out, report.Fit(out, report.PlanText(r.command, r.plan, outlook), r.getenv))
	}
}

// carryOut works from the first row to the finished files of rows.
func (r *run) carryOut(ctx context.Context) (end importer.End, err error) {
	still := context.WithoutCancel(ctx)
	files := rowFiles{out: &r.flags.out, survey: r.plan.Survey, access: r.plan.Access != nil, memory: r.memory()}
	if r.rows, err = files.open(); err != nil {
		return end, err
	}
	defer r.rows.abort()
	job := r.work.begin(ctx, r, importer.Options{
		Workers:    r.flags.site.client.Workers,
		MaxErrors:  r.flags.maxErrors,
		MayBrowse:  r.conn.BrowseUsers == apiclient.Yes,
		FailedPath: r.memory().Free(r.flags.out.failed),
		Settled:    func(result importer.Result) { r.recorder.Row(time.Now(), result.Took) },
	})
	stop := r.follow(job)
	end = job.Do(r.plan.Rows(still), r.rows.write)
	stop()
	for _, note := range end.Notes {
		r.console.Log().Warn(note)
	}
	if r.sync != nil {
		r.sync.list(r, &end)
	}
	r.rows.finish(still, r.site.ledger, r.plan, &end)
	return end, nil
}

// creates is how many rows would be sent.
func (r *run) creates() int { return min(r.limit, r.plan.Create) }

// limited reports whether --limit ends the run before its last row.
func (r *run) limited() bool { return r.limit < r.plan.Create }

// follow shows how far the run is, until stop is called.
func (r *run) follow(job *importer.Run) (stop func()) {
	rows := r.creates()
	return r.console.Follow(rows, func() report.Moment {
		p, pace := job.Progress(), r.pace()
		done, lookUps := p.Tasks, r.plan.LookUps
		if pace.Sent > 0 {
			lookUps = 0
		}
		if r.limited() {
			done = p.Made
		}
		return report.Moment{
			Done:        done,
			LookUps:     lookUps,
			Failed:      p.Totals.Of(outcome.Failed, outcome.Unknown),
			Throttled:   pace.Refused,
			PausedUntil: pace.PausedUntil,
			Why:         pace.Why,
			Probing:     pace.Probing,
		}
	})
}

// paceChanged takes pauses and outages.
func (r *run) paceChanged(e apiclient.Event) {
	r.recorder.Event(e)
	r.console.Log().Info(e.Text)
}

// job is what makes a run this run, without the checksum of its input.
func (r *run) job() ledger.Job {
	return ledger.Job{Command: r.command, Source: r.source, Input: r.input, Choices: r.flags.read.choices()}
}
