package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       map[string]settingValues
		refused    string
	}{
		{name: "values", text: "limit: 2\nmax-rate: 0.5\nquiet: true\nmax-errors: 5%\ntimeout: 30s\n", want: map[string]settingValues{
			"limit": {"2"}, "max-rate": {"0.5"}, "quiet": {"true"}, "max-errors": {"5%"}, "timeout": {"30s"}}},
		{name: "lists", text: "exclude: [role=agent, \"role=admin\"]\ncolumn:\n  - email=email\n", want: map[string]settingValues{
			"exclude": {"role=agent", "role=admin"}, "column": {"email=email"}}},
		{name: "no value", text: "summary: ~\nlimit:\npage: null\n", want: map[string]settingValues{"summary": nil, "limit": nil, "page": nil}},
		{name: "block", text: "summary: |\n  run.json\n", want: map[string]settingValues{"summary": {"run.json"}}},
		{name: "large numbers", text: "max-rate: 1000000\nworkers: 10000000000\n", want: map[string]settingValues{
			"max-rate": {"1000000"}, "workers": {"10000000000"}}},
		{name: "quoted", text: "delimiter: \";\"\nsource: \"007\"\n", want: map[string]settingValues{"delimiter": {";"}, "source": {"007"}}},
		{name: "empty", text: "# nothing yet\n"},
		{name: "nested", text: "limit:\n  rows: 2\n", refused: "[2:7] neither a plain value"},
		{name: "list in a list", text: "column: [[a]]\n", refused: "[1:9] neither a plain value"},
		{name: "torn", text: "limit: [2\n", refused: "this is not a settings file"},
		{name: "twice", text: "limit: 2\nlimit: 3\n", refused: `"limit" already defined`},
		{name: "text", text: "just a text\n", refused: "this is not a settings file"},
		{name: "two documents", text: "limit: 2\n---\nyes: true\n", refused: "more than one YAML document"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings.yml")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readConfig(path)
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) || codeOf(err) != 2 {
					t.Errorf("it ends with %v", err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

// Environment is a list as [os.Environ] makes it; the last of a name counts.
func Environment(list []string) func(string) string {
	env := map[string]string{}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return func(name string) string { return env[name] }
}

func TestEnvironmentName(t *testing.T) {
	t.Parallel()
	if got := envName("max-rate"); got != "JSM_ONBOARD_MAX_RATE" {
		t.Error(got)
	}
}
