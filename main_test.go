package main

import (
	"context"
	"encoding/csv"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/cli"
	"jsm-onboard/importer/importertest"
)

var firstRun = flag.String("first-run", "", "folder in which the README's main command has been run; its results are checked there")

var update = flag.Bool("update", false, "write what the program says into the scripts, where they compare it whole")

func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		return nil, fmt.Errorf("a test dialled %s %s", network, address)
	}
	importertest.TempInMemory()
	testscript.Main(m, map[string]func(){"jsm-onboard": main})
}

// TestScripts runs the scripts of samples/scripts: the program as people use
// it, with what it prints, its files and its exit codes.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "samples/scripts",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Values[siteKey{}] = new(*jsmtest.Site)
			env.Values[elsewhereKey{}] = new(atomic.Int64)
			env.Setenv("SAMPLES", samples)
			env.Setenv("VERSION", programVersion(t))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "column": column, "serve": serve, "serveother": serveOther, "elsewhere": elsewhere,
			"proxy": proxy, "accounts": accounts, "organizations": organizations, "endtokens": endTokens,
		},
	})
}

// programVersion is what version prints, without the name.
func programVersion(t *testing.T) string {
	var out strings.Builder
	if code := cli.Run(t.Context(), []string{"version"}, os.Getenv, cli.Streams{Out: &out, Err: &out}); code != 0 {
		t.Fatalf("version ended with %d", code)
	}
	return strings.TrimSpace(strings.TrimPrefix(out.String(), "jsm-onboard "))
}

// exits runs the program and checks its exit code, that no raw text of Go reaches people, and that the promises of
// the program are kept: exits CODE ARG…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG…")
	}
	started := time.Now()
	err := ts.Exec("jsm-onboard", args[1:]...)
	code := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		code = fmt.Sprint(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, and %s was expected", code, args[0])
	}
	printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	for _, raw := range rawTexts {
		if strings.Contains(printed, raw) {
			ts.Fatalf("people read %q", raw)
		}
	}
	if site := *served(ts); site != nil && !slices.Contains(args, "--sandbox") && !slices.Contains(args, "check") {
		checkPromises(ts, site, started, args, printed)
	}
}

// checkPromises holds what a run has left behind at the script's site, in its ledger and in its files against the
// promises of the program.
func checkPromises(ts *testscript.TestScript, site *jsmtest.Site, started time.Time, args []string, printed string) {
	const ledgers = "LEDGERS" // not empty: the script has used more than one
	if slices.Contains(args, "--ledger") || slices.Contains(args, "--config") {
		ts.Setenv(ledgers, "several")
	}
	e := importertest.Evidence{
		Accounts:    site.Accounts(),
		SiteURL:     ts.Getenv("JIRA_BASE_URL"),
		OtherLedger: ts.Getenv(ledgers) != "",
		Resent:      slices.Contains(args, "--resend-known"),
		Private:     []importertest.Private{{What: "terminal", Text: printed}},
		Secrets:     []string{jsmtest.SandboxToken().Secret},
	}
	name := strings.ReplaceAll(strings.TrimPrefix(e.SiteURL, "http://"), ":", "_") + ".ledger"
	if path := filepath.Join(ts.Getenv("XDG_STATE_HOME"), "jsm-onboard", name); newerThan(started, path) {
		e.Ledger = path
	}
	written, err := filepath.Glob(ts.MkAbs("*.results.csv"))
	ts.Check(err)
	for _, path := range written {
		if newerThan(started, path) {
			e.Results = path
		}
	}
	for _, broken := range importertest.Check(context.Background(), e) {
		ts.Fatalf("%v", broken)
	}
}

// newerThan reports whether there is a file at path that has changed since.
func newerThan(since time.Time, path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.ModTime().After(since)
}

// rawTexts are what Go says for itself, and people must not have to read.
var rawTexts = []string{
	"%!", "&{", "0x", "goroutine ", "panic", "runtime error", "*apiclient", "*export", "*errors", "*url", "strconv.",
	"context deadline", "context canceled", "dial tcp", "lookup ", "EOF", "x509:", "tls:", "http2:", "net/http",
	"no such file or directory", "sql:", "SQLITE", "invalid character",
}

// column checks all cells of a column: column FILE HEADER CELL…
func column(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: column FILE HEADER CELL…")
	}
	records := readCSV(ts.ReadFile(args[0]))
	at := slices.Index(records[0], args[1])
	if at < 0 {
		ts.Fatalf("%s has no column %q, it has %q", args[0], args[1], records[0])
	}
	var cells []string
	for _, record := range records[1:] {
		cells = append(cells, record[at])
	}
	if !slices.Equal(cells, args[2:]) {
		ts.Fatalf("column %s of %s is %q, and %q was expected", args[1], args[0], cells, args[2:])
	}
}

func readCSV(text string) [][]string {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	if header, _, _ := strings.Cut(text, "\n"); strings.Count(header, ";") > strings.Count(header, ",") {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		panic(fmt.Sprintf("not readable as CSV: %v", err))
	}
	return records
}

// TestFirstRun checks the results of the README's main command row by row: of a run in the folder of -first-run, or else
// of one of its own.
func TestFirstRun(t *testing.T) {
	folder := *firstRun
	if folder == "" {
		folder = t.TempDir()
		path := filepath.Join(folder, "zendesk-customers.csv")
		if err := os.WriteFile(path, []byte(readFile(t, "samples", "zendesk-customers.csv")), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		streams := cli.Streams{In: strings.NewReader(""), Out: &out, Err: &out}
		if code := cli.Run(t.Context(), []string{"import", path, "--sandbox"}, stateIn(t.TempDir()), streams); code != 0 {
			t.Fatalf("exit code %d, and 0 was expected:\n%s", code, out.String())
		}
	}
	input := readCSV(readFile(t, folder, "zendesk-customers.csv"))
	results := readCSV(readFile(t, folder, "zendesk-customers.sandbox.results.csv"))
	if len(results) != len(input) {
		t.Fatalf("%d lines of results for %d lines of input", len(results), len(input))
	}
	ids := map[string]string{}
	for i, record := range results[1:] {
		checkFirstRow(t, input[i+1], record, ids)
	}
	if len(ids) != 19 {
		t.Errorf("%d account ids, and 19 were expected", len(ids))
	}
	if _, err := os.Stat(filepath.Join(folder, "zendesk-customers.sandbox.failed.csv")); err == nil {
		t.Error("there are rows to fix")
	}
}

// stateIn is an environment with nothing but a state folder.
func stateIn(folder string) func(string) string {
	return func(name string) string { return map[string]string{"XDG_STATE_HOME": folder}[name] }
}

// volatile are the parts of a run's output that differ from run to run.
var volatile = regexp.MustCompile(`127\.0\.0\.1:\d+|\S*jsm-onboard-sandbox-\d+|Run [0-9a-f]{8}|after (\d+s|less than a second)|[\d.]+/s on average.*`)

// TestReadmeShowsTheRun holds the README against what its first command prints.
func TestReadmeShowsTheRun(t *testing.T) {
	readme := readFile(t, ".", "README.md")
	_, shown, _ := strings.Cut(readme, "$ jsm-onboard import samples/zendesk-customers.csv --sandbox\n")
	shown, _, _ = strings.Cut(shown, "```")
	sample := readFile(t, "samples", "zendesk-customers.csv")
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("samples", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("samples/zendesk-customers.csv", []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, log strings.Builder
	args := []string{"import", "samples/zendesk-customers.csv", "--sandbox"}
	if code := cli.Run(t.Context(), args, stateIn(t.TempDir()), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &log}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.TrimRight(out.String(), "\n") + "\n" + log.String()
	got = strings.ReplaceAll(got, folder+string(filepath.Separator), "") // the README shows a terminal
	if diff := cmp.Diff(volatile.ReplaceAllString(shown, "…"), volatile.ReplaceAllString(got, "…")); diff != "" {
		t.Errorf("README.md shows something else: %s", diff)
	}
}

// checkFirstRow checks one row: its cells unchanged, but for a guard, and what became of it.
func checkFirstRow(t *testing.T, input, record []string, ids map[string]string) {
	cells, ours := record[:len(input)], record[len(input):]
	for i := range cells {
		if strings.TrimPrefix(cells[i], "'") != input[i] {
			t.Errorf("%s: cell %q became %q", input[0], input[i], cells[i])
		}
	}
	status, id, reason := ours[0], ours[1], ours[2]
	want := "created"
	switch input[2] {
	case "crm-1001":
		want = "conflict"
	case "crm-1039":
		want = "duplicate"
	}
	if status != want || (id == "") != (want == "duplicate") || (reason == "") != (want == "created") {
		t.Errorf("%s is %s, %q (%s), and %s was expected", input[2], status, id, reason, want)
	}
	if other, taken := ids[id]; id != "" && taken {
		t.Errorf("%s and %s have the same account id", input[2], other)
	}
	if id != "" {
		ids[id] = input[2]
	}
}

func readFile(t *testing.T, folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// siteKey is where a script keeps the site that it has served.
type siteKey struct{}

// serve starts a site on loopback and points the script's environment at it:
// serve [--quota N] [--rate-headers] [--fault KIND=SHARE]… [--empty] [--tls]
// [--clock D] [--limited] [--blind] [--scoped] [--scopes NAME,…] [--bearer] [--client] [--no-licence] [--search-lag D]
// The token is an administrator's, without scopes, unless another is asked for;
// --limited: nobody's who may do anything; --blind: who may not browse users.
// With --tls the certificate authority is in ca.pem.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	quota := flags.Float64("quota", 0, "POST requests a second")
	rateHeaders := flags.Bool("rate-headers", false, "send X-RateLimit-* headers")
	empty := flags.Bool("empty", false, "no accounts from before")
	limited := flags.Bool("limited", false, "the account may nothing")
	blind := flags.Bool("blind", false, "the account may not browse users")
	scoped := flags.Bool("scoped", false, "the token has scopes, and works at the gateway alone")
	scopes := flags.String("scopes", "", "the scopes that the token has")
	bearer := flags.Bool("bearer", false, "an OAuth access token")
	client := flags.Bool("client", false, "a service account")
	noLicence := flags.Bool("no-licence", false, "the account has no agent licence")
	lag := flags.Duration("search-lag", 0, "how long a search does not find new accounts")
	secure := flags.Bool("tls", false, "serve HTTPS")
	clock := flags.Duration("clock", 0, "how far the site's clock is ahead")
	o := jsmtest.Sandbox()
	flags.Func("fault", "KIND=SHARE", func(text string) error {
		fault, err := jsmtest.ParseFault(text)
		o.Faults = append(o.Faults, fault)
		return err
	})
	ts.Check(flags.Parse(args))
	o.Quotas, o.SearchLag = jsmtest.BurstQuotas(*quota, 0, *rateHeaders), *lag
	if *empty {
		o.Existing = nil
	}
	if *noLicence {
		o.Faults = append(o.Faults, jsmtest.Fault{Kind: jsmtest.NoAgentLicence, Share: 1})
	}
	token := jsmtest.SandboxToken()
	token.Scoped, token.Bearer = *scoped, *bearer
	if *scopes != "" {
		token.Scopes = strings.Split(*scopes, ",")
	}
	if *limited {
		token.Admin, token.SiteAdmin, token.BrowseUsers = false, false, false
	}
	token.BrowseUsers = token.BrowseUsers && !*blind
	o.Tokens = []jsmtest.Token{token}
	site := jsmtest.New(o)
	var handler http.Handler = site
	if *clock != 0 {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(*clock).UTC().Format(http.TimeFormat))
			site.ServeHTTP(w, r)
		})
	}
	listen(ts, handler, *secure)
	switch {
	case *bearer:
		credentials(ts, "JIRA_ACCESS_TOKEN", token.Secret)
	case *client:
		account := jsmtest.SandboxClient()
		credentials(ts, "JIRA_CLIENT_ID", account.ID, "JIRA_CLIENT_SECRET", account.Secret)
	default:
		credentials(ts, "JIRA_USER_EMAIL", token.Email, "JIRA_API_TOKEN", token.Secret)
	}
	*served(ts) = site
}

// credentials sets these, as pairs of name and value, and no others.
func credentials(ts *testscript.TestScript, pairs ...string) {
	for _, name := range []string{"JIRA_USER_EMAIL", "JIRA_API_TOKEN", "JIRA_ACCESS_TOKEN", "JIRA_CLIENT_ID", "JIRA_CLIENT_SECRET"} {
		ts.Setenv(name, "")
	}
	for i := 0; i < len(pairs); i += 2 {
		ts.Setenv(pairs[i], pairs[i+1])
	}
}

// listen serves a handler on loopback as site, gateway and token endpoint, and
// points the script's environment at it.
func listen(ts *testscript.TestScript, handler http.Handler, secure bool) {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // cut connections are meant
	if secure {
		server.StartTLS()
		authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), authority, 0o600))
	} else {
		server.Start()
	}
	ts.Defer(func() { server.CloseClientConnections(); server.Close() })
	ts.Setenv("SERVED", server.Listener.Addr().String())
	ts.Setenv("JIRA_BASE_URL", server.URL)
	ts.Setenv("JSM_ONBOARD_GATEWAY_URL", server.URL)
	ts.Setenv("JSM_ONBOARD_TOKEN_URL", server.URL+"/oauth/token")
}

// serveOther starts what people take for a site: serveother KIND
func serveOther(ts *testscript.TestScript, neg bool, args []string) {
	page := func(status int, title string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>%s</title></head><body>x</body></html>", title)
		}
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	serverInfo := func(deployment string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/rest/api/2/serverInfo" {
				page(http.StatusNotFound, "Page not found")(w, r)
				return
			}
			fmt.Fprintf(w, `{"deploymentType":%q}`, deployment)
		}
	}
	visits := ts.Value(elsewhereKey{}).(*atomic.Int64)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	ts.Defer(other.Close)
	kinds := map[string]http.HandlerFunc{
		"login-page":            page(http.StatusOK, "Log in &ndash; Example"),
		"nothing":               page(http.StatusNotFound, "Not found"),
		"data-center":           serverInfo("Server"),
		"no-service-management": serverInfo("Cloud"),
		"redirect":              redirect(other.URL + "/somewhere"),
		"login-redirect":        redirect(other.URL + "/login?to=x"),
		"broken":                page(http.StatusServiceUnavailable, "Down for maintenance"),
		"busy": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3000")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	}
	if len(args) != 1 || kinds[args[0]] == nil {
		ts.Fatalf("usage: serveother KIND, one of %v", slices.Sorted(maps.Keys(kinds)))
	}
	listen(ts, kinds[args[0]], false)
	credentials(ts, "JIRA_USER_EMAIL", "ann@example.com", "JIRA_API_TOKEN", "some-token")
}

// elsewhereKey is where a script counts requests to the host of a redirect.
type elsewhereKey struct{}

// elsewhere checks how often the host of a redirect was visited: elsewhere N
func elsewhere(ts *testscript.TestScript, neg bool, args []string) {
	if visits := fmt.Sprint(ts.Value(elsewhereKey{}).(*atomic.Int64).Load()); len(args) != 1 || visits != args[0] {
		ts.Fatalf("%s visits, and %q were expected", visits, args)
	}
}

// proxy starts a proxy that leads every host to what was served before, and
// points HTTPS_PROXY at it: proxy [ask|refuse]
func proxy(ts *testscript.TestScript, neg bool, args []string) {
	to, mode := ts.Getenv("SERVED"), strings.Join(args, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case mode == "refuse":
			w.WriteHeader(http.StatusForbidden)
		case mode == "ask" && r.Header.Get("Proxy-Authorization") == "":
			w.WriteHeader(http.StatusProxyAuthRequired)
		default:
			tunnel(w, to)
		}
	}))
	ts.Defer(server.CloseClientConnections)
	ts.Setenv("PROXY", server.Listener.Addr().String())
	ts.Setenv("HTTPS_PROXY", server.URL)
}

func tunnel(w http.ResponseWriter, to string) {
	there, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go io.Copy(there, here)
	io.Copy(here, there)
}

// served is the site of a script.
func served(ts *testscript.TestScript) **jsmtest.Site {
	site, ok := ts.Value(siteKey{}).(**jsmtest.Site)
	if !ok {
		ts.Fatalf("there is no place to keep the site")
	}
	return site
}

// accounts writes what the site has made into FILE, a line for each account in
// the order of addresses: accounts FILE
func accounts(ts *testscript.TestScript, neg bool, args []string) {
	var lines []string
	for _, a := range (*served(ts)).Accounts() {
		if a.CreatedBy > 0 {
			lines = append(lines, fmt.Sprintf("%s,%s,1,revoked=%t\n", a.Email, a.Name, a.Revoked))
		}
	}
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

// organizations writes what the site's organizations and service projects hold into FILE, a line for each member in
// order: organizations FILE
func organizations(ts *testscript.TestScript, neg bool, args []string) {
	var lines []string
	site := *served(ts)
	for _, o := range site.Organizations() {
		for _, member := range o.Members {
			lines = append(lines, fmt.Sprintf("%s,%s\n", o.Name, member.Email))
		}
	}
	for _, d := range site.Desks() {
		for _, member := range d.Customers {
			lines = append(lines, fmt.Sprintf("project %s,%s\n", d.Key, member.Email))
		}
	}
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

// endTokens makes the credentials worthless from now on.
func endTokens(ts *testscript.TestScript, neg bool, args []string) {
	(*served(ts)).SetFaults(jsmtest.Fault{Kind: jsmtest.TokenEnds})
}

// mayImport is who may import whom: a package of ours and the packages of ours that it may import.
var mayImport = map[string][]string{
	"jsm-onboard": {"importer/cli"},
	"importer/cli": {"report", "report/page", "importer", "importer/export", "importer/ledger", "importer/outcome",
		"importer/text", "apiclient", "apiclient/jsmtest"},
	"report/page":      {"report", "importer", "importer/ledger", "importer/export", "importer/outcome", "importer/text", "apiclient"},
	"report":           {"importer", "importer/export", "importer/ledger", "importer/outcome", "importer/text"},
	"importer":         {"importer/export", "importer/ledger", "importer/outcome", "importer/text", "apiclient"},
	"importer/export":  {"importer/csvtext", "importer/text"},
	"importer/csvtext": {"importer/text"},
	"importer/ledger":  {"importer/outcome", "importer/text"},
	"importer/outcome": {"importer/text"},
	"importer/text":    {},
	// for tests alone
	"importer/importertest": {"apiclient/jsmtest", "importer/export", "importer/ledger", "importer/outcome"},
	"apiclient":             {"apiclient/pacer"},
	"apiclient/pacer":       {},
	"apiclient/jsmtest":     {},
}

// onlyIn is which packages may use a package of others.
var onlyIn = map[string][]string{
	"github.com/gocarina/gocsv":         {"importer/export", "report", "apiclient/jsmtest"},
	"github.com/goccy/go-yaml":          {"importer/cli"},
	"github.com/schollz/progressbar/v3": {"report"},
	"github.com/spf13/cobra":            {"importer/cli"},
	"golang.org/x/oauth2":               {"apiclient"},
	"golang.org/x/time/rate":            {"apiclient/pacer"},
	"modernc.org/sqlite":                {"importer/ledger"},
	"net/http":                          {"apiclient", "apiclient/jsmtest", "report"},
}

// TestRooms holds the imports of the program against the picture of its rooms.
func TestRooms(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		checkImports(t, strings.TrimPrefix(fields[0], "jsm-onboard/"), fields[1:])
		seen++
	}
	if seen != len(mayImport) {
		t.Errorf("there are %d packages, and the picture has %d", seen, len(mayImport))
	}
}

func checkImports(t *testing.T, room string, imports []string) {
	allowed, drawn := mayImport[room]
	if !drawn {
		t.Errorf("%s is a room that the picture does not have", room)
	}
	for _, path := range imports {
		if ours, ok := strings.CutPrefix(path, "jsm-onboard/"); ok && !slices.Contains(allowed, ours) {
			t.Errorf("%s must not import %s", room, ours)
		}
		if rooms, restricted := onlyIn[path]; restricted && !slices.Contains(rooms, room) {
			t.Errorf("%s must not import %s: only %v may", room, path, rooms)
		}
	}
}
