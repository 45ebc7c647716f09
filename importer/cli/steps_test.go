package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"modernc.org/sqlite"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/importertest"
)

// A mortal is a process that dies at its nth step: from then on nothing of it reaches the site, no transaction of its
// ledger is committed, and what it writes to other files is taken back. A step is a request that is about to leave, an
// answer that has come, or a transaction that is about to be committed; so a death at a step is also the death after
// the one before it, whatever was written or renamed between the two.
type mortal struct {
	site http.Handler
	dir  string
	at   int // the step; 0: it lives

	mu    sync.Mutex
	steps int
	last  string // the step at which it died
	kept  map[string][]byte
}

// dies counts a step, and reports whether the process is dead by it.
func (m *mortal) dies(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.steps++
	if m.steps == m.at {
		m.last, m.kept = what, otherFiles(m.dir)
	}
	return m.at > 0 && m.steps >= m.at
}

// RoundTrip is the network between the process and the site.
func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.dies("request out: " + r.Method + " " + r.URL.Path) {
		return nil, errors.New("connection refused: the process is dead")
	}
	answer, err := jsmtest.Transport(m.site.ServeHTTP).RoundTrip(r)
	if err == nil && m.dies("answer in: "+r.Method+" "+r.URL.Path) {
		answer.Body.Close()
		return nil, errors.New("connection reset: the process is dead")
	}
	return answer, err
}

// otherFiles are the files of the folder but for the ledger, whose transactions have their own end.
func otherFiles(dir string) map[string][]byte {
	kept := map[string][]byte{}
	paths, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well formed
	for _, path := range paths {
		if content, err := os.ReadFile(path); err == nil && !isLedger(path) {
			kept[path] = content
		}
	}
	return kept
}

func isLedger(path string) bool { return strings.HasPrefix(filepath.Base(path), "ledger.db") }

// bury puts the files back as they were when the process died.
func (m *mortal) bury() error {
	var errs []error
	paths, _ := filepath.Glob(filepath.Join(m.dir, "*"))
	for _, path := range paths {
		if _, ok := m.kept[path]; !ok && !isLedger(path) {
			errs = append(errs, os.Remove(path))
		}
	}
	for path, content := range m.kept {
		errs = append(errs, os.WriteFile(path, content, 0o600))
	}
	return errors.Join(errs...)
}

// mortals are the processes whose ledgers are open, by their folders: SQLite asks for the one of each commit.
var mortals sync.Map

// Every transaction of a ledger is a step of its process. The hook is set before any test opens a ledger:
// the driver keeps its hooks without a lock.
func init() {
	sqlite.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, dsn string) error {
		mortals.Range(func(dir, m any) bool {
			if hooks, ok := c.(sqlite.HookRegisterer); ok && strings.Contains(dsn, filepath.Base(dir.(string))) {
				hooks.RegisterCommitHook(func() int32 {
					if m.(*mortal).dies("commit") {
						return 1 // it is rolled back
					}
					return 0
				})
			}
			return true
		})
		return nil
	})
}

// TestDeathAtEveryStep ends a small import with access at each of its steps in turn and goes on: whatever the step was,
// nobody is lost, nobody is made twice, and everybody is in their organization in the end.
func TestDeathAtEveryStep(t *testing.T) {
	t.Parallel()
	startSignals()
	die := func(t *testing.T, at int) (steps int) {
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("step-%d-of-a-death", at))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) { steps = dieAt(t, dir, at) })
		return steps
	}
	steps := die(t, 0)
	if steps < 30 {
		t.Fatalf("only %d steps were seen", steps)
	}
	for at := 1; at <= steps; at++ {
		t.Run(fmt.Sprintf("step %d", at), func(t *testing.T) {
			t.Parallel()
			die(t, at)
		})
	}
}

const fewPeople = `name,email,organization,external_id
Ada Lovelace,ada@people.example,Hansa,1
Bo Lee,bo@people.example,Hansa,2
Cleo There,cleo@people.example,Acme,3
Dan Broken,dan at people.example,Acme,4
Ada Lovelace,ada@people.example,Acme,5
`

// dieAt lets the process die at a step and go on, and returns how many steps it had; 0: it lives.
func dieAt(t *testing.T, dir string, at int) int {
	options := jsmtest.Sandbox()
	options.Existing = append(options.Existing, jsmtest.Account{Email: "cleo@people.example", Name: "Cleo There"})
	site := jsmtest.New(options)
	defer site.Close()
	input := filepath.Join(dir, "few.csv")
	if err := os.WriteFile(input, []byte(fewPeople), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", input, "--organizations", "--service-desk", "SUP", "--workers", "1", "--ledger", filepath.Join(dir, "ledger.db"), "--no-progress",
		"--max-pause", "1s"}
	env := []string{"JIRA_BASE_URL=https://few.atlassian.net", "JIRA_USER_EMAIL=" + jsmtest.SandboxToken().Email,
		"JIRA_API_TOKEN=" + jsmtest.SandboxToken().Secret, "HOME=" + dir}
	live := func(m *mortal) (int, string) {
		mortals.Store(dir, m)
		defer mortals.Delete(dir)
		var said strings.Builder
		code := Run(t.Context(), args, Environment(env), Streams{In: strings.NewReader(""), Out: &said, Err: &said, configure: func(c *apiclient.Config) { c.Transport = m }})
		return code, said.String()
	}
	first := &mortal{site: site, dir: dir, at: at}
	code, said := live(first)
	if first.kept != nil {
		if err := first.bury(); err != nil {
			t.Fatal(err)
		}
		code, said = live(&mortal{site: site, dir: dir})
	}
	if code != 3 { // Dan's address
		t.Errorf("after %q it ended with %d: %s", first.last, code, said)
	}
	evidence := importertest.Evidence{
		Accounts:      site.Accounts(),
		Organizations: site.Organizations(),
		Ledger:        filepath.Join(dir, "ledger.db"),
		SiteURL:       "https://few.atlassian.net",
		Results:       filepath.Join(dir, "few.results.csv"),
		Rows:          5,
		MayBeMember:   map[string][]string{"Hansa": {"ada@people.example", "bo@people.example"}, "Acme": {"ada@people.example", "cleo@people.example"}},
	}
	evidence.MustBeMember = evidence.MayBeMember
	for _, broken := range importertest.Check(context.Background(), evidence) {
		t.Errorf("after %q: %v", first.last, broken)
	}
	return first.steps
}
