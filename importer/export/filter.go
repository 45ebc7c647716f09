package export

import (
	"fmt"
	"strings"

	"jsm-onboard/importer/text"
)

// filter leaves rows out by --include and --exclude.
type filter struct{ include, exclude []condition }

type condition struct {
	Match
	at      int
	matched int // rows of the first pass
}

func newFilter(l *layout, o Options) (f filter, err error) {
	if f.include, err = conditions(l, o.Include); err != nil {
		return f, err
	}
	f.exclude, err = conditions(l, o.Exclude)
	return f, err
}

func conditions(l *layout, matches []Match) ([]condition, error) {
	var cs []condition
	for _, m := range matches {
		i := l.header.index(m.Column)
		if i < 0 {
			return nil, l.header.noColumn(l.path, m.Column)
		}
		cs = append(cs, condition{Match: m, at: i})
	}
	return cs, nil
}

func (c *condition) holds(cells []string) bool {
	return strings.EqualFold(trimBlanks(Unguard(cellAt(cells, c.at))), trimBlanks(c.Value))
}

// count sees, on the first pass, for which rows the filters hold.
func (f *filter) count(cells []string) {
	for _, cs := range [][]condition{f.exclude, f.include} {
		for i := range cs {
			if cs[i].holds(cells) {
				cs[i].matched++
			}
		}
	}
}

// reason says why a row is left out; "" when it is not. A row is in when for
// each column of --include one of its values holds, and no --exclude does.
func (f *filter) reason(cells []string) string {
	for i := range f.exclude {
		if f.exclude[i].holds(cells) {
			return f.exclude[i].Match.String() + " is excluded"
		}
	}
	for _, c := range f.include {
		var values []string
		in := false
		for k := range f.include {
			if other := &f.include[k]; other.at == c.at {
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

// idle are the filters that no row matches: most likely the value is written
// another way in the file.
func (f *filter) idle() []Problem {
	var ps []Problem
	note := func(word, flag string, conditions []condition) {
		for _, c := range conditions {
			if c.matched == 0 {
				ps = append(ps, Problem{
					Kind: word, Severity: Repaired, Text: "rows match " + text.CommandLine(flag, c.Match.String()),
					Hint: "look how the value is written in the file",
				})
			}
		}
	}
	note("exclude_matches_none", "--exclude", f.exclude)
	note("include_matches_none", "--include", f.include)
	return ps
}
