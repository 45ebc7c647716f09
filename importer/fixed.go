package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// mark identifies a row that needed fixing when its export is imported again: by its external id and what was wrong,
// else by all of its cells; of rows that are all alike, by how many came before.
func mark(row *export.Row) string {
	m := "id:" + row.ExternalID + "\n" + row.Key + "\n" + row.Invalid
	if row.ExternalID == "" {
		sum := sha256.Sum256([]byte(strings.Join(row.Cells, "\x00")))
		m = "row:" + hex.EncodeToString(sum[:])
	}
	if row.Alike > 0 {
		m += "#" + strconv.Itoa(row.Alike)
	}
	return m
}

// fixedMark is the mark by which a row may turn out to have been fixed and imported; "": it is none of those.
func fixedMark(row *export.Row) string {
	if row.Excluded != "" || row.DuplicateOf != (export.Place{}) || row.Own != nil {
		return ""
	}
	return mark(row)
}

// place identifies a row of a failed file, which names the row that it came from.
func place(failedPath, sheetRow string) string { return "at:" + failedPath + "#" + sheetRow }

// noteFixed keeps, of the results of a run, the rows that go into the failed file, and those that were fixed in one and
// have come back: the input may be a failed file.
func (r *Run) noteFixed(result Result) {
	row, came := result.Row, result.Row.Own["jsm_row"]
	one := ledger.Fixed{From: place(r.plan.Run.Input, came)}
	switch failed := r.options.FailedPath; {
	case result.Status.NeedsFixing() && failed != "":
		one.At, one.Mark = place(failed, strconv.Itoa(result.SheetRow)), mark(row)
	case came != "" && row.Own["jsm_status"] == "" && onboarded(result.Status):
		if one.Key = row.Key; row.ExternalID != "" {
			one.Mark = "id:" + row.ExternalID + "\n\n" + row.Own["jsm_reason"]
		}
	default:
		return
	}
	r.fixed = append(r.fixed, one)
}

// onboarded reports whether somebody is at the site because of a row that ended so.
func onboarded(s outcome.Status) bool {
	return s == outcome.Created || s == outcome.CreatedUnconfirmed || s == outcome.Conflict || s == outcome.Known ||
		s == outcome.Renamed
}
