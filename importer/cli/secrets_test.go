package cli_test

import (
	"bytes"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// TestSecretsAreInNoByte searches everything that the program says and writes
// at debug level: for secrets everywhere, and for names and addresses in the
// log.
func TestSecretsAreInNoByte(t *testing.T) {
	t.Parallel()
	const apiToken, access, clientSecret = "very-secret-api-token", "very-secret-access-token", "very-secret-client-secret"
	token := jsmtest.SandboxToken()
	token.Secret = apiToken
	scoped := token
	scoped.Scoped = true
	bearer := token
	bearer.Secret, bearer.Bearer = access, true
	client := jsmtest.SandboxClient()
	client.Secret = clientSecret
	basic := []string{"JIRA_USER_EMAIL=" + token.Email, "JIRA_API_TOKEN=" + apiToken}
	for _, tt := range []struct {
		name  string
		env   []string
		token jsmtest.Token
	}{
		{"API token", basic, token},
		{"API token with scopes", basic, scoped},
		{"wrong API token", []string{"JIRA_USER_EMAIL=" + token.Email, "JIRA_API_TOKEN=" + apiToken + "-of-old"}, token},
		{"access token", []string{"JIRA_ACCESS_TOKEN=" + access}, bearer},
		{"wrong access token", []string{"JIRA_ACCESS_TOKEN=" + access + "-of-old"}, bearer},
		{"service account", []string{"JIRA_CLIENT_ID=" + client.ID, "JIRA_CLIENT_SECRET=" + clientSecret}, token},
		{"wrong client secret", []string{"JIRA_CLIENT_ID=" + client.ID, "JIRA_CLIENT_SECRET=" + clientSecret + "-of-old"}, token},
		{"two kinds", append([]string{"JIRA_ACCESS_TOKEN=" + access}, basic...), token},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, func(o *jsmtest.Options) {
				o.Tokens, o.Clients = []jsmtest.Token{tt.token}, []jsmtest.Client{client}
				o.Existing = jsmtest.Sandbox().Existing
				o.Faults = []jsmtest.Fault{{Kind: jsmtest.ResetAfter, Share: 0.2}}
			})
			c.env = append(c.env, "JIRA_USER_EMAIL=", "JIRA_API_TOKEN=", "JSM_ONBOARD_TOKEN_URL="+c.url+"/oauth/token")
			c.env = append(c.env, tt.env...)
			c.write("people.csv", secretPeople)
			var said strings.Builder
			for _, args := range [][]string{
				{"doctor", "--log-level", "debug"},
				{"import", "./people.csv", "--log-level", "debug", "--summary", c.path("summary.json"), "--page", c.path("page.html"), "--metrics-file", c.path("metrics.prom")},
				{"import", "./people.csv", "--log-level", "debug", "--log-format", "json", "--resend-known"},
				{"import", "./people.csv", "--log-level", "debug", "--site", "https://user:" + apiToken + "@acme.example"},
				{"import", "./people.csv", "--token", apiToken},
				{"import", "./nowhere.csv", "--log-level", "debug"},
				{"doctor", "--json", "--log-level", "debug"},
			} {
				_, out := c.run(args...)
				said.WriteString(out)
			}
			if !strings.Contains(said.String(), "DEBUG") && tt.name != "two kinds" {
				t.Fatalf("nothing was logged at debug level:\n%s", said.String())
			}
			searchSecrets(t, "the output", said.String())
			searchFolder(t, c.folder)
			searchLog(t, said.String())
		})
	}
}

// What Go's net/http prints by itself, such as what comes behind an answer, is printed nowhere: there may be names in it.
func TestStandardLogIsSilent(t *testing.T) {
	var printed bytes.Buffer
	log.SetOutput(&printed)
	newTrial(t, nil).run("version")
	log.Print("Ann Lee")
	if printed.Len() > 0 {
		t.Error(printed.String())
	}
}

// An address may hold a password: it is printed by no command, whichever setting has it, and whether it is used or not.
func TestPasswordsOfAddresses(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"as in a browser": "https://me%40x.example:very-secret@acme.atlassian.net",
		"no scheme":       "me:very-secret@acme.atlassian.net",
		"with a slash":    "https://me:very/very-secret@acme.atlassian.net",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.tampered = true
			c.write("people.csv", secretPeople+"Nobody,nobody\n")
			c.export("others.csv", 3)
			c.must(0, "import", "./others.csv") // now there is a run to report, and to undo
			c.env = append(c.env, "JSM_ONBOARD_GATEWAY_URL=")
			for _, setting := range []string{"site", "gateway-url", "token-url", "notify"} {
				c.write(setting+".yml", setting+": \""+address+"\"\n")
				for _, args := range [][]string{
					{"check", "./people.csv"},
					{"import", "./people.csv", "--sandbox"},
					{"import", "./people.csv", "--dry-run", "--organizations"},
					{"import", "./people.csv"},
					{"sync", "./people.csv", "--sandbox"},
					{"undo", "--yes", "--dry-run"},
					{"report"},
					{"report", "nowhere"},
					{"doctor"},
					{"doctor", "--sandbox"},
				} {
					_, out := c.run(append(args, "--config", "./"+setting+".yml", "--log-level", "debug")...)
					searchSecrets(t, setting+" of a settings file, "+strings.Join(args, " "), out)
				}
				for _, args := range [][]string{{"import", "./people.csv", "--sandbox"}, {"import", "./people.csv"}} {
					_, out := c.run(append(args, "--"+setting, address)...)
					searchSecrets(t, "typed "+setting, out)
				}
				if err := os.Remove(c.path(setting + ".yml")); err != nil {
					t.Fatal(err)
				}
			}
			c.env = append(c.env, "JIRA_BASE_URL="+address)
			for _, args := range [][]string{{"import", "./people.csv", "--sandbox"}, {"import", "./people.csv"}, {"doctor", "--sandbox"}, {"doctor"}, {"report"}} {
				_, out := c.run(args...)
				searchSecrets(t, "JIRA_BASE_URL, "+args[0], out)
			}
			searchFolder(t, c.folder)
		})
	}
}

const secretPeople = `name,email
Zebulon Quist,zebulon.quist@example.com
Amira Haddad,amira.haddad@example.com
Yolanda Xiu,yolanda.xiu@example.org
Walther Vroom,walther.vroom@example.net
`

func searchSecrets(t *testing.T, where, text string) {
	t.Helper()
	if i := strings.Index(text, "very-secret"); i >= 0 {
		t.Errorf("%s holds a secret: …%q…", where, text[max(0, i-80):min(len(text), i+80)])
	}
	for _, encoded := range []string{"dmVyeS1zZWNyZX", "Zlcnktc2VjcmV0", "2ZXJ5LXNlY3JldC", "Basic ", "Bearer "} { // base64, at each of its three offsets
		if i := strings.Index(text, encoded); i >= 0 {
			t.Errorf("%s holds an encoded secret or a header: …%q…", where, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}

func searchFolder(t *testing.T, folder string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		searchSecrets(t, path, string(text))
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files were searched: %v", files, err)
	}
}

// searchLog looks at the lines of the log; the totals and the plan are for the
// people who have the export.
func searchLog(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		isLog := strings.HasPrefix(line, "{") || strings.Contains(line, " DEBUG ") || strings.Contains(line, " INFO ") || strings.Contains(line, " WARN ")
		if !isLog {
			continue
		}
		for _, private := range []string{"@", "%40", "Quist", "quist", "Haddad", "haddad", "Yolanda", "yolanda", "Vroom", "vroom"} {
			if strings.Contains(line, private) {
				t.Errorf("the log tells %q: %s", private, line)
			}
		}
	}
}
