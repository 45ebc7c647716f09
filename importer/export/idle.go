package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	maxValues   = 50 // different values of a filter's column that are counted
	shownValues = 5
)

// count sees, on the first pass, which rows the filters hold for.
func (f filter) count(r *Row, h *header) {
	if r.NoAddress {
		return
	}
	for _, cs := range [][]condition{f.exclude, f.include} {
		for i := range cs {
			c := &cs[i]
			cell := trimBlanks(h.cellOf(r, c.at))
			if c.is(cell) {
				c.matched++
			}
			if _, known := c.values[cell]; known || len(c.values) < maxValues {
				c.values[cell]++
			}
		}
	}
}

// cellOf is the cell that column i of the file has in a row.
func (h *header) cellOf(r *Row, i int) string {
	if h.own[i] {
		return r.Own[strings.ToLower(h.names[i])]
	}
	return cellAt(r.Cells, i-countTrue(h.own[:i]))
}

// idleFilters are those that no row matches: most likely the value is written
// another way in the file.
func (s *Survey) idleFilters() []Problem {
	var ps []Problem
	for _, group := range []struct {
		kind, flag string
		conditions []condition
	}{{"exclude_matches_none", "--exclude ", s.judge.filter.exclude}, {"include_matches_none", "--include ", s.judge.filter.include}} {
		for _, c := range group.conditions {
			if c.matched > 0 {
				continue
			}
			p := Problem{Kind: group.kind, Severity: Repaired, Text: "rows match " + group.flag + shellWord(c.Match.String())}
			if held := s.valuesOf(c); held != "" {
				p.Hint = "look whether the value is written so: " + held
			}
			ps = append(ps, p)
		}
	}
	return ps
}

// valuesOf tells what a filter's column holds, the most frequent first: "Suspended
// has FALSE (39), TRUE (3)". It goes into logs: what may be a name, an address, an
// id or another thing of one person alone is left away, and with nothing else it is "".
func (s *Survey) valuesOf(c condition) string {
	if s.columns.field(c.at) != 0 || len(c.values) == 0 {
		return ""
	}
	values := slices.SortedFunc(maps.Keys(c.values), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.values[b], c.values[a]), cmp.Compare(a, b))
	})
	var list []string
	for i, v := range values {
		if strings.Contains(v, "@") {
			return ""
		}
		if i == shownValues || len(values) > shownValues && c.values[v] == 1 {
			list = append(list, "…")
			break
		}
		if v == "" {
			v = "nothing"
		}
		list = append(list, fmt.Sprintf("%s (%d)", shown(v), c.values[values[i]]))
	}
	if list[0] == "…" {
		return ""
	}
	return c.Column + " has " + strings.Join(list, ", ")
}

// field is what a column holds of a person; 0: something else.
func (c *columns) field(i int) Field {
	for f, at := range c.at {
		if Field(f) != Organization && slices.Contains(at, i) {
			return Field(f)
		}
	}
	return 0
}

// nobodyIncluded tells that --include leaves out every row that could be read.
func (s *Survey) nobodyIncluded() bool {
	return len(s.judge.filter.include) > 0 && s.Excluded > 0 && s.Excluded+s.NoAddress == s.Rows
}

func (s *Survey) refuseNobody() error {
	var flags []string
	hint := "look how the values are written in the file, or leave the flag away"
	for _, c := range s.judge.filter.include {
		flags = append(flags, "--include "+shellWord(c.Match.String()))
		if held := s.valuesOf(c); held != "" && c.matched == 0 {
			hint = "look how the value is written: " + held
		}
	}
	return &RefusedError{Path: s.Path, What: fmt.Sprintf("no row is left: with %s %s", strings.Join(flags, " "), counted(s.Excluded, "row is left out", "rows are left out")), Hint: hint}
}
