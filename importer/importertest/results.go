package importertest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// Result is one row of a results file, by the columns that the program adds to it.
type Result struct {
	Key                       string // of the first cell that holds an address; "": none does
	Status                    outcome.Status
	AccountID, Reason         string
	Organization, ServiceDesk string
	Company                   string // the cell of the input's column "organization"
	SheetRow, Line, Attempts  int
}

// ReadResults reads the results file at path, whichever delimiter it has.
func ReadResults(path string) ([]Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	header, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Contains(header, []byte(`";"`)) {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("%s is no results file: %w", path, err)
	}
	own := slices.IndexFunc(records[0], func(h string) bool { return h == "jsm_status" })
	if own < 0 {
		return nil, fmt.Errorf("%s has no column jsm_status", path)
	}
	var results []Result
	for _, record := range records[1:] {
		result, err := readResult(records[0], record, own)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

func readResult(header, record []string, own int) (Result, error) {
	cell := func(name string) string {
		if at := slices.Index(header[own:], name); at >= 0 {
			return record[own+at]
		}
		return ""
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(cell(name)) // what is no number is 0, which the order of rows shows
		return n
	}
	status, err := outcome.ParseStatus(cell("jsm_status"))
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Status: status, AccountID: cell("jsm_account_id"), Reason: cell("jsm_reason"),
		Organization: cell("jsm_organization"), ServiceDesk: cell("jsm_service_desk"),
		SheetRow: number("jsm_row"), Line: number("jsm_line"), Attempts: number("jsm_attempts"),
	}
	if at := slices.Index(header[:own], "organization"); at >= 0 {
		r.Company = export.Unguard(record[at])
	}
	for _, c := range record[:own] {
		if key, ok := export.Key(export.Unguard(c)); ok {
			r.Key = key
			break
		}
	}
	return r, nil
}
