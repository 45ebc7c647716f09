package page

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// What a page keeps of a run at most, however many rows it has.
const (
	maxListed  = 1000 // rows that are not good
	maxReasons = 200  // further ones are counted together
	firstRows  = 5
	shownCell  = 200 // of an address or a name
)

// Findings collect from the results of a run what its page shows about single
// rows, in constant size. Names and addresses are kept only when wanted.
type Findings struct {
	addresses bool
	columns   map[export.Field]int
	listed    []listedRow
	notGood   int
	reasons   map[reasonKey]*reason
}

// listedRow is a row that needs attention.
type listedRow struct {
	Place       string
	Status      outcome.Status
	Reason      string
	Email, Name string // "" unless wanted
}

// reason is all rows with one status and, but for what is theirs alone, one reason.
type reason struct {
	reasonKey
	Count int
	First []string // places of the first five
}

type reasonKey struct {
	Status outcome.Status
	Text   string
}

// NewFindings begins to collect. Without addresses, no name and no address of
// anybody is kept. columns, of the survey, lead to the cells of wrong rows.
func NewFindings(addresses bool, columns []export.Column) *Findings {
	f := &Findings{addresses: addresses, columns: map[export.Field]int{}, reasons: map[reasonKey]*reason{}}
	for _, c := range columns {
		f.columns[c.Field] = c.Index
	}
	return f
}

// Add takes the result of every row, in order.
func (f *Findings) Add(r importer.Result) {
	redacted := redact(r)
	if r.Reason != "" {
		f.count(r, redacted)
	}
	if r.Status.Good() && outcome.AccessGood(r.Organization) && outcome.AccessGood(r.ServiceDesk) {
		return
	}
	f.notGood++
	if len(f.listed) == maxListed {
		return
	}
	row := listedRow{Place: r.Place(), Status: r.Status, Reason: redacted}
	if f.addresses {
		row.Reason = r.Reason
		row.Email, row.Name = f.cell(r, r.Email, export.Email), f.cell(r, r.Name, export.Name)
	}
	f.listed = append(f.listed, row)
}

// cell is what the row has in a field, or where that is wrong, its cell: for the page, and of its own memory.
func (f *Findings) cell(r importer.Result, value string, field export.Field) string {
	at, found := f.columns[field]
	if value == "" && found && r.Row != nil && at < len(r.Row.Cells) {
		value = r.Row.Cells[at]
	}
	return strings.Clone(text.Shorten(text.Printable(value), shownCell))
}

// count adds a row to those with the same reason.
func (f *Findings) count(r importer.Result, impersonal string) {
	key := reasonKey{r.Status, unnumbered.ReplaceAllString(impersonal, "${1}…")}
	if f.reasons[key] == nil && len(f.reasons) >= maxReasons {
		key.Text = "(further reasons)"
	}
	known := f.reasons[key]
	if known == nil {
		known = &reason{reasonKey: key}
		f.reasons[key] = known
	}
	known.Count++
	if len(known.First) < firstRows {
		known.First = append(known.First, r.Place())
	}
}

// sorted are the reasons: first what is not good, the most frequent first.
func (f *Findings) sorted() []*reason {
	good := map[bool]int{true: 1}
	return slices.SortedFunc(maps.Values(f.reasons), func(a, b *reason) int {
		return cmp.Or(good[a.Status.Good()]-good[b.Status.Good()], b.Count-a.Count,
			cmp.Compare(a.Status, b.Status), cmp.Compare(a.Text, b.Text))
	})
}

var (
	quotation  = regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`)
	address    = regexp.MustCompile(`[^\s"<>(),;:]+@[^\s"<>(),;]*|@[^\s"<>(),;]+`)
	unnumbered = regexp.MustCompile(`(\brow |\bline )\d+|\b\d{4}-\d{2}-\d{2}\b`)
)

// redact is the reason of a row without what could be a name or an address: quotations, anything with an @, and what
// the row itself has. Whole addresses go first: the row's own may be a part of another one.
func redact(r importer.Result) string {
	s := quotation.ReplaceAllString(r.Reason, `"…"`)
	s = address.ReplaceAllString(s, "…@…")
	for _, own := range []string{r.Email, r.Name} {
		if own != "" {
			s = strings.ReplaceAll(s, own, "…")
		}
	}
	return s
}
