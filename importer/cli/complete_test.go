package cli

import (
	"strings"
	"testing"

	"jsm-onboard/importer"
)

// That each row has one outcome and stands in the results is proved at the end
// of every run, whatever its end.
func TestComplete(t *testing.T) {
	full := &importer.Stop{Cause: importer.Broken, What: "the disk is full"}
	for _, tc := range []struct {
		name                   string
		rows, counted, written int
		stop                   *importer.Stop
		says                   []string // none: the run ends as it did
	}{
		{name: "all is there", rows: 3, counted: 3, written: 3},
		{name: "interrupted, and all is there", rows: 3, counted: 3, written: 3, stop: importer.ErrInterrupted},
		{name: "the disk was full", rows: 3, counted: 3, written: 1, stop: full},
		{name: "an outcome is lost", rows: 3, counted: 2, written: 3, says: []string{"3 rows", "2 have"}},
		{name: "an outcome is lost, interrupted", rows: 3, counted: 2, written: 3, stop: importer.ErrInterrupted, says: []string{"3 rows", "2 have", "interrupted"}},
		{name: "an outcome is lost, on a full disk", rows: 3, counted: 2, written: 1, stop: full, says: []string{"3 rows", "2 have", "the disk is full"}},
		{name: "an outcome too many", rows: 3, counted: 4, written: 3, says: []string{"3 rows", "4 have"}},
		{name: "a row is not in the results", rows: 3, counted: 3, written: 2, says: []string{"3 rows", "2 are"}},
		{name: "a row is not in the results, interrupted", rows: 3, counted: 3, written: 2, stop: importer.ErrInterrupted, says: []string{"3 rows", "2 are", "interrupted"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			end := importer.End{Rows: tc.rows, Stop: tc.stop}
			for range tc.counted {
				end.Totals.Add(importer.Created)
			}
			end.Stop = complete(end, tc.written)
			if tc.says == nil {
				if end.Stop != tc.stop {
					t.Errorf("%v", end.Stop)
				}
				return
			}
			if end.Stop == nil || end.ExitCode() != 1 || end.Stop.Hint == "" {
				t.Fatalf("%v, exit code %d", end.Stop, end.ExitCode())
			}
			for _, text := range tc.says {
				if !strings.Contains(end.Stop.What, text) {
					t.Errorf("%q does not say %q", end.Stop.What, text)
				}
			}
		})
	}
}
