package cli_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/cli"
)

// monitor is a service that is told of runs.
type monitor struct {
	mu     sync.Mutex
	told   []string
	bodies []string
	server *httptest.Server
	broken bool
}

func newMonitor(t *testing.T) *monitor {
	m := &monitor{}
	m.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told, m.bodies = append(m.told, r.Method+" "+r.URL.Path), append(m.bodies, string(body))
		if m.broken {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(m.server.Close)
	return m
}

// take is what it was told since the last time, and the last body.
func (m *monitor) take() (told []string, body map[string]any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	told, m.told = m.told, nil
	if len(m.bodies) > 0 {
		_ = json.Unmarshal([]byte(m.bodies[len(m.bodies)-1]), &body)
	}
	return told, body
}

// TestMonitorIsTold runs the program in a process of its own: this one dials
// nobody.
func TestMonitorIsTold(t *testing.T) {
	t.Parallel()
	c, m := newTrial(t, nil), newMonitor(t)
	must := func(want int, args ...string) string {
		t.Helper()
		p := c.start(args...)
		if code := p.wait(30 * time.Second); code != want {
			t.Errorf("%v: exit code %d, and %d was expected:\n%s", args, code, want, p.out)
		}
		return p.out.String()
	}
	c.export("crm.csv", 5)
	job := []string{"sync", "./crm.csv", "--notify", m.server.URL + "/secret", "--metrics-file", "./job.prom", "--log-format", "json"}
	must(0, append(job, "--dry-run")...)
	if told, _ := m.take(); told != nil || c.exists("job.prom") {
		t.Errorf("a dry run was told: %v", told)
	}

	must(0, job...)
	told, body := m.take()
	if diff := cmp.Diff([]string{"POST /secret/start", "POST /secret"}, told); diff != "" {
		t.Error(diff)
	}
	if body["outcome"] != "complete" || body["rows"].(map[string]any)["created"] != 5.0 {
		t.Errorf("the body: %v", body)
	}
	metrics := c.read("job.prom")
	c.says(metrics, `jsm_onboard_rows{command="sync",source="crm.csv",status="created"} 5`, `jsm_onboard_leavers{command="sync",source="crm.csv",action="revoke"} 0`,
		`jsm_onboard_exit_code{command="sync",source="crm.csv"} 0`, "jsm_onboard_last_success_timestamp_seconds{")

	c.write("crm.csv", "")
	out := must(1, job...)
	told, body = m.take()
	if diff := cmp.Diff([]string{"POST /secret/start", "POST /secret/fail"}, told); diff != "" {
		t.Error(diff)
	}
	if body["exit_code"] != 1.0 || body["stop_reason"] == "" {
		t.Errorf("the body: %v", body)
	}
	success := line(metrics, "jsm_onboard_last_success")
	c.says(c.read("job.prom"), `jsm_onboard_exit_code{command="sync",source="crm.csv"} 1`, success)
	if strings.Contains(out, "secret") {
		t.Errorf("the address is in the log:\n%s", out)
	}

	m.broken = true
	c.export("crm.csv", 5)
	c.says(must(0, job...), "the monitor could not be reached")
	m.take()
	c.says(must(2, "sync", "./crm.csv", "--notify", "not a URL"), "--notify")

	m.server.Close()
	if out := must(0, job...); !strings.Contains(out, ": connection refused") || strings.Contains(out, "dial tcp") {
		t.Errorf("a monitor that is gone:\n%s", out)
	}
}

// A rehearsal, however it is switched on, takes nothing that is real from the settings: neither files nor monitor, nor
// the ledger for the command that it prints. What is typed counts.
func TestRehearsalBySettings(t *testing.T) {
	t.Parallel()
	const settings = "results: real.csv\nfailed: real.failed.csv\nsummary: real.json\nmetrics-file: real.prom\n" +
		"page: real.html\npage-addresses: true\nledger: real.ledger\n"
	for name, tc := range map[string]struct {
		settings, env string
		args          []string
		real          bool
	}{
		"flag":              {args: []string{"--sandbox"}},
		"environment":       {env: "JSM_ONBOARD_SANDBOX=true"},
		"settings file":     {settings: "sandbox: true\n"},
		"environment first": {settings: "sandbox: true\n", env: "JSM_ONBOARD_SANDBOX=false", real: true},
		"flag first":        {settings: "sandbox: true\n", args: []string{"--sandbox=false"}, real: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := newTrial(t, nil), newMonitor(t)
			c.tampered = true // the results have another name
			c.env = append(c.env, "JSM_ONBOARD_LEDGER=", tc.env)
			c.write("people.csv", onePerson+"Bob Ray,nobody\n")
			c.write("night.yml", tc.settings+"notify: "+m.server.URL+"/night\n"+settings)
			p := c.command(append([]string{"import", "people.csv", "--config", "night.yml"}, tc.args...)...)
			p.Dir = c.folder
			if code := p.begin().wait(30 * time.Second); code != 3 {
				t.Fatalf("exit code %d:\n%s", code, p.out)
			}
			told, _ := m.take()
			files, err := filepath.Glob(c.path("real.*"))
			if real := len(told) == 2 && len(files) > 5 && c.posts() == 1; err != nil || real != tc.real {
				t.Errorf("%d requests; the monitor was told %v; files: %v, %v", c.posts(), told, files, err)
			}
			if !tc.real && (len(told)+len(files)+c.posts() > 0 || !c.exists("people.sandbox.results.csv") || strings.Contains(p.out.String(), "real.")) {
				t.Errorf("%d requests; the monitor was told %v; files: %v\n%s", c.posts(), told, files, p.out)
			}
		})
	}
	t.Run("typed", func(t *testing.T) {
		t.Parallel()
		c, m := newTrial(t, nil), newMonitor(t)
		c.write("people.csv", onePerson)
		c.env = append(c.env, "JSM_ONBOARD_SANDBOX=true")
		p := c.start("import", "./people.csv", "--notify", m.server.URL+"/typed", "--summary", "./typed.json")
		code := p.wait(30 * time.Second)
		if told, _ := m.take(); code != 0 || len(told) != 2 || !c.exists("typed.json") || c.posts() != 0 {
			t.Errorf("exit code %d; the monitor was told %v:\n%s", code, told, p.out)
		}
	})
}

func line(text, start string) string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, start+"_timestamp_seconds{") {
			return strings.TrimSpace(l)
		}
	}
	return "no line " + start
}

// TestUnattendedLogIsJSON reads each line of stderr, whatever the night is like.
func TestUnattendedLogIsJSON(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 3)
	c.write("fix.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	for _, tc := range []struct {
		code int
		says string
		args []string
	}{
		{0, "run ended", []string{"sync", "./crm.csv"}},
		{0, "run ended", []string{"sync", "./crm.csv", "--quiet"}},
		{3, "\"msg\":\"plan\",\"rows\":2,\"to_send\":1", []string{"import", "./fix.csv", "--summary", "-"}},
		{5, "required address", []string{"sync", "./crm.csv", "--require-email", "missing@example.com"}},
		{1, "no such file", []string{"sync", "./none.csv"}},
	} {
		var log, plan safeBuffer
		code := cli.Run(t.Context(), c.args(append(tc.args, "--log-format", "json")), cli.Environment(c.env), cli.Streams{In: strings.NewReader(""), Out: &plan, Err: &log})
		if code != tc.code || !strings.Contains(log.String(), tc.says) {
			t.Errorf("%v: exit code %d\n%s", tc.args, code, log.String())
		}
		for l := range strings.Lines(log.String()) {
			if !json.Valid([]byte(l)) {
				t.Errorf("%v: no JSON: %s", tc.args, l)
			}
		}
	}
}

// TestNothingNew makes no request at all, not even for the credentials: at a site that is no sandbox.
func TestNothingNew(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	server := httptest.NewTLSServer(c.site)
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	c.write("authority.pem", string(authority))
	c.url = server.URL
	c.env = append(c.env, "JIRA_BASE_URL="+server.URL, "JSM_ONBOARD_GATEWAY_URL="+server.URL,
		"JSM_ONBOARD_CA_FILE="+c.path("authority.pem"))
	c.export("crm.csv", 5)
	c.must(0, "sync", "./crm.csv")
	before := c.site.Stats().Requests
	c.says(c.must(0, "sync", "./crm.csv", "--revoke-leavers"), "Nothing has to be sent")
	if after := c.site.Stats().Requests; after != before {
		t.Errorf("%d requests", after-before)
	}
}

// A rehearsal with the settings of the night tells nobody, and leaves what the night has written as it is.
func TestRehearsalOfTheNight(t *testing.T) {
	t.Parallel()
	c, m := newTrial(t, nil), newMonitor(t)
	c.export("crm.csv", 3)
	c.write("night.yml", "\ufeffnotify: "+m.server.URL+"/n\nsummary: "+c.path("night.json")+"\nmetrics-file: "+
		c.path("night.prom")+"\npage: "+c.path("night.html")+"\nresults: "+c.path("night.results.csv")+"\n")
	c.must(0, "sync", "./crm.csv", "--config", "./night.yml")
	m.take()
	var written []string
	files := []string{"night.json", "night.prom", "night.html", "night.results.csv"}
	for _, name := range files {
		written = append(written, c.read(name))
	}
	c.env = slices.DeleteFunc(c.env, func(v string) bool { return strings.HasPrefix(v, "JIRA_BASE_URL=") })
	p := c.start("sync", "./crm.csv", "--config", "./night.yml", "--sandbox", "--summary", "./rehearsal.json")
	code, out := p.wait(20*time.Second), p.out.String()
	for i, name := range files {
		if c.read(name) != written[i] {
			t.Errorf("the rehearsal has written over %s:\n%s", name, out)
		}
	}
	if told, _ := m.take(); len(told) > 0 {
		t.Errorf("the monitor was told %v", told)
	}
	if code != 0 || !c.exists("rehearsal.json") || !c.exists("crm.sandbox.results.csv") {
		t.Errorf("there is nothing of the rehearsal:\n%s", out)
	}
}

// A sandbox that was started again has none of the people whom the ledger knows, and a run with nothing new says so.
func TestSandboxThatWasStartedAgain(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 5)
	c.must(0, "import", "./crm.csv")
	options := jsmtest.Sandbox()
	options.CloudID = "another"
	c.replaceSite(options)
	c.says(c.must(1, "import", "./crm.csv"), "belongs to another site at the same address")
}
