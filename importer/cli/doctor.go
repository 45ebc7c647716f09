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

// A doctor makes one check after the other. It skips those that need a check that has failed.
type doctor struct {
	*program
	site          site
	json          bool
	organizations bool
	serviceDesks  []string

	report.Diagnosis
	conn apiclient.Connection
}

func (p *program) doctorCommand() *cobra.Command {
	d := &doctor{program: p, Diagnosis: report.Diagnosis{Version: versionNumber()}}
	cmd := p.command("doctor", func(cmd *cobra.Command, _ []string) error {
		if err := d.site.check(); err != nil {
			return err
		}
		d.examine(cmd.Context())
		defer d.site.Close()
		if cmd.Context().Err() != nil {
			return asExit(int(importer.Interrupted))
		}
		return cmp.Or(p.print(d.json, d.String, d.JSON), asExit(d.ExitCode))
	})
	d.site.register(cmd.Flags())
	p.log.register(cmd.Flags())
	cmd.Flags().BoolVar(&d.json, "json", false, "")
	cmd.Flags().BoolVar(&d.organizations, "organizations", false, "")
	cmd.Flags().StringArrayVar(&d.serviceDesks, "service-desk", nil, "")
	return cmd
}

// add adds a check: fine, or err. A failure sets the exit code: 4 for credentials and permissions, else 1, which wins.
func (d *doctor) add(name string, err error, fine string) bool {
	finding := report.Finding{Name: name, State: report.Fine, Text: fine}
	if err != nil {
		stop := asStop(err)
		finding.State, finding.Text, finding.Hint = report.Failing, stop.What, stop.Hint
		if e, ok := errors.AsType[*apiclient.Error](err); ok {
			finding.Text = e.Redacted()
		}
		switch {
		case stop.Cause == warned:
			finding.State = report.Warning
		case stop.Cause != importer.Unauthorised:
			d.ExitCode = int(importer.Broken)
		default:
			d.ExitCode = cmp.Or(d.ExitCode, int(stop.Cause))
		}
	}
	d.Checks = append(d.Checks, finding)
	return err == nil
}

// warned is the cause of what is only a warning.
const warned importer.Cause = 0

func warnf(hint, format string, args ...any) error { return stopf(warned, hint, format, args...) }

func (d *doctor) examine(ctx context.Context) {
	d.add("Version", nil, d.Version)
	err := d.findSite(&d.site)
	if d.add("Address", err, d.site.label) {
		d.Site = d.site.url
	}
	err = d.logIn(&d.site)
	kind, kindErr := d.site.config.Credentials.Kind()
	if d.add("Credentials", cmp.Or(err, kindErr), string(kind)) && d.Site != "" {
		d.checkSite(ctx)
	}
	if d.Site != "" {
		d.checkLedger(ctx)
	}
}

// checkSite asks the site what every run asks it, and names the hosts that get the credentials.
func (d *doctor) checkSite(ctx context.Context) {
	if err := d.newClient(&d.site, func(apiclient.Event) {}); err != nil {
		d.add("Settings", err, "")
		return
	}
	d.add("Hosts", nil, "credentials go to "+strings.Join(slices.Compact(d.site.client.CredentialHosts()), ", "))
	var err error
	d.conn, err = d.site.client.Connect(ctx)
	if !d.conn.Reached {
		d.add("Site", err, "")
		return
	}
	d.add("Site", nil, "Jira Service Management Cloud "+d.conn.Version)
	if skew := d.conn.Skew.Abs(); skew > 2*time.Minute {
		d.add("Clock", warnf("set the clock: certificates, tokens and pauses depend on it",
			"the site's clock is %s away from this machine's", skew), "")
	}
	d.add("Quota", nil, "the site sends "+cmp.Or(strings.Join(d.conn.RateHeaders, ", "),
		"nothing about its quota; the program finds the pace by itself"))
	if d.conn.Administer == 0 { // it got no further
		d.add("Login", err, "")
		return
	}
	d.checkRights(err)
	d.checkAccess(ctx)
}

// checkRights shows whose the token is, and what it and the account may; err is why that is not enough.
func (d *doctor) checkRights(err error) {
	where := map[bool]string{false: "at the site", true: "at the gateway"}[d.conn.Gateway]
	name := d.conn.User.DisplayName
	var unnamed error
	if name == "" {
		unnamed = warnf(apiclient.HintScope, "accepted %s; %s", where, nameless)
	}
	d.add("Login", unnamed, name+", "+where)
	if err == nil && d.conn.Administer == apiclient.Unverified {
		err = warnf("", administerUnverified)
	}
	d.add("Administer", err, "the account has Administer Jira, which creating customers needs")
	d.add("Browse users", lacking(d.conn.BrowseUsers, browseMissing, apiclient.HintBrowse),
		"the account can look up the account ids of people who are at the site already")
	for _, scope := range d.conn.Scopes {
		d.add("Scope", lacking(scope.Has, "the token lacks "+scope.Name, apiclient.HintScope), scope.Name)
	}
}

// lacking returns a warning about an optional permission, or nil if the token has it.
func lacking(has apiclient.Verdict, what, hint string) error {
	switch has {
	case apiclient.Yes:
		return nil
	case apiclient.No:
		return warnf(hint, "%s", what)
	}
	return warnf("", "this token cannot show it")
}

// checkAccess asks for what organizations and service projects need, without changing anything.
func (d *doctor) checkAccess(ctx context.Context) {
	client := d.site.client
	if d.organizations {
		all, err := client.Organizations(ctx)
		d.add("Organizations", err, "the account can see "+text.Counted(len(all), "organization", "organizations"))
	}
	for _, key := range d.serviceDesks {
		desk, err := client.ServiceDesk(ctx, key)
		if err == nil {
			_, err = client.ServiceDeskOrganizations(ctx, desk.ID)
			if e, ok := errors.AsType[*apiclient.Error](err); ok && e.Kind == apiclient.KindForbidden {
				err = warnf("give the account an agent licence for this project, and the role of its administrators",
					"the account cannot work with the organizations of this project")
			}
		}
		d.add("Project "+key, err, desk.ProjectName+": can be used; if customers may be added, the import shows")
	}
}

// checkLedger reports whether a run could use the ledger. It creates none, and does not wait for its lock.
func (d *doctor) checkLedger(ctx context.Context) {
	err := d.openLedger(ctx, &d.site, ledger.OpenReadOnly)
	var holdings ledger.Holdings
	if err == nil {
		holdings, err = d.site.ledger.Holdings(ctx)
	}
	if err == nil && d.conn.CloudID != "" { // compared: the ledger is read-only
		err = d.site.ledger.Bind(ctx, d.conn.CloudID)
	}
	tried := ledger.TryOpen(d.site.ledgerPath)
	if isLocked(tried) {
		tried = warnf("a run that starts now is refused; wait until that one has ended", "%s", asStop(tried).What)
	}
	d.add("Ledger", cmp.Or(err, tried), fmt.Sprintf("%s, with %s (%s revoked)", report.Shown(d.site.ledgerPath),
		text.Counted(holdings.Accounts, "account", "accounts"), text.Grouped(holdings.Revoked)))
}
