package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// condition is a value in a column, and the rows of the first pass that have it.
type condition struct {
	Match
	include bool
	at      int
	found   Problem
}

func (c *condition) holds(cells []string) bool {
	return strings.EqualFold(trimBlanks(Unguard(cellAt(cells, c.at))), trimBlanks(c.Value))
}

// filter leaves rows out by --include and --exclude.
type filter []condition

func newFilter(l *layout, o Options) (f filter, err error) {
	for _, m := range slices.Concat(o.Exclude, o.Include) {
		i := l.header.index(m.Column)
		if i < 0 || slices.Contains(l.header.names[i+1:], l.header.names[i]) {
			return nil, l.header.noColumn(m.Column)
		}
		f = append(f, condition{Match: m, include: len(f) >= len(o.Exclude), at: i})
	}
	return f, nil
}

// count sees a row of the first pass.
func (f filter) count(cells []string, at Place) {
	for i := range f {
		if f[i].holds(cells) {
			f[i].found.add(at)
		}
	}
}

// reason says why a row is left out; "" when it is not. A row is in when for
// each column of --include one of its values holds, and no --exclude does.
func (f filter) reason(cells []string) string {
	for _, c := range f {
		if !c.include {
			if c.holds(cells) {
				return c.Match.String() + " is excluded"
			}
			continue
		}
		var values []string
		in := false
		for _, other := range f {
			if other.include && other.at == c.at {
				in = in || other.holds(cells)
				values = append(values, other.Value)
			}
		}
		if !in {
			return fmt.Sprintf("%s is not %s", c.Column, strings.Join(values, " or "))
		}
	}
	return ""
}

// idle are the conditions that no row has: most likely the value is written
// another way in the file.
func (f filter) idle() (ps []Problem) {
	for _, c := range f {
		word := map[bool]string{true: "include", false: "exclude"}[c.include]
		if c.found.Count == 0 {
			said := "rows match " + text.CommandLine("--"+word, c.Match.String())
			ps = append(ps, Problem{Kind: word + "_matches_none", Severity: Repaired, Text: said,
				Hint: "check how the value is written in the file"})
		}
	}
	return ps
}
