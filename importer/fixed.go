package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// mark identifies a row that needed fixing when its export is imported again: by its external id and the address that
// did not do, else by all of its cells.
func mark(row *export.Row) string {
	if row.ExternalID != "" {
		return "id:" + row.ExternalID + "\n" + row.Key
	}
	sum := sha256.Sum256([]byte(strings.Join(row.Cells, "\x00")))
	return "row:" + hex.EncodeToString(sum[:])
}

// place identifies a row of a failed file, which names the row that it came from.
func place(failedPath, sheetRow string) string { return "at:" + failedPath + "#" + sheetRow }

// fixes collects the rows of a run that go into the failed file, and those that were fixed in one and have come back.
type fixes struct {
	failedPath string // of this run; "": none is written
	input      string // which may be a failed file
	keep       []broken
	came       []ledger.Fixed // Original: a place in the failed file, or a mark
}

// broken is a row that goes into the failed file.
type broken struct {
	at, mark string
	from     string // its place in the failed file that it came from
}

// seen takes the result of each row.
func (f *fixes) seen(r Result) {
	row, came := r.Row, r.Row.Own["jsm_row"]
	switch {
	case r.Status.NeedsFixing() && f.failedPath != "":
		at := place(f.failedPath, strconv.Itoa(r.SheetRow))
		f.keep = append(f.keep, broken{at, mark(row), place(f.input, came)})
	case came != "" && row.Own["jsm_status"] == "" && onboarded(r.Status):
		f.came = append(f.came, ledger.Fixed{Original: place(f.input, came), Key: row.Key})
		if row.ExternalID != "" {
			f.came = append(f.came, ledger.Fixed{Original: "id:" + row.ExternalID + "\n", Key: row.Key})
		}
	}
}

// record keeps what was seen in the ledger.
func (f *fixes) record(ctx context.Context, l *ledger.Ledger, run int64) error {
	var places []string
	for _, row := range f.keep {
		places = append(places, row.from)
	}
	for _, row := range f.came {
		places = append(places, row.Original)
	}
	if len(places) == 0 {
		return nil
	}
	marks, err := l.Fixed(ctx, places)
	if err != nil {
		return err
	}
	var keep []ledger.Fixed
	for _, row := range f.keep {
		keep = append(keep, ledger.Fixed{Original: row.at, Key: cmp.Or(marks[row.from], row.mark)})
	}
	for _, row := range f.came {
		if strings.HasPrefix(row.Original, "at:") {
			row.Original = marks[row.Original]
		}
		if row.Original != "" {
			keep = append(keep, row)
		}
	}
	return l.KeepFixed(ctx, run, keep)
}

// onboarded reports whether somebody is at the site because of a row that ended so.
func onboarded(s outcome.Status) bool {
	switch s {
	case outcome.Created, outcome.CreatedUnconfirmed, outcome.Conflict, outcome.Known, outcome.Renamed:
		return true
	}
	return false
}

func fixedResult(row *export.Row, a ledger.Account) Result {
	result := rowResult(row, outcome.Known, outcome.ReasonFixed(a.Email, a.At))
	result.AccountID = a.ID
	return result
}
