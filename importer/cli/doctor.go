package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
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
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check site, credentials, permissions and the quota headers, and say what to fix",
		Long: `Checks everything that an import needs, from the address to the ledger, and says
what to fix. It creates and changes nothing. With --organizations and
--service-desk it checks the rights for those, too.

Exit codes: 0 all is well (warnings are), 4 credentials or permissions are
missing, 1 anything else is wrong.`,
		Example: `  jsm-onboard doctor
  jsm-onboard doctor --site acme --service-desk SUP`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runDoctor(cmd.Context(), f) },
	}
	f.site.maxRate, f.site.workers = 10, 2
	f.site.register(cmd.Flags())
	f.log.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON, for scripts")
	cmd.Flags().BoolVar(&f.organizations, "organizations", false, "check the rights for import --organizations, too")
	cmd.Flags().StringArrayVar(&f.serviceDesks, "service-desk", nil, "`KEY` of a service project: check the rights for it, too")
	showFlags(cmd, "site sandbox config organizations service-desk token-file ca-file ledger json")
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
	defer func() {
		if d.site != nil {
			d.site.Close()
		}
	}()
	d.examine(ctx)
	if err := ctx.Err(); err != nil {
		return err
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

// A doctor goes from check to check. What needs a check that has failed is not
// asked.
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
	d.fine("Version", d.Version)
	d.checkAddress()
	d.checkCredentials()
	d.makeClient()
	if d.checkNetwork(ctx) && d.checkSite(ctx) {
		d.checkLogin(ctx)
	} else {
		d.add("Login", report.Skipped, "not asked, since the site was not reached", "")
	}
	d.checkQuota()
	d.checkLedger(ctx)
}

func (d *doctor) add(name string, state report.State, what, hint string) {
	d.Checks = append(d.Checks, report.Finding{Name: name, State: state, Text: what, Hint: hint})
}

func (d *doctor) fine(name, what string) { d.add(name, report.Fine, what, "") }

func (d *doctor) warn(name, what, hint string) { d.add(name, report.Warning, what, hint) }

// fail adds a failed check. Missing credentials and permissions are exit code 4,
// and anything else, which comes before them, is 1.
func (d *doctor) fail(name string, err error) {
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
}

func (d *doctor) checkAddress() {
	s, err := d.findSite(&d.flags.site)
	if err != nil {
		d.fail("Address", err)
		return
	}
	d.site, d.Site = s, s.url.String()
	given := either(d.flags.site.site, d.env.get("JIRA_BASE_URL"))
	if d.flags.site.sandbox || given == d.Site {
		d.fine("Address", s.shown())
		return
	}
	d.fine("Address", d.Site+", made from "+given)
}

func (d *doctor) checkCredentials() {
	var err error
	var c apiclient.Credentials
	if d.flags.site.sandbox && d.site != nil {
		c = d.site.credentials
	} else {
		c, err = d.credentials(&d.flags.site)
	}
	var kind apiclient.CredentialKind
	if err == nil {
		kind, err = c.Kind()
	}
	if err != nil {
		d.fail("Credentials", err)
		return
	}
	d.login = true
	if d.site != nil {
		d.site.credentials = c
	}
	from := ""
	if d.flags.site.tokenFile != "" && !d.flags.site.sandbox {
		from = " from " + d.flags.site.tokenFile
	}
	d.fine("Credentials", kind.String()+from)
}

func (d *doctor) makeClient() {
	if d.site == nil {
		return
	}
	log := d.console.Log()
	client, err := d.site.newClient(log, func(e apiclient.Event) { log.Info(e.String()) }, !d.login)
	if err != nil {
		d.fail("Settings", err)
		return
	}
	d.client, d.site.client = client, client
	if d.login {
		d.fine("Sent to", strings.Join(client.CredentialHosts(), ", "))
	}
}

// checkNetwork looks at the way to the site.
func (d *doctor) checkNetwork(ctx context.Context) bool {
	if d.client == nil {
		return false
	}
	if proxy := d.client.Proxy(); proxy != "" {
		d.fine("Proxy", proxy+"; it looks up the site's name")
	} else if !d.checkName(ctx) {
		return false
	}
	if d.site.url.Scheme == "http" {
		d.fine("TLS", "not needed: the address is this machine's own")
		return true
	}
	c, err := d.client.Certificate(ctx)
	if err != nil {
		d.fail("TLS", err)
		return false
	}
	d.fine("TLS", fmt.Sprintf("%s; certificate by %s, valid until %s", c.Version, c.Issuer, c.Until.Format(time.DateOnly)))
	return true
}

func (d *doctor) checkName(ctx context.Context) bool {
	host := d.site.url.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		d.fine("DNS", "not needed: the address is a number")
		return true
	}
	found, err := d.client.LookUp(ctx)
	if err != nil {
		d.fail("DNS", err)
		return false
	}
	more := ""
	if len(found) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(found)-1)
	}
	d.fine("DNS", host+" is "+found[0].String()+more)
	return true
}

// badClock is the difference from which certificates and tokens may be judged
// wrongly.
const badClock = 2 * time.Minute

// checkSite asks what needs no credentials.
func (d *doctor) checkSite(ctx context.Context) bool {
	d.conn.Site = d.Site
	if err := d.client.Reach(ctx, &d.conn); err != nil {
		d.fail("Site", err)
		return false
	}
	d.fine("Site", strings.TrimSpace("Jira Service Management Cloud "+d.conn.Version))
	const setClock = "set the clock: certificates, tokens and pauses are judged by it"
	switch skew := d.conn.Skew; {
	case skew > badClock:
		d.warn("Clock", fmt.Sprintf("this machine's clock is %s behind the site's", skew), setClock)
	case skew < -badClock:
		d.warn("Clock", fmt.Sprintf("this machine's clock is %s ahead of the site's", -skew), setClock)
	default:
		d.fine("Clock", "agrees with the site's")
	}
	return true
}

// checkLogin asks who we are and what we may.
func (d *doctor) checkLogin(ctx context.Context) {
	if !d.login {
		d.add("Login", report.Skipped, "not asked, since there are no credentials", "")
		return
	}
	d.conn.Credentials, _ = d.site.credentials.Kind()
	if err := d.client.Identify(ctx, &d.conn); err != nil {
		d.fail("Login", err)
		d.add("Permissions", report.Skipped, "not asked, since the login has failed", "")
		return
	}
	where := "at the site"
	if d.conn.Gateway {
		where = "at the gateway"
	}
	if name := d.conn.User.DisplayName; name != "" {
		d.fine("Login", name+", "+where)
	} else {
		d.warn("Login", "good "+where+"; "+nameless, apiclient.HintScope)
	}
	d.checkPermissions(ctx)
	d.checkScopes(ctx)
	if d.flags.organizations || len(d.flags.serviceDesks) > 0 {
		d.checkAccess(ctx)
	}
}

func (d *doctor) checkPermissions(ctx context.Context) {
	err := d.client.Permit(ctx, &d.conn)
	switch {
	case err != nil:
		d.fail("Administer", err)
	case d.conn.Administer == apiclient.Unverified:
		d.warn("Administer", administerUnverified, "")
	default:
		d.fine("Administer", "the account may administer Jira, which creating customers needs")
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
	scopes := d.client.Scopes(ctx, d.conn)
	if scopes == nil {
		d.fine("Scopes", "not needed: this API token has none, and may do what its owner may")
		return
	}
	names := map[apiclient.Verdict][]string{}
	for _, s := range scopes {
		names[s.Has] = append(names[s.Has], s.Name)
	}
	switch {
	case len(names[apiclient.No]) > 0:
		d.warn("Scopes", "the token lacks "+strings.Join(names[apiclient.No], " and "), apiclient.HintScope)
	case len(names[apiclient.Unverified]) > 0:
		d.warn("Scopes", "cannot be verified: "+strings.Join(names[apiclient.Unverified], ", "), "")
	default:
		d.fine("Scopes", "the token has those that are needed")
	}
}

// checkAccess asks for what organizations and service projects need, without
// changing anything.
func (d *doctor) checkAccess(ctx context.Context) {
	if d.flags.organizations {
		count := 0
		for _, err := range d.client.Organizations(ctx) {
			if err != nil {
				d.fail("Organizations", err)
				return
			}
			count++
		}
		d.fine("Organizations", "the site has "+text.Counted(count, "organization", "organizations")+" that the account can see")
	}
	for _, key := range d.flags.serviceDesks {
		name := "Project " + key
		desk, err := d.client.ServiceDesk(ctx, key)
		if err != nil {
			d.fail(name, err)
			continue
		}
		for _, e := range d.client.ServiceDeskOrganizations(ctx, desk.ID) {
			err = e
			break
		}
		if e, ok := errors.AsType[*apiclient.Error](err); ok && e.Kind == apiclient.KindForbidden {
			d.warn(name, desk.Name+": the account may not work with its organizations, which needs an agent licence",
				"give the account an agent licence for this project; customers can be added without it")
			continue
		}
		if err != nil {
			d.fail(name, err)
			continue
		}
		d.fine(name, desk.Name+": customers and organizations can be added")
	}
}

func (d *doctor) checkQuota() {
	switch {
	case len(d.conn.RateHeaders) > 0:
		d.fine("Quota", "the site sends "+strings.Join(d.conn.RateHeaders, ", "))
	case d.conn.Version != "":
		d.fine("Quota", "the site sent no headers about it; the pace is then learned from its refusals")
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
		d.fine("Ledger", "none yet; it will be "+path)
		return
	}
	l, err := ledger.OpenReadOnly(ctx, path, d.Site)
	if err != nil {
		d.fail("Ledger", err)
		return
	}
	defer l.Close()
	holdings, err := l.Holdings(ctx)
	runs, runsErr := l.Runs(ctx)
	if err := firstOf(err, runsErr); err != nil {
		d.fail("Ledger", err)
		return
	}
	what := path + ", with " + text.Counted(holdings.Accounts, "account", "accounts")
	if holdings.Revoked > 0 {
		what += " (" + text.Grouped(holdings.Revoked) + " revoked)"
	}
	d.fine("Ledger", what+" and "+text.Counted(len(runs), "run", "runs"))
}
