package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// revokeFlags are those of revoke.
type revokeFlags struct {
	site siteFlags
	read readFlags
	tell tellFlags

	results, summary, ledger string
	maxRevoke, maxErrors     importer.Limit
	dryRun, yes              bool
}

func (f *revokeFlags) register(flags *pflag.FlagSet) {
	f.site.register(flags)
	grouped(flags, "Files", func(g *pflag.FlagSet) {
		g.StringVar(&f.results, "results", "", "`PATH` of the results (default: the input's path with .results.csv)")
		g.StringVar(&f.summary, "summary", "", "`PATH` for the totals as JSON")
		g.StringVar(&f.ledger, "ledger", "", "`PATH` of the record of what has been onboarded (default: one for each site, in your state folder)")
	})
	f.read.register(flags)
	grouped(flags, "What is sent", func(g *pflag.FlagSet) {
		g.BoolVar(&f.dryRun, "dry-run", false, "print the plan, send nothing")
		g.BoolVar(&f.yes, "yes", false, "ask no question; needed where there is no terminal")
	})
	grouped(flags, "Guards", func(g *pflag.FlagSet) {
		g.Var(limitFlag{&f.maxRevoke, 1}, "max-revoke", "refuse to start when access would be taken away from more than `N|P%` of the accounts that the ledger manages")
		f.maxErrors = importer.Limit{Percent: 5, AtLeast: leastErrors, Set: true}
		g.Var(limitFlag{&f.maxErrors, leastErrors}, "max-errors", "stop when more than `N|P%` of the accounts asked for have failed; 0: never")
	})
	f.tell.register(flags)
}

func (p *program) revokeCommand() *cobra.Command {
	f := &revokeFlags{}
	cmd := &cobra.Command{
		Use:   "revoke FILE",
		Short: "Revoke portal-only access for the accounts in FILE",
		Long: `Takes portal access away from each account in FILE, and writes what became of
each to FILE.results.csv. An account is named by its id (in a column
jsm_account_id, account_id or accountId), or by an address that the ledger knows.
The list of leavers that sync writes is taken as it is, as long as it is fresh.
Another file that covers more than half of the accounts that the ledger manages
is taken with --yes only when --max-revoke says how many are meant.

It is no deletion: the address stays taken, and only an administrator can give
the access back, by hand. It needs a token of a site administrator.

Exit codes: 0 every row is good, 1 the run could not be done, 2 wrong command
line, 3 some rows are not good, 4 not authorised, 5 stopped by a guard, 6 the
quota asks for a long pause, 130 interrupted.`,
		Example: `  jsm-onboard revoke customers.leavers.csv --dry-run
  jsm-onboard revoke customers.leavers.csv
  jsm-onboard revoke customers.leavers.csv --yes --max-revoke 50`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runRevoke(cmd.Context(), f, args[0])
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// a revokeRun is one revocation from the command line to the exit code.
type revokeRun struct {
	*sitting
	*revokeFlags
	who apiclient.Connection
}

func (p *program) runRevoke(ctx context.Context, f *revokeFlags, path string) error {
	s, err := p.newSitting(&f.tell, path)
	if err != nil {
		return err
	}
	s.statuses = importer.RevokeStatuses()
	r := &revokeRun{sitting: s, revokeFlags: f}
	ctx, release := interruptible(ctx, s.stopping)
	defer release()
	return s.watched(ctx, watch{&f.tell, "revoke", "", f.dryRun}, r.run)
}

// run goes from the file to the results; nothing leaves before the plan is
// made and agreed to.
func (r *revokeRun) run(ctx context.Context) (err error) {
	options, err := r.read.options()
	if err := errors.Join(err, r.site.check()); err != nil {
		return err
	}
	if !r.yes && !r.dryRun && !r.interactive() {
		return usagef("look at the plan with --dry-run, then say --yes", "revoke asks before it takes access away, and there is no terminal to ask on")
	}
	file, err := export.Open(ctx, r.files.input, r.In)
	if err != nil {
		return err
	}
	defer file.Close()
	r.files.results = either(r.revokeFlags.results, file.Stem()+".results.csv")
	if err := apart(r.files.input, map[string]string{"--results": r.files.results, "--summary": r.revokeFlags.summary, "--metrics-file": r.tell.metricsFile}); err != nil {
		return err
	}
	replacing := r.revokeFlags.results == "" && !r.dryRun // what stands there, unasked
	if replacing {
		if err := r.keepOthers(ctx, r.files.results); err != nil {
			return err
		}
	}
	r.files.summary = r.revokeFlags.summary
	r.session, err = r.open(ctx, &r.site, sessionOptions{ledger: r.ledger, readOnly: r.dryRun, log: r.console.Log(), notify: r.paceChanged})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.session.Close()) }()
	if replacing {
		if err := r.rehearsal(r.files.results, "--results rehearsal.results.csv"); err != nil {
			return err
		}
	}
	if err := r.prepare(ctx, file, options); err != nil || r.dryRun {
		return err
	}
	return r.work(ctx)
}

// prepare makes the plan, shows it, checks the guards, and asks.
func (r *revokeRun) prepare(ctx context.Context, file *export.File, options export.Options) error {
	var err error
	identity := ledger.Identity{Command: "revoke", Input: r.files.input, Choices: r.read.choices()}
	r.plan, err = importer.PlanRevocation(ctx, file, r.session.ledger, importer.RevocationOptions{Export: options, Identity: identity})
	if err != nil {
		return err
	}
	if r.session.client != nil && r.plan.Create > 0 {
		if r.who, err = r.session.identify(ctx); err != nil {
			return err
		}
	}
	outlook := r.outlook()
	managed, err := r.session.ledger.Managed(ctx)
	if err != nil {
		return err
	}
	refused := r.guard(managed)
	outlook.Held = refused != nil
	if reach := r.plan.Reach; r.plan.Create > 0 && (!reach.Listed || reach.Foreign+reach.Unknown > 0) {
		outlook.Notes = append(outlook.Notes, "Access would be taken away from "+r.plan.RevokedShare(managed)+".")
	}
	r.show(outlook)
	if refused != nil {
		return refused
	}
	return r.agree(ctx, managed)
}

// guard refuses more than --max-revoke allows; and without it what is most
// likely a mistake, unless somebody is asked.
func (r *revokeRun) guard(managed int) error {
	if err := importer.CheckRevocation(r.plan, r.maxRevoke, managed); err != nil {
		return err
	}
	if r.maxRevoke.Set || r.dryRun || !r.yes {
		return nil
	}
	return importer.CheckUnlisted(r.plan, managed)
}

// agree asks whether it is meant. Many accounts that no list of leavers has, and
// no --max-revoke, are agreed to by their number.
func (r *revokeRun) agree(ctx context.Context, managed int) error {
	if r.yes || r.dryRun || r.plan.Create == 0 {
		return nil
	}
	question := fmt.Sprintf("Take portal access away from %s at %s?", importer.Counted(r.plan.Create, "account", "accounts"), r.session.site)
	many := importer.Limit{Percent: 5, AtLeast: 1, Set: true}
	if !r.plan.Reach.Listed && !r.maxRevoke.Set && many.Exceeded(r.plan.Create, managed) {
		return r.askNumber(ctx, question+"\nThat is "+r.plan.RevokedShare(managed)+".", r.plan.Create)
	}
	agreed, err := r.ask(ctx, question)
	if err == nil && !agreed {
		err = errNotAgreed
	}
	return err
}

// askNumber puts a question that is agreed to by typing number; anything else,
// in the end, is no agreement.
func (p *program) askNumber(ctx context.Context, question string, number int) error {
	fmt.Fprintln(p.Err, question)
	for range askedAtMost {
		fmt.Fprint(p.Err, "Type the number of accounts to go on, or Enter to leave them alone: ")
		line, err := p.answer(ctx)
		if err != nil {
			return err
		}
		switch typed := strings.ReplaceAll(strings.TrimSpace(line), ",", ""); typed {
		case fmt.Sprint(number):
			return nil
		case "", "n", "no":
			return errNotAgreed
		}
	}
	return errNotAgreed
}

// identify finds out whose the credentials are. That they may revoke is shown
// by the first request alone.
func (s *session) identify(ctx context.Context) (apiclient.Connection, error) {
	conn := apiclient.Connection{Site: s.site}
	if err := s.client.Reach(ctx, &conn); err != nil {
		return conn, err
	}
	return conn, s.client.Identify(ctx, &conn)
}

func (r *revokeRun) outlook() report.Outlook {
	rate := r.site.maxRate
	if rate > 0 {
		rate = min(rate, max(50, rate/2)) // as the client paces it
	}
	return report.Outlook{Site: r.session.shown(), Ledger: r.session.ledger.Path(), Rate: rate, DryRun: r.dryRun, Account: r.who.User.DisplayName}
}

// work runs the plan and tells how it ended.
func (r *revokeRun) work(ctx context.Context) error {
	r.pace = r.session.client.RevokePace
	if err := r.begin(ctx, &outputs{resultsPath: r.files.results}); err != nil {
		return err
	}
	defer r.outputs.abort()
	job := importer.NewRevocation(ctx, r.session.client, r.session.ledger, r.plan, importer.Options{Workers: r.site.workers, MaxErrors: r.maxErrors})
	end, mended := r.carryOut(ctx, job, r.outputs.write)
	r.rememberResults(ctx, &end)
	return r.conclude(context.WithoutCancel(ctx), end, mended)
}
