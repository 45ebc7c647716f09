package export

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/importer/text"
)

// condition is a value in a column.
type condition struct {
	Match
	flag  string // "include" or "exclude"
	at    int
	value string // as cells are compared
	found bool   // in a row of the first pass
}

// lowerCase is a cell without regard to case, İ and i too, and to how its letters are composed.
func lowerCase(cell string) string {
	return strings.ToLower(norm.NFC.String(trimBlanks(Unguard(cell))))
}

func (c *condition) holds(cells []string) bool { return lowerCase(cellAt(cells, c.at)) == c.value }

// filter leaves rows out by --include and --exclude.
type filter []condition

func newFilter(h *header, o Options) (f filter, err error) {
	for i, m := range slices.Concat(o.Exclude, o.Include) {
		c := condition{Match: m, flag: "exclude", at: h.index(m.Column), value: lowerCase(m.Value)}
		if i >= len(o.Exclude) {
			c.flag = "include"
		}
		if c.at < 0 || slices.Contains(h.names[c.at+1:], h.names[c.at]) {
			return nil, h.noColumn(m.Column)
		}
		f = append(f, c)
	}
	return f, nil
}

// unmatched returns the conditions that hold for no row: most likely the file spells the value in another way.
func (f filter) unmatched() (list []*Problem) {
	for _, c := range f {
		if k := *kindOf(c.flag + "_matches_none"); !c.found {
			k.Text = fmt.Sprintf(k.Text, text.CommandLine("--"+c.flag, c.String()))
			list = append(list, &k)
		}
	}
	return list
}

// reason says why a row is left out: an --exclude holds, or none of the values of a column of --include; "": it is not.
func (f filter) reason(cells []string) string {
	for i, c := range f {
		f[i].found = c.found || c.holds(cells)
	}
	for _, c := range f {
		same := func(other condition) bool { return other.flag == c.flag && other.at == c.at && other.holds(cells) }
		if slices.ContainsFunc(f, same) == (c.flag == "exclude") {
			cell := text.Shorten(trimBlanks(cellAt(cells, c.at)), 80)
			return fmt.Sprintf("%q in column %s is left out by --%s", cell, c.Column, c.flag)
		}
	}
	return ""
}

//go:embed signs.csv
var signTable string

// signTexts are the ways in which sources mark people who have left, or who are no customers: what such a person Looks
// like, by one of the Values under one of the Headers, separated by |. A header is without blanks, and in one row.
var signTexts = tableOf[struct{ Looks, Headers, Values string }](signTable)

// signsIn are the values that are such signs, as cells are compared, of each column, and what is said of them. Nothing
// is left out because of them.
func signsIn(h *header, o Options) map[int]map[string]*Problem {
	found := map[int]map[string]*Problem{}
	for _, s := range signTexts {
		headers := strings.Split(s.Headers, "|")
		for _, i := range h.where(func(i int) bool { return slices.Contains(headers, h.keys[i]) && !o.NeedAccounts }) {
			found[i] = map[string]*Problem{}
			for value := range strings.SplitSeq(s.Values, "|") {
				m := Match{Column: h.names[i], Value: value}
				k := *kindOf("may_be_unwanted")
				k.Text = fmt.Sprintf(k.Text, s.Looks, m)
				k.Hint = fmt.Sprintf(k.Hint, text.CommandLine("--exclude", m.String()))
				found[i][value] = &k
			}
		}
	}
	return found
}
