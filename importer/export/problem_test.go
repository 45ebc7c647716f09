package export

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each kind of problem has a line in the reference.
func TestProblemsAreDescribed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "cli", "help", "problems.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if !strings.Contains(string(text), "`"+k.Kind+"`") {
			t.Errorf("help problems has no line for %s", k.Kind)
		}
	}
}

// Each kind that the program names is in the table.
func TestKindsAreKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`kindOf\("(\w+)"\)`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range named.FindAllStringSubmatch(string(source), -1) {
			if !slices.ContainsFunc(kinds, func(k *Problem) bool { return k.Kind == found[1] }) {
				t.Errorf("%s: there is no kind %q", file, found[1])
			}
		}
	}
}
