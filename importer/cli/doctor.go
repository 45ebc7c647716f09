package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/report"
)

// doctorFlags are those of the doctor command.
type doctorFlags struct {
	site   siteFlags
	tell   tellFlags
	ledger string
	json   bool
}

func (p *program) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check site, credentials, permissions and the quota headers, and say what to fix",
		Long: `Checks everything that an import needs, from the address to the ledger, and says
what to fix. It creates and changes nothing.

Exit codes: 0 all is well (warnings are), 2 wrong command line, 4 credentials or
permissions are missing, 1 anything else is wrong.`,
		Example: `  jsm-onboard doctor
  jsm-onboard doctor --site acme --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runDoctor(cmd.Context(), f)
		},
	}
	f.site.maxRate, f.site.workers = 10, 2
	f.site.registerSite(cmd.Flags())
	grouped(cmd.Flags(), "Pace", f.site.registerPatience)
	grouped(cmd.Flags(), "Files", func(g *pflag.FlagSet) {
		g.StringVar(&f.ledger, "ledger", "", "`PATH` of the ledger (default: the one of the site)")
	})
	grouped(cmd.Flags(), "Output", func(g *pflag.FlagSet) {
		g.BoolVar(&f.json, "json", false, "print JSON, for scripts")
	})
	f.tell.registerLog(cmd.Flags())
	return cmd
}

func (p *program) runDoctor(ctx context.Context, f *doctorFlags) error {
	console, err := p.console(&f.tell)
	if err := errors.Join(err, f.site.check()); err != nil {
		return err
	}
	ctx, release := interruptible(ctx, nil)
	defer release()
	d := &doctor{program: p, doctorFlags: f, session: &session{},
		options: sessionOptions{ledger: f.ledger, log: console.Log(), notify: func(e pacer.Event) { console.Log().Info(e.String()) }}}
	defer d.session.Close()
	if err := d.examine(ctx); err != nil {
		return err
	}
	text := []byte(d.String())
	if f.json {
		if text, err = d.JSON(); err != nil {
			return err
		}
	}
	if _, err := p.Out.Write(text); err != nil {
		return err
	}
	if d.ExitCode != 0 {
		return exitError(d.ExitCode)
	}
	return nil
}

// A doctor goes from check to check; what needs a check that has failed is not
// asked.
type doctor struct {
	*program
	*doctorFlags
	report.Diagnosis
	session *session
	options sessionOptions
	target  target
	client  *apiclient.Client // nil: there is nothing to ask
	login   bool              // there are credentials
	conn    apiclient.Connection
}

// examine makes all checks. The error is the interruption.
func (d *doctor) examine(ctx context.Context) error {
	d.Version = versionNumber()
	d.fine("Version", d.Version)
	d.checkAddress()
	d.checkCredentials()
	d.makeClient()
	if d.checkNetwork(ctx) && d.checkSite(ctx) {
		d.checkLogin(ctx)
	} else {
		d.add("Login", report.Unasked, "not asked, since the site was not reached", "")
	}
	d.checkQuota()
	d.checkLedger(ctx)
	return ctx.Err()
}

func (d *doctor) add(name string, finding report.Finding, text, hint string) {
	d.Checks = append(d.Checks, report.Check{Name: name, Finding: finding, Text: text, Hint: hint})
}

func (d *doctor) fine(name, text string) { d.add(name, report.Fine, text, "") }

func (d *doctor) doubt(name, text, hint string) { d.add(name, report.Doubtful, text, hint) }

// fail adds a failed check. Missing credentials and permissions are exit code
// 4, and anything else, which comes before them, is 1.
func (d *doctor) fail(name string, err error) {
	text, hint, code := explain(err)
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		text = e.Redacted()
	}
	d.add(name, report.Failing, text, hint)
	if code != exitUnauthorised {
		d.ExitCode = exitBroken
	} else if d.ExitCode == 0 {
		d.ExitCode = code
	}
}

func (d *doctor) checkAddress() {
	if d.site.sandbox {
		t, err := d.startSandbox(d.session, &d.options)
		if err != nil {
			d.fail("Address", err)
			return
		}
		d.target, d.Site = *t, t.site.String()
		d.fine("Address", d.Site+" (sandbox: nothing leaves this machine)")
		return
	}
	site, err := d.address(&d.site)
	if err != nil {
		d.fail("Address", err)
		return
	}
	d.target, d.Site = target{site: site, gateway: d.site.gatewayURL, tokenURL: d.site.tokenURL}, site.String()
	text := d.Site
	if given := either(d.site.site, d.env["JIRA_BASE_URL"]); given != d.Site {
		text += ", made from " + given
	}
	d.fine("Address", text)
}

func (d *doctor) checkCredentials() {
	var err error
	if !d.site.sandbox {
		d.target.credentials, err = d.credentials(&d.site)
	}
	var kind apiclient.CredentialKind
	if err == nil {
		kind, err = d.target.credentials.Kind()
	}
	if err != nil {
		d.fail("Credentials", err)
		return
	}
	d.login = true
	text := kind.String()
	if d.site.tokenFile != "" && !d.site.sandbox {
		text += " from " + d.site.tokenFile
	}
	d.fine("Credentials", text)
}

func (d *doctor) makeClient() {
	if d.Site == "" {
		return
	}
	client, err := d.target.client(&d.site, d.options, !d.login)
	if err != nil {
		d.fail("Settings", err)
		return
	}
	d.client = client
	d.session.close = append(d.session.close, func() error { client.Close(); return nil })
}
