package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// doctorFlags are those of the doctor command.
type doctorFlags struct {
	site          siteFlags
	log           logFlags
	json          bool
	organizations bool
	serviceDesks  []string
}

func (p *program) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	cmd := p.command("doctor", noArguments, func(cmd *cobra.Command, _ []string) error {
		return p.runDoctor(cmd.Context(), f)
	})
	f.site.maxRate, f.site.workers = 10, 2
	f.site.register(cmd.Flags())
	f.log.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "")
	cmd.Flags().BoolVar(&f.organizations, "organizations", false, "")
	cmd.Flags().StringArrayVar(&f.serviceDesks, "service-desk", nil, "")
	return cmd
}

func (p *program) runDoctor(ctx context.Context, f *doctorFlags) error {
	if err := errors.Join(p.newConsole(&f.log), f.site.check()); err != nil {
		return err
	}
	ctx, release := interruptible(ctx, nil)
	defer release()
	d := &doctor{program: p, flags: f}
	d.Version = versionNumber()
	d.examine(ctx)
	if d.site != nil {
		defer d.site.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	content, err := []byte(report.Fit(p.Out, d.String(), p.env.get)), error(nil)
	if f.json {
		content, err = d.JSON()
	}
	if err == nil {
		_, err = p.Out.Write(content)
	}
	return firstOf(err, asExit(d.ExitCode))
}

// A doctor goes from check to check. What needs a check that has failed is not asked.
type doctor struct {
	*program
	flags *doctorFlags
	report.Diagnosis
	site   *site             // nil: the address is not known
	client *apiclient.Client // nil: there is nothing to ask
	login  bool              // there are credentials
	conn   apiclient.Connection
}

func (d *doctor) examine(ctx context.Context) {
	d.fine("Version", "%s", d.Version)
	d.checkAddress()
	d.checkCredentials()
	d.makeClient()
	switch {
	case d.client == nil || !d.checkSite(ctx):
		d.add("Login", report.Skipped, "not asked, since the site was not reached", "")
	case !d.login:
		d.add("Login", report.Skipped, "not asked, since there are no credentials", "")
	case !d.checkLogin(ctx):
		d.add("Permissions", report.Skipped, "not asked, since the login has failed", "")
	default:
		d.checkPermissions(ctx)
		d.checkScopes(ctx)
		d.checkAccess(ctx)
	}
	d.checkLedger(ctx)
}

func (d *doctor) add(name string, state report.State, what, hint string) {
	d.Checks = append(d.Checks, report.Finding{Name: name, State: state, Text: what, Hint: hint})
}

func (d *doctor) fine(name, format string, args ...any) {
	d.add(name, report.Fine, fmt.Sprintf(format, args...), "")
}

func (d *doctor) warn(name, what, hint string) { d.add(name, report.Warning, what, hint) }

// good adds a check that has failed with err, or is fine. Missing credentials and permissions are exit code 4, and
// anything else, which comes before them, is 1.
func (d *doctor) good(name string, err error, format string, args ...any) bool {
	if err == nil {
		d.fine(name, format, args...)
		return true
	}
	what, hint, code := explain(err)
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		what = e.Redacted()
	}
	d.add(name, report.Failing, what, hint)
	if code != exitUnauthorised {
		d.ExitCode = exitBroken
	} else if d.ExitCode == 0 {
		d.ExitCode = code
	}
	return false
}

func (d *doctor) checkAddress() {
	s, err := d.findSite(&d.flags.site)
	shown := ""
	if err == nil {
		d.site, d.Site, shown = s, s.url.String(), s.shown()
		if given := either(d.flags.site.site, d.env.get("JIRA_BASE_URL")); given != d.Site && !d.flags.site.sandbox {
			shown += ", made from " + given
		}
	}
	d.good("Address", err, "%s", shown)
}

func (d *doctor) checkCredentials() {
	c, err := d.credentials(&d.flags.site)
	if d.flags.site.sandbox && d.site != nil {
		c, err = d.site.credentials, nil
	}
	var kind apiclient.CredentialKind
	if err == nil {
		kind, err = c.Kind()
	}
	if d.login = d.good("Credentials", err, "%s", kind); d.login && d.site != nil {
		d.site.credentials = c
	}
}

func (d *doctor) makeClient() {
	if d.site == nil {
		return
	}
	log := d.console.Log()
	client, err := d.site.newClient(log, func(e apiclient.Event) { log.Info(e.String()) }, !d.login)
	if err != nil {
		d.good("Settings", err, "")
		return
	}
	d.client = client
	if d.login {
		d.fine("Sent to", "%s", strings.Join(slices.Compact(client.CredentialHosts()), ", "))
	}
}

// badClock is the difference from which certificates and tokens may be judged wrongly.
const badClock = 2 * time.Minute

// checkSite asks what needs no credentials.
func (d *doctor) checkSite(ctx context.Context) bool {
	d.conn.Site = d.Site
	err := d.client.Reach(ctx, &d.conn)
	if !d.good("Site", err, "Jira Service Management Cloud %s", d.conn.Version) {
		return false
	}
	if skew := d.conn.Skew; skew.Abs() > badClock {
		d.warn("Clock", fmt.Sprintf("the site's clock is %s away from this machine's", skew.Abs()),
			"set the clock: certificates, tokens and pauses are judged by it")
	}
	if headers := d.conn.RateHeaders; len(headers) > 0 {
		d.fine("Quota", "the site sends %s", strings.Join(headers, ", "))
	} else {
		d.fine("Quota", "the site sent no headers about it; the pace is then learned from its refusals")
	}
	return true
}

// checkLogin asks who we are.
func (d *doctor) checkLogin(ctx context.Context) bool {
	d.conn.Credentials, _ = d.site.credentials.Kind()
	err := d.client.Identify(ctx, &d.conn)
	where := "at the site"
	if d.conn.Gateway {
		where = "at the gateway"
	}
	if err == nil && d.conn.User.DisplayName == "" {
		d.warn("Login", "good "+where+"; "+nameless, apiclient.HintScope)
		return true
	}
	return d.good("Login", err, "%s, %s", d.conn.User.DisplayName, where)
}

func (d *doctor) checkPermissions(ctx context.Context) {
	err := d.client.Permit(ctx, &d.conn)
	if err == nil && d.conn.Administer == apiclient.Unverified {
		d.warn("Administer", administerUnverified, "")
	} else {
		d.good("Administer", err, "the account may administer Jira, which creating customers needs")
	}
	switch d.conn.BrowseUsers {
	case apiclient.Yes:
		d.fine("Browse users", "the account may look up the accounts behind conflicts")
	case apiclient.No:
		d.warn("Browse users", browseMissing, apiclient.HintBrowse)
	case apiclient.Unverified:
		d.warn("Browse users", "cannot be verified with this token", "")
	}
}

func (d *doctor) checkScopes(ctx context.Context) {
	names := map[apiclient.Verdict][]string{}
	scopes := d.client.Scopes(ctx, d.conn)
	for _, s := range scopes {
		names[s.Has] = append(names[s.Has], s.Name)
	}
	switch {
	case scopes == nil:
		d.fine("Scopes", "not needed: this API token has none, and may do what its owner may")
	case len(names[apiclient.No]) > 0:
		d.warn("Scopes", "the token lacks "+strings.Join(names[apiclient.No], " and "), apiclient.HintScope)
	case len(names[apiclient.Unverified]) > 0:
		d.warn("Scopes", "cannot be verified: "+strings.Join(names[apiclient.Unverified], ", "), "")
	default:
		d.fine("Scopes", "the token has those that are needed")
	}
}

// checkAccess asks for what organizations and service projects need, without changing anything.
func (d *doctor) checkAccess(ctx context.Context) {
	if d.flags.organizations {
		count, err := 0, error(nil)
		for _, err = range d.client.Organizations(ctx) {
			count++
		}
		d.good("Organizations", err, "the account can see %s", text.Counted(count, "organization", "organizations"))
	}
	for _, key := range d.flags.serviceDesks {
		desk, err := d.client.ServiceDesk(ctx, key)
		if err == nil {
			for _, err = range d.client.ServiceDeskOrganizations(ctx, desk.ID) {
				break
			}
			if e, ok := errors.AsType[*apiclient.Error](err); ok && e.Kind == apiclient.KindForbidden {
				d.warn("Project "+key, desk.ProjectName+": the account may not work with its organizations",
					"give the account an agent licence for this project; customers can be added without it")
				continue
			}
		}
		d.good("Project "+key, err, "%s: customers and organizations can be added", desk.ProjectName)
	}
}

// checkLedger makes no ledger, and waits for nobody who has it open.
func (d *doctor) checkLedger(ctx context.Context) {
	if d.site == nil {
		d.add("Ledger", report.Skipped, "not looked for, since there is one for each site", "")
		return
	}
	path := d.site.ledgerPath
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.fine("Ledger", "none yet; it will be %s", report.Shown(path))
		return
	}
	var holdings ledger.Holdings
	var runs []ledger.Run
	l, err := ledger.OpenReadOnly(ctx, path, d.Site)
	if err == nil {
		defer l.Close()
		holdings, err = l.Holdings(ctx)
	}
	if err == nil {
		runs, err = l.Runs(ctx)
	}
	d.good("Ledger", err, "%s, with %s (%s revoked) and %s", report.Shown(path), text.Counted(holdings.Accounts, "account", "accounts"),
		text.Grouped(holdings.Revoked), text.Counted(len(runs), "run", "runs"))
}
