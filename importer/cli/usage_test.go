package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestSlips(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"limit", "limit", 0},
		{"limt", "limit", 1},
		{"limits", "limit", 1},
		{"lumit", "limit", 1},
		{"", "site", 4},
		{"max-rat", "max-rate", 1},
		{"dryrun", "dry-run", 1},
		{"quiet", "yes", 4},
	} {
		if got := slips(tt.a, tt.b); got != tt.want {
			t.Errorf("slips(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := slips(tt.b, tt.a); got != tt.want {
			t.Errorf("slips(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestNotYAML(t *testing.T) {
	for text, want := range map[string]string{
		"[2:1] mapping key \"limit\" already defined\n> 2 | limit: 3": "line 2: this is not YAML: mapping key \"limit\" already defined",
		"out of words": "this is not YAML: out of words",
	} {
		if got := notYAML(errors.New(text)); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// The help of each command shows the environment name of every flag.
func TestHelpShowsEnvironmentNames(t *testing.T) {
	p := &program{}
	for _, cmd := range p.root().Commands() {
		text := strings.Join(strings.Fields(flagGroups(cmd)), " ")
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if shown := strings.Contains(text, "["+envName(f.Name)+"]"); shown == onlyTyped[f.Name] {
				t.Errorf("the help of %s shows %s: %t", cmd.Name(), envName(f.Name), shown)
			}
		})
	}
}
