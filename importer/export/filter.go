package export

import (
	"fmt"
	"strings"
)

// filter leaves rows out by --include and --exclude.
type filter struct {
	include, exclude []condition
}

type condition struct {
	Match
	at      int
	matched int            // rows of the first pass
	values  map[string]int // what the column holds, at most maxValues different ones
}

func newFilter(path string, h *header, o Options) (filter, error) {
	var f filter
	var err error
	if f.include, err = conditions(path, h, o.Include); err != nil {
		return f, err
	}
	f.exclude, err = conditions(path, h, o.Exclude)
	return f, err
}

func conditions(path string, h *header, matches []Match) ([]condition, error) {
	var cs []condition
	for _, m := range matches {
		i := h.index(m.Column)
		if i < 0 {
			return nil, &RefusedError{Path: path, Line: h.line, What: fmt.Sprintf("no column is named %q", m.Column),
				Hint: "the columns are: " + h.list()}
		}
		cs = append(cs, condition{Match: m, at: i, values: map[string]int{}})
	}
	return cs, nil
}

func (c condition) holds(cells []string) bool {
	return c.is(unguard(cellAt(cells, c.at)))
}

func (c condition) is(cell string) bool {
	return strings.EqualFold(trimBlanks(cell), trimBlanks(c.Value))
}

// reason tells why a row is left out; "" when it is not. A row is in when for
// each column of --include one of its values holds, and no --exclude does.
func (f filter) reason(cells []string) string {
	for _, c := range f.exclude {
		if c.holds(cells) {
			return c.Match.String() + " is excluded"
		}
	}
	for _, c := range f.include {
		if !f.included(cells, c.at) {
			return fmt.Sprintf("%s is not %s", c.Column, f.values(c.at))
		}
	}
	return ""
}

func (f filter) included(cells []string, at int) bool {
	for _, c := range f.include {
		if c.at == at && c.holds(cells) {
			return true
		}
	}
	return false
}

func (f filter) values(at int) string {
	var vs []string
	for _, c := range f.include {
		if c.at == at {
			vs = append(vs, c.Value)
		}
	}
	return strings.Join(vs, " or ")
}
