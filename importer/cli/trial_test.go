package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/cli"
	"jsm-onboard/importer/importertest"
)

// A trial is a folder with an export and a ledger, and a site on loopback.
type trial struct {
	t      *testing.T
	folder string
	site   *jsmtest.Site
	url    string       // of the site
	stop   func() error // ends serving it
	env    []string

	tampered bool // with the site or the ledger: they are not what the runs have made
}

// cloudID is that of every trial's site: one that takes the place of another is the same site.
const cloudID = "8c1d4ea0-6b1f-4a52-9d3e-2f0b7c5a1e44"

// newTrial serves a site without quotas, unless change says otherwise.
func newTrial(t *testing.T, change func(*jsmtest.Options)) *trial {
	t.Helper()
	o := jsmtest.Sandbox()
	o.Quotas, o.Existing, o.CloudID = nil, nil, cloudID
	if change != nil {
		change(&o)
	}
	c := &trial{t: t, folder: t.TempDir(), site: jsmtest.New(o)}
	url, stop, err := c.site.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	c.url, c.stop = url, stop
	token := jsmtest.SandboxToken()
	c.env = append(os.Environ(), "JIRA_BASE_URL="+url, "JSM_ONBOARD_GATEWAY_URL="+url, "XDG_STATE_HOME="+c.path("state"), "JIRA_USER_EMAIL="+token.Email,
		"JIRA_API_TOKEN="+token.Secret, "JSM_ONBOARD_LEDGER="+c.path("ledger"), "JSM_ONBOARD_MAX_RATE=0")
	return c
}

// replaceSite puts a new site in the place of c's, at the same address.
func (c *trial) replaceSite(o jsmtest.Options) {
	c.t.Helper()
	if err := c.stop(); err != nil {
		c.t.Fatal(err)
	}
	c.site, c.tampered = jsmtest.New(o), true
	for range 200 { // a connection of another test may have the port for a moment
		_, stop, err := c.site.Start(strings.TrimPrefix(c.url, "http://"))
		if err == nil {
			c.t.Cleanup(func() { _ = stop() })
			c.stop = stop
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("%s is not free again", c.url)
}

func (c *trial) path(name string) string { return filepath.Join(c.folder, name) }

// export writes n people into name.
func (c *trial) export(name string, n int) {
	c.t.Helper()
	var text strings.Builder
	text.WriteString("name,email,team\n")
	for i := range n {
		fmt.Fprintf(&text, "%s,%s,\"Team, %d\"\n", personName(i), personAddress(i), i%7)
	}
	c.write(name, text.String())
}

// renamed is an export of n people who have the names of others, by places further on.
func renamed(n, by int) string {
	text := "name,email\n"
	for i := range n {
		text += fmt.Sprintf("%s,%s\n", personName(i+by), personAddress(i))
	}
	return text
}

func personName(i int) string    { return fmt.Sprintf("Pérson Someone %d", i) }
func personAddress(i int) string { return fmt.Sprintf("person.%d@example.com", i) }

func (c *trial) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *trial) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(c.path(name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func (c *trial) exists(name string) bool {
	_, err := os.Lstat(c.path(name))
	return err == nil
}

// run runs the program in this process; names of files in args are those of
// the trial's folder where they begin with "./".
func (c *trial) run(args ...string) (code int, out string) {
	c.t.Helper()
	return c.runWith("", args...)
}

func (c *trial) runWith(stdin string, args ...string) (code int, out string) {
	c.t.Helper()
	var text safeBuffer
	started := time.Now()
	code = cli.Run(c.t.Context(), c.args(args), cli.Environment(c.env), cli.Streams{In: strings.NewReader(stdin), Out: &text, Err: &text})
	c.check(args, started, text.String())
	return code, text.String()
}

// check holds what a run has left behind against the promises of the program.
func (c *trial) check(args []string, started time.Time, out string) {
	c.t.Helper()
	e := importertest.Evidence{
		Accounts:    c.site.Accounts(),
		SiteURL:     c.url,
		OtherLedger: slices.Contains(args, "--ledger"),
		Resent:      slices.Contains(args, "--resend-known"),
		Private:     []importertest.Private{{What: "terminal", Text: out}},
		Secrets:     []string{jsmtest.SandboxToken().Secret},
	}
	if c.exists("ledger") && !c.tampered {
		e.Ledger = c.path("ledger")
	}
	written, err := filepath.Glob(c.path("*.results.csv"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range written {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.ModTime().After(started) && !c.tampered {
			e.Results = path
		}
	}
	for _, broken := range importertest.Check(c.t.Context(), e) {
		c.t.Errorf("%v: %v", args, broken)
	}
	for _, end := range []string{"*.revoked.csv", "*.undone.csv"} {
		written, _ := filepath.Glob(c.path(end)) // a good pattern
		for _, path := range written {
			if info, err := os.Stat(path); err != nil || !info.ModTime().After(started) || c.tampered {
				continue
			}
			for _, broken := range importertest.Check(c.t.Context(), importertest.Evidence{Accounts: e.Accounts, Results: path}) {
				c.t.Errorf("%v, %s: %v", args, filepath.Base(path), broken)
			}
		}
	}
}

func (c *trial) args(args []string) []string {
	placed := make([]string, len(args))
	for i, arg := range args {
		placed[i] = arg
		if name, ok := strings.CutPrefix(arg, "./"); ok {
			placed[i] = c.path(name)
		}
	}
	return placed
}

// must runs the program and fails the test unless it ends with code.
func (c *trial) must(want int, args ...string) string {
	c.t.Helper()
	code, out := c.run(args...)
	if code != want {
		c.t.Fatalf("%v: exit code %d, and %d was expected:\n%s", args, code, want, out)
	}
	return out
}

// says fails the test unless out has all of the texts.
func (c *trial) says(out string, texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			c.t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
}

// rows is a results file as a list of rows by column.
func (c *trial) rows(name string) []map[string]string {
	c.t.Helper()
	return readResults(c.t, c.path(name))
}

// statuses counts a results file.
func (c *trial) statuses(name string) map[string]int {
	c.t.Helper()
	counts := map[string]int{}
	for _, row := range c.rows(name) {
		counts[row["jsm_status"]]++
	}
	return counts
}

// once fails the test when the site has made an address more than once, or has
// not made exactly those that results say were created.
func (c *trial) once(results string) {
	c.t.Helper()
	made := map[string]jsmtest.Account{}
	for _, a := range c.site.Accounts() {
		if a.CreatedBy > 0 {
			if _, twice := made[a.Email]; twice {
				c.t.Errorf("%s was made more than once", a.Email)
			}
			made[a.Email] = a
		}
	}
	told := 0
	for _, row := range c.rows(results) {
		a, there := made[strings.ToLower(row["email"])]
		switch row["jsm_status"] {
		case "created", "created_unconfirmed":
			told++
			if !there || a.ID != row["jsm_account_id"] {
				c.t.Errorf("%v, and the site has made %+v", row, a)
			}
		}
	}
	if told != len(made) {
		c.t.Errorf("the site has made %d, and the results tell of %d", len(made), told)
	}
}

// posts is how many create requests the site has seen.
func (c *trial) posts() int { return c.site.Stats().Route("POST", jsmtest.CreatePath).Requests }

// summary reads a summary file.
func (c *trial) summary(name string) map[string]any {
	c.t.Helper()
	var s map[string]any
	if err := json.Unmarshal([]byte(c.read(name)), &s); err != nil {
		c.t.Fatal(err)
	}
	return s
}

var runLine = regexp.MustCompile(`Run ([0-9a-f]{8}) (?:is complete|stopped)`)

// runID is the run that out tells of.
func (c *trial) runID(out string) string {
	c.t.Helper()
	found := runLine.FindStringSubmatch(out)
	if found == nil {
		c.t.Fatalf("no run is told of:\n%s", out)
	}
	return found[1]
}

// A process is the program in a process of its own.
type process struct {
	*exec.Cmd
	t     *testing.T
	out   *safeBuffer
	ended chan struct{}
}

func (c *trial) start(args ...string) *process {
	c.t.Helper()
	return c.startWith(nil, args...)
}

func (c *trial) startWith(stdin *os.File, args ...string) *process {
	c.t.Helper()
	p := c.command(args...)
	if stdin != nil {
		p.Stdin = stdin
	}
	return p.begin()
}

// command is the program, not started yet.
func (c *trial) command(args ...string) *process {
	p := &process{Cmd: exec.Command(os.Args[0], c.args(args)...), t: c.t, out: &safeBuffer{}, ended: make(chan struct{})}
	p.Env = append(slices.Clip(c.env), asProgram+"=1")
	p.Stdout, p.Stderr = p.out, p.out
	return p
}

// begin starts it, until it ends or the test does.
func (p *process) begin() *process {
	p.t.Helper()
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.Wait()
	}()
	p.t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	return p
}

// signal sends s.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end for at most d, and returns the exit code, -1 when it
// was killed.
func (p *process) wait(d time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(d):
		p.t.Fatalf("it has not ended after %s:\n%s", d, p.out)
	}
	return -1
}

// until waits until the program has said text.
func (p *process) until(text string) {
	p.t.Helper()
	eventually(p.t, 30*time.Second, func() bool { return strings.Contains(p.out.String(), text) })
}

// A gate lets the first requests to a route through. Further ones are carried out, and get no answer until it opens.
type gate struct {
	path    string
	lets    func(n int) bool // the n-th request through
	seen    atomic.Int32
	reached chan struct{} // closed when it keeps back the first answer
	opened  chan struct{}
	once    [2]sync.Once
}

// gateAfter lets n requests to the route through.
func gateAfter(n int, path string) *gate {
	return &gate{
		path: path, lets: func(nth int) bool { return nth <= n },
		reached: make(chan struct{}), opened: make(chan struct{}),
	}
}

func (g *gate) see(x jsmtest.Exchange) {
	if x.Path == g.path && !g.lets(int(g.seen.Add(1))) {
		g.once[0].Do(func() { close(g.reached) })
		<-g.opened
	}
}

func (g *gate) open() { g.once[1].Do(func() { close(g.opened) }) }

// wait waits until the gate keeps back an answer.
func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(60 * time.Second):
		t.Fatal("no request has come to the gate")
	}
}

// feed writes more rows than a pipe holds, so that the program at its other end has begun to read when it returns.
func feed(t *testing.T, w *os.File) {
	t.Helper()
	text := "name,email\n" + strings.Repeat("Ana Luna,ana@example.com\n", 1<<14)
	if err := w.SetWriteDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until holds.
func eventually(t *testing.T, d time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it has not come to be within %s", d)
		}
	}
}

// safeBuffer is a buffer for several goroutines.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// readResults reads a results file as a list of rows by column.
func readResults(t *testing.T, path string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if header, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, header := range records[0] {
			row[header] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// mixed is an export of n people with a row of every kind.
func (c *trial) mixed(name string, n int) {
	c.export(name, n)
	c.write(name, c.read(name)+"Again,"+strings.ToUpper(personAddress(1))+",x\nNobody,not an address,x\n")
}

// runs are the ids that the ledger lists.
func (c *trial) runs() []string {
	c.t.Helper()
	code, out := c.run("report", "--list")
	if code != 0 {
		c.t.Fatalf("report --list: exit code %d\n%s", code, out)
	}
	var ids []string
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 2 && len(fields[0]) == 8 && strings.Trim(fields[0], "0123456789abcdef") == "" {
			ids = append(ids, fields[0])
		}
	}
	return ids
}
