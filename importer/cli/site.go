package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// A site is the Jira site of a command, with client and ledger: as the flags give it, then as found. Close it always.
type site struct {
	sandbox           bool
	config            apiclient.Config
	tokenFile, caFile string
	namedLedger       string
	noNewLedger       bool // the command is about earlier runs

	url             string            // when it was found
	ledgerPath      string            // absolute
	label           string            // as the plan names it
	temporary       bool              // the ledger ends with the command
	client          *apiclient.Client // nil: nothing will be sent
	ledger          *ledger.Ledger    // nil: not opened
	failedFilesPath string            // of the list of failed files that were written
	closers         []func() error
}

func (s *site) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.config.Site, "site", "", "")
	flags.StringVar(&s.namedLedger, "ledger", "", "")
	flags.BoolVar(&s.sandbox, "sandbox", false, "")
	flags.StringVar(&s.tokenFile, "token-file", "", "")
	flags.StringVar(&s.caFile, "ca-file", "", "")
	flags.StringVar(&s.config.GatewayURL, "gateway-url", "", "")
	flags.StringVar(&s.config.TokenURL, "token-url", "", "")
	flags.DurationVar(&s.config.Timeout, "timeout", time.Minute, "")
	flags.DurationVar(&s.config.MaxPause, "max-pause", 15*time.Minute, "")
	flags.Float64Var(&s.config.MaxRate, "max-rate", 100, "")
	flags.IntVar(&s.config.Workers, "workers", 64, "")
}

// check refuses values that cannot be meant.
func (s *site) check() error {
	switch c := s.config; {
	case !(c.MaxRate >= 0): // NaN, too
		return usagef("0 means no limit of its own", "--max-rate %g is negative", c.MaxRate)
	case c.Workers < 1 || c.Workers > 1024:
		return usagef("the default, 64, is enough for any quota", "--workers %d is not between 1 and 1024", c.Workers)
	case c.Timeout < time.Second:
		return usagef("take a longer time: the site may still carry out a request that was given up",
			"--timeout %s is less than a second", c.Timeout)
	case c.MaxPause <= 0:
		return usagef("for example --max-pause 15m", "--max-pause %s is not more than 0", c.MaxPause)
	}
	return nil
}

// findSite finds the site of the flags and the environment, or starts the sandbox. Nothing is opened or sent.
func (p *program) findSite(s *site) (err error) {
	s.ledgerPath = absolute(s.namedLedger)
	given := cmp.Or(s.config.Site, p.getenv("JIRA_BASE_URL"))
	switch {
	case s.sandbox:
		err, unused := s.startSandbox(), ""
		if named, _ := apiclient.ParseSite(given); named != "" { // without all else it holds, such as a password
			unused = "; " + named + " is not used"
		}
		s.label = s.url + " (sandbox: nothing leaves this machine" + unused + ")"
		return err
	case given == "":
		hint := "set JIRA_BASE_URL=https://your-domain.atlassian.net"
		if !s.noNewLedger { // with --sandbox there are no earlier runs
			hint += ", or try it out with --sandbox"
		}
		return usagef(hint, "no site is given: neither --site nor JIRA_BASE_URL is set")
	}
	s.url, err = apiclient.ParseSite(given)
	s.label = s.url
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		return usagef(e.Hint, "--site or JIRA_BASE_URL: %s", e.Message)
	}
	if s.ledgerPath == "" {
		folder, err := p.stateFolder() // one ledger for each site
		if err != nil {
			return err
		}
		_, host, _ := strings.Cut(strings.ToLower(s.url), "://")
		s.ledgerPath = filepath.Join(folder, strings.NewReplacer(":", "_", "[", "", "]", "").Replace(host)+".ledger")
	}
	if !isTerminal(p.Err) { // the commands that a job prints name them
		s.config.Site, s.namedLedger = s.url, s.ledgerPath
	}
	return nil
}

// Close closes everything, in the reverse order of opening.
func (s *site) Close() (err error) {
	for _, closer := range slices.Backward(s.closers) {
		err = errors.Join(err, closer())
	}
	return err
}

// startSandbox serves a site on a free loopback port, with a ledger in a temporary folder unless one is named.
func (s *site) startSandbox() error {
	url, stop, err := jsmtest.New(jsmtest.Sandbox()).Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	s.closers = append(s.closers, stop)
	token := jsmtest.SandboxToken()
	s.url, s.config.Credentials = url, apiclient.Credentials{Email: token.Email, APIToken: token.Secret}
	if s.ledgerPath != "" {
		return nil
	}
	folder, err := os.MkdirTemp("", "jsm-onboard-sandbox-")
	s.temporary, s.ledgerPath = true, filepath.Join(folder, "sandbox.ledger")
	s.closers = append(s.closers, func() error { return os.RemoveAll(folder) })
	return err
}

// openLedger opens the ledger with [ledger.Open] or [ledger.OpenReadOnly].
func (p *program) openLedger(ctx context.Context, s *site,
	open func(_ context.Context, path, site string) (*ledger.Ledger, error)) (err error) {
	if s.noNewLedger && !s.temporary && isMissing(s.ledgerPath) {
		return usagef("check --ledger, and --site or JIRA_BASE_URL: each site has one, and a run prints where it is",
			"there is no ledger %s", report.Shown(s.ledgerPath))
	}
	s.ledger, err = open(ctx, s.ledgerPath, s.url)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return stopf(importer.Broken, "name another file with --ledger", "the ledger %s cannot be opened: %s",
			report.Shown(s.ledgerPath), report.Plainly(e))
	}
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.ledger.Close)
	s.failedFilesPath = s.ledgerPath + ".files"
	if folder, err := p.stateFolder(); s.temporary && err == nil { // that of rehearsals outlives the ledger
		s.failedFilesPath = filepath.Join(folder, "sandbox.files")
	}
	return nil
}

// newClient makes the client; nothing is sent. Pauses and outages are logged, and notify gets them.
func (p *program) newClient(s *site, notify func(apiclient.Event)) (err error) {
	config := s.config
	config.Site, config.UserAgent = s.url, "jsm-onboard/"+cmp.Or(version, "devel")
	config.Log = p.console.Log
	config.Notify = func(e apiclient.Event) {
		config.Log.Info(e.Text)
		notify(e)
	}
	if s.sandbox {
		config.GatewayURL, config.TokenURL = s.url, s.url+"/oauth/token"
	}
	if s.caFile != "" {
		config.RootCAs, err = apiclient.LoadCAFile(s.caFile)
	}
	if p.configure != nil {
		p.configure(&config)
	}
	if err == nil {
		s.client, err = apiclient.New(config)
	}
	if e, ok := errors.AsType[*apiclient.Error](err); ok && !e.NotAuthorized() {
		return usagef(e.Hint, "%w", err) // a wrong setting is a wrong command line
	}
	if err == nil {
		s.closers = append(s.closers, func() error { s.client.Close(); return nil })
	}
	return err
}

// connect asks who we are and what we may, and binds the ledger to the site. Only creates need Administer Jira.
func (s *site) connect(ctx context.Context, creates bool) (apiclient.Connection, error) {
	conn, err := s.client.Connect(ctx)
	if !creates && conn.Administer == apiclient.No {
		err = nil
	}
	if err == nil {
		err = s.ledger.Bind(ctx, conn.CloudID)
	}
	return conn, err
}

// logIn finds the credentials: those of the sandbox, or of the environment and --token-file.
func (p *program) logIn(s *site) (err error) {
	if s.sandbox {
		return nil
	}
	s.config.Credentials = apiclient.Credentials{
		Email: p.getenv("JIRA_USER_EMAIL"), APIToken: p.getenv("JIRA_API_TOKEN"),
		ClientID: p.getenv("JIRA_CLIENT_ID"), ClientSecret: p.getenv("JIRA_CLIENT_SECRET"),
		AccessToken: p.getenv("JIRA_ACCESS_TOKEN"),
	}
	if path := s.tokenFile; path != "" && s.config.Credentials.APIToken != "" {
		err = stopf(importer.Unauthorised, "unset JIRA_API_TOKEN, or leave --token-file out",
			"there are two API tokens: JIRA_API_TOKEN and --token-file")
	} else if path != "" {
		s.config.Credentials.APIToken, err = readTokenFile(path, runtime.GOOS)
	}
	return err
}

// readTokenFile reads a secret that others must not be able to read. Its group may: systemd and others give it so.
func readTokenFile(path, system string) (token string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", stopf(importer.Unauthorised, "give the path of a file that holds the token and nothing else",
			"the token file %s cannot be read: %s", path, report.Plainly(err))
	}
	info, err := os.Stat(path)
	if err == nil && system != "windows" && info.Mode().IsRegular() && info.Mode()&0o007 != 0 {
		return "", stopf(importer.Unauthorised,
			"make it readable by you alone: "+text.CommandLine("chmod", "600", report.Relative(absolute(path))),
			"the token file %s can be read by others", path)
	}
	if token = strings.TrimSpace(strings.TrimPrefix(string(content), "\ufeff")); token == "" {
		err = stopf(importer.Unauthorised, "write the token into it, or set JIRA_API_TOKEN",
			"the token file %s is empty", path)
	}
	return token, err
}

// stateFolder is this program's folder for state, after the XDG Base Directory Specification, macOS and Windows.
func (p *program) stateFolder() (string, error) {
	folder := p.getenv("XDG_STATE_HOME")
	if _, err := os.UserHomeDir(); folder == "" && err == nil { // else xdg would take the root's
		folder = xdg.StateHome
	}
	if !filepath.IsAbs(folder) {
		return "", stopf(importer.Broken, "name a place for it with --ledger PATH",
			"there is no home folder to keep the ledger in")
	}
	return filepath.Join(folder, "jsm-onboard"), nil
}
