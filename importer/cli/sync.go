package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// syncFlags are those that sync has and import has not.
type syncFlags struct {
	source, leavers      string
	revokeLeavers        bool
	maxRevoke, maxShrink importer.Limit
	requireEmail         []string
}

func (f *syncFlags) register(flags *pflag.FlagSet, i *importFlags) {
	grouped(flags, "Leavers", func(g *pflag.FlagSet) {
		g.StringVar(&f.source, "source", "", "`NAME` under which the ledger keeps who is in this export (default: the input's file name)")
		g.StringVar(&f.leavers, "leavers", "", "`PATH` of the list of leavers (default: the input's path with .leavers.csv)")
		g.BoolVar(&f.revokeLeavers, "revoke-leavers", false, "take portal access away from the leavers, too")
	})
	grouped(flags, "Guards", func(g *pflag.FlagSet) {
		f.maxRevoke = importer.Limit{Percent: 5, AtLeast: 1, Set: true}
		g.Var(limitFlag{&f.maxRevoke, 1}, "max-revoke", "revoke nobody when there are more than `N|P%` leavers, of the accounts that the ledger manages")
		f.maxShrink = importer.Limit{Percent: 20, Set: true}
		g.Var(limitFlag{&f.maxShrink, 0}, "max-shrink", "refuse an export with `P%` fewer people than the last complete run of the source had")
		g.StringArrayVar(&f.requireEmail, "require-email", nil, "`ADDR` that the export must hold (may be repeated)")
	})
	i.maxInvalid = importer.Limit{Percent: 50, Set: true}
	i.maxCreates = importer.Limit{Percent: 20, AtLeast: leastErrors, Set: true}
	for name, limit := range map[string]importer.Limit{"max-invalid": i.maxInvalid, "max-creates": i.maxCreates} {
		flags.Lookup(name).DefValue = limit.String()
	}
}

// check refuses what cannot be meant.
func (f *syncFlags) check() error {
	if f == nil {
		return nil
	}
	if f.maxShrink.Percent == 0 && f.maxShrink.Rows > 0 {
		return usagef("for example --max-shrink 20%", "--max-shrink %s is no share", f.maxShrink)
	}
	for _, address := range f.requireEmail {
		if _, ok := export.Key(address); !ok {
			return usagef("give an address that is in every whole export, such as your own", "--require-email %q is no address", address)
		}
	}
	return nil
}

func (p *program) syncCommand() *cobra.Command {
	f, s := &importFlags{}, &syncFlags{}
	cmd := &cobra.Command{
		Use:   "sync FILE",
		Short: "The nightly job: import FILE, then name the leavers",
		Long: `Does what import does, and then lists who was onboarded from this source and is
gone from FILE. Nothing is done to them unless --revoke-leavers says so.

It is made to be run every night by cron or systemd: without a terminal it asks
no question, two of them never meet, and an export that looks wrong is refused
before anything is sent (exit 5): too many invalid rows, too many new ones, too
few in all, or somebody missing whom --require-email names.

Exit codes: 0 every row is good, 1 the run could not be done, 2 wrong command
line, 3 some rows are not good, 4 not authorised, 5 stopped by a guard, 6 the
quota asks for a long pause, 130 interrupted.`,
		Example: `  jsm-onboard sync customers.csv --dry-run
  jsm-onboard sync customers.csv --source crm --require-email ops@example.com
  jsm-onboard sync customers.csv --revoke-leavers --notify https://hc-ping.com/your-uuid`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runImport(cmd.Context(), f, s, args[0])
		},
	}
	f.register(cmd.Flags())
	s.register(cmd.Flags(), f)
	return cmd
}

// guards are those of the command, and the addresses that the export must hold.
func (r *importRun) guards(ctx context.Context) (g importer.Guards, require []string, err error) {
	g = importer.Guards{MaxInvalid: r.maxInvalid, MaxCreates: r.maxCreates}
	if r.sync == nil {
		return g, nil, nil
	}
	g.MaxShrink, g.People = r.sync.maxShrink, true
	g.Last, err = lastPeople(ctx, r.session.ledger, r.source())
	return g, r.sync.requireEmail, err
}

// listPath is where the leavers are listed; "" with import.
func (r *importRun) listPath() string {
	if r.sync == nil {
		return ""
	}
	return r.sync.leavers
}

// returnNotes tell what --resend-known means for people whose access we have
// revoked.
func returnNotes(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s asked about again (--resend-known):\nthose whose account the site shows as active are taken as given back. See that this is so; leave the others out.",
		importer.Counted(n, "person whose access we have revoked is", "people whose access we have revoked are"))}
}

// departed is what a sync knows of its leavers at the end.
type departed struct {
	told *report.Departures
	stop *importer.Stop // why access was not taken away from all that it should be
	code int            // what became of them, as an exit code
}

// worse is the exit code of a run whose rows ask for code.
func (d *departed) worse(code int) int {
	if d.stop != nil {
		return d.stop.Cause.ExitCode()
	}
	return max(code, d.code)
}

// leave lists the leavers of a run that has gone through all of its rows, and
// takes their access away when that was asked for. It takes effect in the
// ledger with the end of the run.
func (r *importRun) leave(ctx context.Context, roster *importer.Roster, end *importer.End) {
	if stop := roster.Close(); stop != nil && end.Stop == nil {
		end.Stop = stop
	}
	r.departed.told = &report.Departures{Held: "the run stopped before its last row, so it is not known who has left"}
	if end.Stop != nil {
		return
	}
	list, err := r.listLeavers(context.WithoutCancel(ctx), roster)
	if err == nil {
		err = report.WriteLeavers(r.sync.leavers, list)
	}
	if err == nil {
		err = r.remember(context.WithoutCancel(ctx), r.sync.leavers)
	}
	if err != nil {
		end.Stop = stopBy(err)
		r.departed.told.Held = "they could not be listed: " + end.Stop.What
		return
	}
	r.dropOldResults()
	told := &report.Departures{Path: r.sync.leavers}
	for _, one := range list {
		if one.Action == actionRevoke {
			told.Revoke++
		} else {
			told.Review++
		}
	}
	r.departed.told = told
	if !r.sync.revokeLeavers || len(list) == 0 {
		return
	}
	if err := r.revokeListed(ctx); err != nil {
		r.departed.stop = stopBy(err)
		told.Held = r.departed.stop.What
	}
}

// What is to be done about a leaver.
const (
	actionRevoke = "revoke"
	actionReview = "review"
)

// listLeavers asks the ledger who has left.
func (r *importRun) listLeavers(ctx context.Context, roster *importer.Roster) ([]report.Leaver, error) {
	var list []report.Leaver
	run := r.plan.Run
	for one, err := range r.session.ledger.Leavers(ctx, run.Seq, run.Source) {
		if err != nil {
			return nil, err
		}
		leaver := report.Leaver{Email: one.Email, Name: one.Name, AccountID: one.ID, Action: actionRevoke,
			Reason:   "in no row of the export since " + one.LastSeen.UTC().Format(time.DateOnly),
			LastSeen: report.Day{Time: one.LastSeen}, Source: run.Source, RunID: run.ID}
		if reason := moved(one, roster); reason != "" {
			leaver.Action, leaver.Reason = actionReview, reason
		}
		list = append(list, leaver)
	}
	return list, nil
}

// moved is why a leaver is left to a person: their external id is in the export
// still, or cannot be; "": they have left.
func moved(one ledger.Leaver, roster *importer.Roster) string {
	if roster.Untold(one) {
		return "in no row of the export since " + one.LastSeen.UTC().Format(time.DateOnly) + ", and it has no external ids any more, by which another address of the same person would be seen: bring that column back, or revoke it with a file that has its jsm_account_id alone"
	}
	const revokeAlone = ": see that nothing is lost with the old account, then revoke it with a file that has its jsm_account_id alone"
	if one.NewKey != "" {
		return "the same external id is in the export with another address (" + one.NewKey + ")" + revokeAlone
	}
	line, status := roster.Elsewhere(one)
	where := fmt.Sprintf("the same external id is in line %d of the export", line)
	switch status {
	case 0:
		return ""
	case importer.Duplicate, importer.RevokedBefore:
		return where + ", with another address, which was there already" + revokeAlone
	case importer.Excluded:
		return where + ", which is excluded and has another address: see first whether that row is to be left out; do not revoke before"
	}
	return where + ", whose address could not be used (" + status.String() + "): mend it in the export first; when it was a slip, nobody has left, and nothing is to be revoked"
}

// revokeListed takes access away from those on the list, within the run that
// has listed them: all guards come before the first request.
func (r *importRun) revokeListed(ctx context.Context) error {
	if n := r.plan.Survey.NoAddress; n > 0 {
		return &importer.Stop{Cause: importer.Guarded, What: fmt.Sprintf("nobody was revoked: the address of %s could not be read, and those on the list may be among them", importer.Counted(n, "row", "rows")),
			Hint: "mend those rows in the export; they are in " + r.failed}
	}
	file, err := export.Open(ctx, r.sync.leavers, nil)
	if err != nil {
		return err
	}
	defer file.Close()
	l := r.session.ledger
	plan, err := importer.PlanRevocation(ctx, file, l, importer.RevocationOptions{Run: &r.plan.Run})
	if err != nil {
		return err
	}
	managed, err := l.Managed(ctx)
	if err != nil {
		return err
	}
	if stop, ok := errors.AsType[*importer.Stop](importer.CheckRevocation(plan, r.sync.maxRevoke, managed)); ok {
		stop.Hint = fmt.Sprintf("the creates are done, and the list is there: look at it; when it is right, this does the rest:\n%s\n(or run the sync once more with --max-revoke %d)",
			report.RevokeCommand(r.sync.leavers, r.siteWords), plan.Create+plan.Settled.Of(importer.Revoked))
		return stop
	}
	if plan.Create > 0 && r.who.Root == "" {
		if r.who, err = r.session.identify(ctx); err != nil {
			return err
		}
	}
	return r.revokeNow(ctx, plan)
}

func (r *importRun) revokeNow(ctx context.Context, plan *importer.Plan) error {
	s := &sitting{program: r.program, console: r.console, session: r.session, plan: plan, began: time.Now(),
		pace: r.session.client.RevokePace, outputs: &outputs{resultsPath: r.leaverResults(), survey: plan.Survey}}
	if err := s.outputs.open(); err != nil {
		return err
	}
	defer s.outputs.abort()
	job := importer.NewRevocation(ctx, r.session.client, r.session.ledger, plan, importer.Options{Workers: r.site.workers, MaxErrors: r.maxErrors})
	end, _ := s.carryOut(ctx, job, s.outputs.write)
	s.rememberResults(ctx, &end)
	rows := report.CountRows(end.Rows, importer.RevokeStatuses(), end.Totals)
	told := r.departed.told
	pace := s.pace()
	told.Rows, told.Results, told.Sent, told.Throttled = &rows, r.leaverResults(), pace.Sent, pace.Refused
	r.departed.code = end.ExitCode()
	if end.Stop != nil {
		return end.Stop
	}
	return nil
}
