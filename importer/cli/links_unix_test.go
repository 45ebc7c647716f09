//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A link hides from nobody that two files are one.
func TestApartThroughLinks(t *testing.T) {
	t.Parallel()
	folder := folderOf(t, "people.csv", "ledger")
	input, ledger := filepath.Join(folder, "people.csv"), filepath.Join(folder, "ledger")
	hard, soft := filepath.Join(folder, "hard.csv"), filepath.Join(folder, "link.json")
	if err := os.Link(input, hard); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(ledger, soft); err != nil {
		t.Fatal(err)
	}
	early := filepath.Join(folder, "early.json") // to a ledger that is not there yet
	if err := os.Symlink("later", early); err != nil {
		t.Fatal(err)
	}
	later := filepath.Join(folder, "later")
	inUse := append(append(ledgerFiles(later), ledgerFiles(ledger)...), namedFile{"the input", input})
	for _, tc := range []struct {
		output  namedFile
		refused string
	}{
		{namedFile{"--results", hard}, "the same file as the input"},
		{namedFile{"--summary", soft}, "the same file as the ledger"},
		{namedFile{"--summary", early}, "the same file as the ledger"},
	} {
		err := checkDistinct(inUse, []namedFile{tc.output}, false)
		if err == nil || !strings.Contains(err.Error(), tc.refused) || codeOf(err) != 2 {
			t.Errorf("%v, and %q was expected", err, tc.refused)
		}
	}
}
