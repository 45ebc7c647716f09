package export

import (
	"fmt"
	"slices"
	"strings"
)

// noHeader says what to do about a file whose header was not found; g is the
// reading of it that has the most columns.
func noHeader(path string, g guess, o Options) error {
	if len(g.first) == 0 {
		return &RefusedError{Path: path, What: "the file has no rows: there is nothing to do", Hint: "look whether the export has failed, and make it again"}
	}
	h := newHeader(g.first[0], g.lines[0])
	refuse := func(what, hint string) error { return &RefusedError{Path: path, Line: h.line, What: what, Hint: hint} }
	if missing := h.missing(o.Columns); len(missing) > 0 {
		return refuse("no header has the columns of --column "+strings.Join(missing, ", "), "the columns are: "+h.list())
	}
	if i := slices.IndexFunc(h.names, isPlainAddress); i >= 0 {
		hint := fmt.Sprintf("say --no-header --column email=%d", i+1)
		if len(h.names) > 1 {
			hint += " --column name=N, where N is the number of the column of names"
		}
		return refuse("the first line holds an address: the file has no header row", hint)
	}
	if text, whole := oneCell(g); whole {
		return refuse("each line stands in quotes as one cell", "make the export again without opening it in a spreadsheet program, or take off the quotes around "+text)
	}
	if d := delimiterOf(g.first[0][0]); d != "" && len(g.first[0]) == 1 {
		return refuse("no header names a column of e-mail addresses", "if "+d+" stands between the cells, say --delimiter "+shellWord(d))
	}
	ch := chooser{path: path, h: &h, sample: g.first[1:]}
	return refuse("no header names a column of e-mail addresses", ch.byContent()+"; if there is no header row, say --no-header")
}

// headerBelow refuses a file whose header stands too far down, and says where;
// nil when no record there is clearly the header of the people below it.
func headerBelow(path string, sample []byte, dialects []Dialect, o Options) error {
	var best guess
	for _, d := range dialects {
		g, err := try(path, sample, d, o, headerHint)
		if err == nil && g.heads(o) && (best.header.names == nil || g.better(best)) {
			best = g
		}
	}
	if best.header.names == nil {
		return nil
	}
	return &RefusedError{Path: path, Line: best.header.line,
		What: fmt.Sprintf("this line looks like the header, and %d or more lines stand above it", headerSearch),
		Hint: "delete the lines above it, and save the file again"}
}

// heads tells whether the header fits the rows below it, with an address in the
// first of them, and nobody stands above it.
func (g guess) heads(o Options) bool {
	return g.header.names != nil && g.fit > 0.5 && len(g.rows) > 0 && g.person(g.rows[0], o) &&
		!slices.ContainsFunc(g.first, func(cells []string) bool { return g.person(cells, o) })
}

// missing are those of the columns that the user names which h has not.
func (h *header) missing(columns map[Field]string) []string {
	var missing []string
	for f, name := range columns {
		if h.index(name) < 0 {
			missing = append(missing, fmt.Sprintf("%s=%s", f, name))
		}
	}
	slices.Sort(missing)
	return missing
}

// oneCell tells a header that a spreadsheet program has taken for one cell, and
// quoted as such.
func oneCell(g guess) (text string, whole bool) {
	text = strings.TrimRight(strings.Join(g.first[0], string(g.dialect.Delimiter)), ",;\t|")
	alone := len(g.first[0]) > 1 && filled(g.first[0]) == 1
	quoted := len(text) > 2 && text[0] == '"' && text[len(text)-1] == '"'
	return strings.Trim(text, `"`), (alone || quoted) && delimiterOf(text) != ""
}

// delimiterOf finds what would make a header of a line, "" when nothing does.
func delimiterOf(line string) string {
	for _, d := range []string{",", ";", "\t", "|", ":", "^", "~", "§"} {
		if h := newHeader(strings.Split(line, d), 1); len(h.names) > 1 && namesColumns(&h, Options{}) {
			return strings.ReplaceAll(d, "\t", "tab")
		}
	}
	return ""
}
