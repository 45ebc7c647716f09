//go:build unix

package cli_test

import (
	"os"
	"strings"
	"testing"
)

// In a folder that is reached by a link, the failed file has the name by which it was asked for, and so its fixed rows
// count for the export.
func TestFailedFileInALinkedFolder(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	if err := os.Mkdir(c.path("real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(c.path("real"), c.path("link")); err != nil {
		t.Fatal(err)
	}
	c.write("real/x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	for range 2 { // there is none, and one of ours
		c.says(c.must(3, "import", "./link/x.csv"), "jsm-onboard import "+c.path("link/x.failed.csv"))
	}
	c.write("real/x.failed.csv", strings.ReplaceAll(c.read("real/x.failed.csv"), "bo(at)", "bo@"))
	c.must(0, "import", "./link/x.failed.csv")
	c.says(c.must(0, "import", "./link/x.csv"), "1  fixed")
	if c.exists("real/x.failed.csv") {
		t.Error("nothing is to be fixed, and there is a failed file")
	}
}
