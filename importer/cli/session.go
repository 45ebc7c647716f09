package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer/ledger"
)

// A session is what a command that works at a site needs: the client and the
// ledger. Whoever opens one closes it.
type session struct {
	site    string
	sandbox bool
	gone    bool              // the ledger ends with the session
	gives   accountIDs        // the ids that a sandbox gives away
	unused  string            // the site that is named somewhere, when it is the sandbox that is used
	client  *apiclient.Client // nil: nothing will be sent
	ledger  *ledger.Ledger
	close   []func() error
}

// shown is the site as the plan names it.
func (s *session) shown() string {
	switch {
	case s.sandbox && s.unused != "":
		return s.site + " (sandbox: nothing leaves this machine; " + s.unused + " is not used)"
	case s.sandbox:
		return s.site + " (sandbox: nothing leaves this machine)"
	}
	return s.site
}

// Close gives everything back, in the reverse order of opening.
func (s *session) Close() error {
	var errs []error
	for i := len(s.close) - 1; i >= 0; i-- {
		errs = append(errs, s.close[i]())
	}
	s.close = nil
	return errors.Join(errs...)
}

// sessionOptions say how much a command needs.
type sessionOptions struct {
	ledger   string // --ledger; "" takes the one of the site
	readOnly bool   // nothing will be sent or written: no credentials, no lock
	log      *slog.Logger
	notify   func(pacer.Event)
}

// open finds the site and the credentials and opens the ledger. Nothing is
// sent yet.
func (p *program) open(ctx context.Context, f *siteFlags, o sessionOptions) (_ *session, err error) {
	s := &session{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	target, err := p.target(f, s, &o)
	if err != nil {
		return nil, err
	}
	s.site = target.site.String()
	if !o.readOnly {
		if s.client, err = target.client(f, o, false); err != nil {
			return nil, err
		}
		s.close = append(s.close, func() error { s.client.Close(); return nil })
	}
	if o.ledger == "" {
		if o.ledger, err = p.ledgerPath(target.site); err != nil {
			return nil, err
		}
	}
	open := ledger.Open
	if o.readOnly {
		open = ledger.OpenReadOnly
	}
	if s.ledger, err = open(ctx, o.ledger, target.site.String()); err != nil {
		return nil, ledgerError(o.ledger, err)
	}
	s.close = append(s.close, s.ledger.Close)
	return s, nil
}

// target is a site and what is needed to speak to it.
type target struct {
	site        *url.URL
	gateway     string
	tokenURL    string
	credentials apiclient.Credentials
}

// target is the site that is meant: the one of the flags and the environment,
// or a sandbox that is started here and lives as long as the session.
func (p *program) target(f *siteFlags, s *session, o *sessionOptions) (*target, error) {
	if f.sandbox {
		s.sandbox, s.unused = true, either(f.site, p.env["JIRA_BASE_URL"])
		return p.startSandbox(s, o)
	}
	site, err := p.address(f)
	if err != nil {
		return nil, err
	}
	t := &target{site: site, gateway: f.gatewayURL, tokenURL: f.tokenURL}
	if o.readOnly {
		return t, nil
	}
	t.credentials, err = p.credentials(f)
	return t, err
}

// address is that of the site, mended where that is safe.
func (p *program) address(f *siteFlags) (*url.URL, error) {
	given, where := f.site, "--site"
	if given == "" {
		given, where = p.env["JIRA_BASE_URL"], "JIRA_BASE_URL"
	}
	if given == "" {
		return nil, &hinted{code: exitUsage, err: errors.New("which site? there is neither --site nor JIRA_BASE_URL"),
			hint: "set JIRA_BASE_URL=https://your-domain.atlassian.net, or try it out with --sandbox"}
	}
	mended, err := apiclient.ParseSite(given)
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		return nil, &hinted{code: exitUsage, err: fmt.Errorf("%s: %s", where, e.Message), hint: e.Hint}
	}
	return url.Parse(mended)
}

// asUsage makes a wrong setting a wrong command line.
func asUsage(err error) error {
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		return &hinted{code: exitUsage, err: err, hint: e.Hint}
	}
	return err
}

// startSandbox serves a site on a free loopback port, with a ledger in a
// temporary folder.
func (p *program) startSandbox(s *session, o *sessionOptions) (*target, error) {
	sandbox := jsmtest.New(jsmtest.Sandbox())
	server, err := sandbox.Start("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the sandbox: %w", err)
	}
	s.gives, s.close = idsOf(sandbox), append(s.close, server.Close)
	if o.ledger == "" {
		folder, err := os.MkdirTemp("", "jsm-onboard-sandbox-")
		if err != nil {
			return nil, err
		}
		s.gone, s.close = true, append(s.close, func() error { return os.RemoveAll(folder) })
		o.ledger = filepath.Join(folder, "sandbox.ledger")
	}
	site, err := url.Parse(server.URL)
	if err != nil {
		return nil, err
	}
	token := jsmtest.SandboxToken()
	return &target{site: site, gateway: server.URL, tokenURL: server.URL + "/oauth/token",
		credentials: apiclient.Credentials{Email: token.Email, APIToken: token.Secret}}, nil
}

// client makes the client; nothing is sent. anonymous: for checks that need no
// credentials.
func (t *target) client(f *siteFlags, o sessionOptions, anonymous bool) (*apiclient.Client, error) {
	config := apiclient.Config{Site: t.site.String(), GatewayURL: t.gateway, TokenURL: t.tokenURL, Credentials: t.credentials, Anonymous: anonymous,
		Workers: f.workers, MaxRate: f.maxRate, Timeout: f.timeout, MaxPause: f.maxPause,
		Log: o.log, UserAgent: userAgent(), Notify: o.notify}
	if f.caFile != "" {
		var err error
		if config.RootCAs, err = apiclient.LoadCAFile(f.caFile); err != nil {
			return nil, asUsage(err)
		}
	}
	client, err := apiclient.New(config)
	if e, ok := errors.AsType[*apiclient.Error](err); ok && !e.NotAuthorized() {
		return nil, asUsage(err)
	}
	return client, err
}

// credentials are those of the environment, and the token of --token-file.
func (p *program) credentials(f *siteFlags) (apiclient.Credentials, error) {
	c := apiclient.Credentials{Email: p.env["JIRA_USER_EMAIL"], APIToken: p.env["JIRA_API_TOKEN"], AccessToken: p.env["JIRA_ACCESS_TOKEN"],
		ClientID: p.env["JIRA_CLIENT_ID"], ClientSecret: p.env["JIRA_CLIENT_SECRET"]}
	if f.tokenFile == "" {
		return c, nil
	}
	if c.APIToken != "" {
		return c, &hinted{code: exitUnauthorised, err: errors.New("there are two API tokens: JIRA_API_TOKEN and --token-file"), hint: "keep one of them"}
	}
	token, err := readTokenFile(f.tokenFile, p.env["CREDENTIALS_DIRECTORY"])
	c.APIToken = token
	return c, err
}

// readTokenFile reads a secret that must not be readable by others, on systems
// whose files have such modes. credentials is where systemd puts a service's; ""
// when there is no such folder.
func readTokenFile(path, credentials string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", &hinted{code: exitUnauthorised, err: fmt.Errorf("the token file %s cannot be read: %s", path, plainly(err)), hint: "give the path of a file that holds the token and nothing else"}
	}
	if openToOthers(runtime.GOOS, info.Mode(), within(credentials, path)) {
		return "", &hinted{code: exitUnauthorised, err: fmt.Errorf("the token file %s can be read by others", path), hint: "make it yours alone: chmod 600 " + path}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &hinted{code: exitUnauthorised, err: fmt.Errorf("the token file %s cannot be read: %s", path, plainly(err)), hint: "make it a file that this user may read"}
	}
	token := strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
	if token == "" {
		return "", &hinted{code: exitUnauthorised, err: fmt.Errorf("the token file %s is empty", path), hint: "write the token into it, or set JIRA_API_TOKEN"}
	}
	return token, nil
}

// openToOthers tells whether a file of this mode can be read by more than its
// owner. Windows has no such modes. Of what systemd has put there the group's
// bits mean nothing: a file of root that the service's user may read by its
// access list has the mode 0440.
//
// https://systemd.io/CREDENTIALS/
func openToOthers(system string, mode fs.FileMode, bySystemd bool) bool {
	others := fs.FileMode(0o077)
	if bySystemd {
		others = 0o007
	}
	return system != "windows" && mode.IsRegular() && mode&others != 0
}

// within tells whether path is in folder; no folder: it is not.
func within(folder, path string) bool {
	if folder == "" {
		return false
	}
	rest, err := filepath.Rel(absolute(folder), absolute(path))
	return err == nil && filepath.IsLocal(rest)
}
