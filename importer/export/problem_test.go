package export

import (
	"os"
	"path/filepath"
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
		if !strings.Contains(string(text), "`"+k.Word+"`") {
			t.Errorf("help problems has no line for %s", k.Word)
		}
	}
}
