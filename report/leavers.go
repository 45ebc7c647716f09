package report

import (
	"bytes"

	"github.com/gocarina/gocsv"

	"jsm-onboard/importer"
)

// WriteLeavers writes the leavers' file in the form of the results. Without
// leavers it holds the header alone, so that nobody acts on yesterday's list.
func WriteLeavers(path string, delimiter rune, leavers []importer.Leaver) error {
	var b bytes.Buffer
	if err := gocsv.MarshalCSV(leavers, newTable(&b, delimiter)); err != nil {
		return err
	}
	return WriteFile(path, b.Bytes())
}
