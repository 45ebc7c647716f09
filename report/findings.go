package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer"
)

// What a page keeps of a run at most, however many rows it has.
const (
	maxListed     = 1000 // rows that are not good
	maxDuplicates = 200
	maxGroups     = 200 // kinds of reasons; further ones are told together
	firstLines    = 5
)

// Findings collect from the outcomes of a run what its page tells about single
// rows, in constant size. Names and addresses are kept only when wanted.
type Findings struct {
	addresses  bool
	listed     []listedRow
	notGood    int
	duplicates []duplicateRow
	doubled    int
	groups     map[groupKey]*reasonGroup
}

// listedRow is a row that is not good.
type listedRow struct {
	Line        int
	Status      importer.Status
	Reason      string
	HTTPStatus  int
	Attempts    int
	AccountID   string
	Email, Name string // "" unless wanted
}

// duplicateRow is a row with the address of an earlier one.
type duplicateRow struct {
	Line, First int
	OtherName   bool
}

type groupKey struct {
	status importer.Status
	reason string
}

// reasonGroup is all rows with one status and, but for what is theirs alone,
// one reason.
type reasonGroup struct {
	Status importer.Status
	Reason string
	Count  int
	Lines  []int // the first five
}

// NewFindings begins to collect. Without addresses, no name and no address of
// anybody is kept.
func NewFindings(addresses bool) *Findings {
	return &Findings{addresses: addresses, groups: map[groupKey]*reasonGroup{}}
}

// Add takes the outcome of every row, in order.
func (f *Findings) Add(o importer.Outcome) {
	impersonal := redact(o)
	if o.Reason != "" {
		f.group(o, impersonal)
	}
	if o.Status == importer.Duplicate {
		f.doubled++
		if len(f.duplicates) < maxDuplicates {
			f.duplicates = append(f.duplicates, duplicateRow{o.Row.Line, o.Row.DuplicateOf, o.Row.DuplicateName})
		}
	}
	if o.Status.Good() {
		return
	}
	f.notGood++
	if len(f.listed) == maxListed {
		return
	}
	row := listedRow{Line: o.Row.Line, Status: o.Status, Reason: impersonal, HTTPStatus: o.HTTPStatus, Attempts: o.Attempts, AccountID: o.AccountID}
	if f.addresses {
		row.Reason, row.Email, row.Name = o.Reason, o.Row.Email, o.Row.Name
	}
	f.listed = append(f.listed, row)
}

func (f *Findings) group(o importer.Outcome, reason string) {
	key := groupKey{o.Status, reason}
	if strings.ContainsAny(reason, "0123456789") {
		key.reason = unnumbered.ReplaceAllString(reason, "${1}…")
	}
	if f.groups[key] == nil && len(f.groups) >= maxGroups {
		key.reason = "(further reasons)"
	}
	g := f.groups[key]
	if g == nil {
		g = &reasonGroup{Status: o.Status, Reason: key.reason}
		f.groups[key] = g
	}
	g.Count++
	if len(g.Lines) < firstLines {
		g.Lines = append(g.Lines, o.Row.Line)
	}
}

// reasons are the groups: first what is not good, the most frequent first.
func (f *Findings) reasons() []reasonGroup {
	var all []reasonGroup
	for _, g := range f.groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b reasonGroup) int {
		if a.Status.Good() != b.Status.Good() {
			return map[bool]int{false: -1, true: 1}[a.Status.Good()]
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

var (
	quotation  = regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`)
	addressish = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;]*|@[^\s"'<>(),;]+`)
	unnumbered = regexp.MustCompile(`(\bline )\d+|\b\d{4}-\d{2}-\d{2}\b`)
)

// redact is the reason of an outcome without what could be a name or an
// address: quotations, anything with an @, and what the row itself says.
func redact(o importer.Outcome) string {
	reason := o.Reason
	for _, own := range []string{o.Row.Email, o.Row.Name} {
		if own != "" {
			reason = strings.ReplaceAll(reason, own, "…")
		}
	}
	if strings.Contains(reason, `"`) {
		reason = quotation.ReplaceAllString(reason, `"…"`)
	}
	if strings.Contains(reason, "@") {
		reason = addressish.ReplaceAllString(reason, "…@…")
	}
	return reason
}
