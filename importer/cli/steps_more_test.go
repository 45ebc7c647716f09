package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/importertest"
)

// A scene is a command that follows an import or sync of fewPeople.
type scene struct {
	name    string
	before  string                         // the command that comes before it
	file    func(dir string) (name string) // changes or makes the command's input
	args    []string
	code    int      // that it ends with
	revoked []string // who has no access then
	then    int      // the exit code of the command before, once more
	check   func(t *testing.T, site *jsmtest.Site, told []importertest.Result)
}

var scenes = []scene{
	{name: "undo", before: "import", args: []string{"undo", "--yes"}, then: 3, revoked: []string{"ada", "bo"}},
	{name: "failed file", before: "import", args: []string{"import"}, file: func(dir string) string {
		replace(filepath.Join(dir, "few.failed.csv"), "dan at ", "dan@")
		return "few.failed.csv"
	}, then: 0, check: func(t *testing.T, site *jsmtest.Site, told []importertest.Result) {
		if len(site.Find("dan@people.example")) != 1 || told[3].Status.String() != "known" {
			t.Errorf("Dan is %s", told[3].Status)
		}
	}},
	{name: "names", before: "import", args: []string{"import", "--update-names"}, file: func(dir string) string {
		replace(filepath.Join(dir, "few.csv"), "Bo Lee", "Bo Ray")
		return "few.csv"
	}, code: 3, then: 3, check: func(t *testing.T, site *jsmtest.Site, told []importertest.Result) {
		if bo := site.Find("bo@people.example")[0]; bo.Name != "Bo Ray" || told[1].Status.String() != "known" {
			t.Errorf("%s is %s", bo.Name, told[1].Status)
		}
	}},
	{name: "leavers", before: "sync", args: []string{"sync", "--revoke-leavers", "--max-revoke", "100%"}, file: func(dir string) string {
		replace(filepath.Join(dir, "few.csv"), "Bo Lee,bo@people.example,Hansa,2\n", "")
		replace(filepath.Join(dir, "few.csv"), "dan at ", "dan@")
		return "few.csv"
	}, then: 0, revoked: []string{"bo"}},
	{name: "another company", before: "import", args: []string{"import", "--organizations"}, file: func(dir string) string {
		replace(filepath.Join(dir, "few.csv"), "Hansa", "Beta")
		return "few.csv"
	}, code: 3, then: 3, check: func(t *testing.T, site *jsmtest.Site, _ []importertest.Result) {
		for _, o := range site.Organizations() {
			if o.Name == "Beta" && len(o.Members) != 2 {
				t.Errorf("%d members of Beta", len(o.Members))
			}
		}
	}},
}

func replace(path, old, new string) {
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		panic(path + " has no " + old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, new)), 0o600); err != nil {
		panic(err)
	}
}

// TestDeathAtEveryStepOfWhatFollows ends commands that follow an import at each of their steps in turn, as
// TestDeathAtEveryStep does with the import.
func TestDeathAtEveryStepOfWhatFollows(t *testing.T) {
	t.Parallel()
	startSignals()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			die := func(t *testing.T, at int) (steps int) {
				dir := filepath.Join(t.TempDir(), strings.ReplaceAll(t.Name(), "/", "-"))
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				synctest.Test(t, func(t *testing.T) { steps = s.play(t, dir, at) })
				return steps
			}
			steps := die(t, 0)
			if steps < 5 {
				t.Fatalf("only %d steps were seen", steps)
			}
			for at := 1; at <= steps && !t.Failed(); at++ {
				die(t, at)
			}
		})
	}
}

// play plays the scene; its command dies at a step and is given again.
func (s scene) play(t *testing.T, dir string, at int) (steps int) {
	options := jsmtest.Sandbox()
	options.Existing = append(options.Existing, jsmtest.Account{Email: "cleo@people.example", Name: "Cleo There"})
	site := jsmtest.New(options)
	defer site.Close()
	if err := os.WriteFile(filepath.Join(dir, "few.csv"), []byte(fewPeople), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"JIRA_BASE_URL=https://few.atlassian.net", "JIRA_USER_EMAIL=" + jsmtest.SandboxToken().Email,
		"JIRA_API_TOKEN=" + jsmtest.SandboxToken().Secret, "HOME=" + dir}
	live := func(m *mortal, args ...string) (int, string) {
		mortals.Store(dir, m)
		defer mortals.Delete(dir)
		var said strings.Builder
		args = append(args, "--workers", "1", "--ledger", filepath.Join(dir, "ledger.db"), "--no-progress", "--max-pause", "1s")
		code := Run(t.Context(), args, Environment(env), Streams{In: strings.NewReader(""), Out: &said, Err: &said, configure: func(c *apiclient.Config) { c.Transport = m }})
		time.Sleep(6 * time.Minute) // and accounts are found
		return code, said.String()
	}
	before := []string{s.before, filepath.Join(dir, "few.csv")}
	if code, said := live(&mortal{site: site, dir: dir}, before...); code != 3 { // Dan's address
		t.Fatalf("it began with %d: %s", code, said)
	}
	args := s.args
	if s.file != nil {
		args = append([]string{args[0], filepath.Join(dir, s.file(dir))}, args[1:]...)
	}
	first := &mortal{site: site, dir: dir, at: at}
	code, said := live(first, args...)
	if first.kept != nil {
		if err := first.bury(); err != nil {
			t.Fatal(err)
		}
		code, said = live(&mortal{site: site, dir: dir}, args...)
	}
	if code != s.code {
		t.Errorf("step %d, after %q it ended with %d: %s", at, first.last, code, said)
	}
	if code, said = live(&mortal{site: site, dir: dir}, before...); code != s.then {
		t.Errorf("step %d, after %q the command before ended with %d: %s", at, first.last, code, said)
	}
	evidence := importertest.Evidence{Accounts: site.Accounts(), Organizations: site.Organizations(), Desks: site.Desks(),
		Ledger: filepath.Join(dir, "ledger.db"), SiteURL: "https://few.atlassian.net", Results: filepath.Join(dir, "few.results.csv")}
	for _, broken := range importertest.Check(context.Background(), evidence) {
		t.Errorf("step %d, after %q: %v", at, first.last, broken)
	}
	told, err := importertest.ReadResults(evidence.Results)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range site.Accounts() {
		name, _, _ := strings.Cut(a.Email, "@")
		if gone := strings.Contains(" "+strings.Join(s.revoked, " ")+" ", " "+name+" "); a.Revoked != gone {
			t.Errorf("step %d, after %q: %s, revoked %t", at, first.last, a.Email, a.Revoked)
		}
	}
	if s.check != nil {
		s.check(t, site, told)
	}
	return first.steps
}
