package report

import (
	"errors"
	"testing"
)

// Beside what a shell's <(…) is called, no file can be made: the flags that name files elsewhere are the way out.
func TestNoFileBesideAPipe(t *testing.T) {
	_, err := CreateFile("/dev/fd/63.results.csv")
	e, ok := errors.AsType[*WriteError](err)
	if !ok || e.Why != "no file can be made there" || e.Hint != "name files elsewhere, with --results and --failed" {
		t.Errorf("%v: %+v", err, e)
	}
}
