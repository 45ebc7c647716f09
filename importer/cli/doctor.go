package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// doctorFlags are those of the doctor command.
type doctorFlags struct {
	site          siteFlags
	json          bool
	organizations bool
	serviceDesks  []string
}

func (p *program) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	cmd := p.command("doctor", func(cmd *cobra.Command, _ []string) error {
		return p.runDoctor(cmd.Context(), f)
	})
	f.site.client.MaxRate, f.site.client.Workers = 10, 2
	f.site.register(cmd.Flags())
	p.log.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "")
	cmd.Flags().BoolVar(&f.organizations, "organizations", false, "")
	cmd.Flags().StringArrayVar(&f.serviceDesks, "service-desk", nil, "")
	return cmd
}

func (p *program) runDoctor(ctx context.Context, f *doctorFlags) error {
	if err := f.site.check(); err != nil {
		return err
	}
	d := &doctor{program: p, flags: f, Diagnosis: report.Diagnosis{Version: versionNumber()}}
	d.examine(ctx)
	defer d.site.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmp.Or(p.print(f.json, d.String, d.JSON), asExit(d.ExitCode))
}

// A doctor goes from check to check. What needs a check that has failed is not asked.
type doctor struct {
	*program
	flags *doctorFlags
	report.Diagnosis
	site *site
	conn apiclient.Connection
}

func (d *doctor) add(name string, state report.State, what, hint string) {
	d.Checks = append(d.Checks, report.Finding{Name: name, State: state, Text: what, Hint: hint})
}

// good adds a check that has failed with err, or is fine. Missing credentials and permissions are exit code 4, and
// anything else, which comes before them, is 1.
func (d *doctor) good(name string, err error, format string, args ...any) bool {
	if err == nil {
		d.add(name, report.Fine, fmt.Sprintf(format, args...), "")
		return true
	}
	stop := explain(err)
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		stop.What = e.Redacted()
	}
	d.add(name, report.Failing, stop.What, stop.Hint)
	if stop.Cause != importer.Unauthorised {
		d.ExitCode = importer.Broken.ExitCode()
	} else if d.ExitCode == 0 {
		d.ExitCode = stop.Cause.ExitCode()
	}
	return false
}

func (d *doctor) warn(name, what, hint string) { d.add(name, report.Warning, what, hint) }

func (d *doctor) examine(ctx context.Context) {
	d.good("Version", nil, "%s", d.Version)
	var err error
	if d.site, err = d.findSite(&d.flags.site); d.good("Address", err, "%s", d.site.shown()) {
		d.Site = d.site.url
	}
	err = d.logIn(d.site)
	kind, kindErr := d.site.credentials.Kind()
	if d.good("Credentials", cmp.Or(err, kindErr), "%s", kind) && d.Site != "" {
		d.checkSite(ctx)
	}
	if d.Site != "" {
		d.checkLedger(ctx)
	}
}

// checkSite asks the site what every run asks it, and names the hosts that get the credentials.
func (d *doctor) checkSite(ctx context.Context) {
	if err := d.newClient(d.site, func(e apiclient.Event) { d.console.Log().Info(e.Text) }); err != nil {
		d.good("Settings", err, "")
		return
	}
	d.good("Sent to", nil, "%s", strings.Join(slices.Compact(d.site.client.CredentialHosts()), ", "))
	var err error
	d.conn, err = d.site.client.Connect(ctx)
	if !d.conn.Reached {
		d.good("Site", err, "")
		return
	}
	d.good("Site", nil, "Jira Service Management Cloud %s", d.conn.Version)
	d.checkAnswers()
	if d.conn.Administer == 0 { // it got no further
		d.good("Login", err, "")
		return
	}
	d.checkLogin()
	d.checkRights(err)
	d.checkAccess(ctx)
}

// badClock is the difference from which certificates and tokens may be judged wrongly.
const badClock = 2 * time.Minute

// checkAnswers looks at what came with the site's answers.
func (d *doctor) checkAnswers() {
	if skew := d.conn.Skew.Abs(); skew > badClock {
		d.warn("Clock", fmt.Sprintf("the site's clock is %s away from this machine's", skew),
			"set the clock: certificates, tokens and pauses depend on it")
	}
	headers := "nothing about its quota; the program finds the pace by itself"
	if len(d.conn.RateHeaders) > 0 {
		headers = strings.Join(d.conn.RateHeaders, ", ")
	}
	d.good("Quota", nil, "the site sends %s", headers)
}

func (d *doctor) checkLogin() {
	where := "at the site"
	if d.conn.Gateway {
		where = "at the gateway"
	}
	if d.conn.User.DisplayName == "" {
		d.warn("Login", "accepted "+where+"; "+nameless, apiclient.HintScope)
		return
	}
	d.good("Login", nil, "%s, %s", d.conn.User.DisplayName, where)
}

// checkRights shows what the account and its token may; err is why that is not enough.
func (d *doctor) checkRights(err error) {
	if err == nil && d.conn.Administer == apiclient.Unverified {
		d.warn("Administer", administerUnverified, "")
	} else {
		d.good("Administer", err, "the account has Administer Jira, which creating customers needs")
	}
	d.may("Browse users", d.conn.BrowseUsers,
		"the account can look up the account ids of people who are at the site already",
		browseMissing, apiclient.HintBrowse)
	for _, scope := range d.conn.Scopes {
		d.may("Scope", scope.Has, scope.Name, "the token lacks "+scope.Name, apiclient.HintScope)
	}
	if len(d.conn.Scopes) == 0 {
		d.good("Scopes", nil, "not needed: this API token has none, and may do what its owner may")
	}
}

// may adds what is good to have.
func (d *doctor) may(name string, has apiclient.Verdict, yes, no, hint string) {
	switch has {
	case apiclient.Yes:
		d.good(name, nil, "%s", yes)
	case apiclient.No:
		d.warn(name, no, hint)
	default:
		d.warn(name, "this token cannot show it", "")
	}
}

// checkAccess asks for what organizations and service projects need, without changing anything.
func (d *doctor) checkAccess(ctx context.Context) {
	client := d.site.client
	if d.flags.organizations {
		count, err := 0, error(nil)
		for _, err = range client.Organizations(ctx) {
			count++
		}
		d.good("Organizations", err, "the account can see %s", text.Counted(count, "organization", "organizations"))
	}
	for _, key := range d.flags.serviceDesks {
		desk, err := client.ServiceDesk(ctx, key)
		if err == nil {
			for _, err = range client.ServiceDeskOrganizations(ctx, desk.ID) {
				break
			}
			if e, ok := errors.AsType[*apiclient.Error](err); ok && e.Kind == apiclient.KindForbidden {
				d.warn("Project "+key, "the account cannot work with the organizations of this project",
					"give the account an agent licence for this project; customers can be added without it")
				continue
			}
		}
		d.good("Project "+key, err, "%s: customers and organizations can be added", desk.ProjectName)
	}
}

// checkLedger makes no ledger, and waits for nobody who has it open. It tries what a run would do.
func (d *doctor) checkLedger(ctx context.Context) {
	var holdings ledger.Holdings
	l, err := ledger.OpenReadOnly(ctx, d.site.ledgerPath, d.Site)
	if err == nil {
		defer l.Close()
		holdings, err = l.Holdings(ctx)
	}
	if err == nil && d.conn.CloudID != "" { // compared: the ledger is read-only
		err = l.Bind(ctx, d.conn.CloudID)
	}
	tried := ledger.Try(d.site.ledgerPath)
	if isHeld(tried) && err == nil {
		d.warn("Ledger", explain(tried).What, "a run that starts now is refused; wait until that one has ended")
		return
	}
	d.good("Ledger", cmp.Or(err, tried), "%s, with %s (%s revoked)", report.Shown(d.site.ledgerPath),
		text.Counted(holdings.Accounts, "account", "accounts"), text.Grouped(holdings.Revoked))
}
