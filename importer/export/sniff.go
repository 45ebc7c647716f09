package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	sampleSize   = 256 << 10
	sampleRows   = 2000
	headerSearch = 20  // records in which the header must be
	headerHint   = 200 // records in which it is looked for to say where it is
)

// guess is one way to read the sample, and how well it fits.
type guess struct {
	dialect Dialect
	header  header
	rows    [][]string // after the header
	first   [][]string // the first records, up to the header
	lines   []int      // and their physical lines
	fit     float64    // share of rows with the header's columns
	total   int        // rows in the sample
	whole   int        // those with the header's columns
	repairs int        // those whose quotes are not clean
}

// sniff finds the dialect and the header in the beginning of a file.
func sniff(path string, sample []byte, o Options) (guess, error) {
	dialects, err := possible(sample, o)
	if err != nil {
		return guess{}, err
	}
	var best []guess
	var fallback guess
	double := map[rune]guess{}
	for _, d := range dialects {
		g, err := try(path, sample, d, o, headerSearch)
		if err != nil {
			return guess{}, err
		}
		if d.Quote == '"' {
			double[d.Delimiter] = g
		}
		if len(fallback.first) == 0 || width(g.first) > width(fallback.first) {
			fallback = g
		}
		if g.header.names == nil || d.Quote == '\'' && !g.allSingle(double[d.Delimiter]) {
			continue
		}
		switch {
		case len(best) == 0 || g.better(best[0]):
			best = []guess{g}
		case !best[0].better(g):
			best = append(best, g)
		}
	}
	if len(best) == 0 {
		if err := headerBelow(path, sample, dialects, o); err != nil {
			return guess{}, err
		}
		return guess{}, noHeader(path, fallback, o)
	}
	return best[0], certain(path, best, double)
}

// certain refuses a file that the best guesses do not agree on, or the first
// of which passes over people whom another dialect finds.
func certain(path string, best []guess, all map[rune]guess) error {
	if line := best[0].joinedTo(all); line > 0 {
		return &RefusedError{Path: path, Line: line, What: "another header in the middle of the file: files with other delimiters were joined", Hint: importOneByOne}
	}
	if len(best) > 1 && len(best[0].header.names) > 1 {
		var names []string
		for _, g := range best {
			names = append(names, g.dialect.String())
		}
		return &RefusedError{Path: path, What: "the delimiter could be " + strings.Join(names, " or "), Hint: "say it with --delimiter"}
	}
	return nil
}

func width(rows [][]string) int {
	w := 0
	for _, r := range rows {
		w = max(w, len(r))
	}
	return w
}

// try reads the sample in one dialect, with the header in the first records. A
// header of one cell over rows of many was a title line: the header is then
// looked for after it.
func try(path string, sample []byte, d Dialect, o Options, within int) (guess, error) {
	g, err := tryAfter(0, path, sample, d, o, within)
	if err == nil && len(g.header.names) == 1 && g.fit < 0.5 {
		if later, err := tryAfter(g.header.line, path, sample, d, o, within); err == nil && later.header.names != nil {
			return later, nil
		}
	}
	return g, err
}

// tryAfter reads the sample up to the header, which stands after some line, and then the rows.
func tryAfter(line int, path string, sample []byte, d Dialect, o Options, within int) (guess, error) {
	g := guess{dialect: d}
	cut := len(sample) >= sampleSize
	s := splitText(sample, d, path)
	for g.total < sampleRows {
		rec, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return g, err
		}
		if rec.blank {
			continue
		}
		if g.header.names == nil {
			g.seek(s, rec, o, line)
			g.whole, g.total = len(g.rows), len(g.rows)
			if g.header.names == nil && len(g.first) >= within {
				break
			}
			continue
		}
		if cut && (rec.end == noLineEnd || rec.fault == quoteNeverClosed) {
			break // perhaps only for the sample's end
		}
		if g.header.isOther(rec.cells) {
			break // the file will be refused
		}
		g.weigh(s, rec)
	}
	if !cut {
		g.dropFooter()
	}
	if g.fit = 1; g.total > 0 {
		g.fit = min(1, float64(g.whole)/float64(g.total))
	}
	return g, nil
}

// weigh takes a record below the header into the sample.
func (g *guess) weigh(s *splitter, rec record) {
	g.total++
	if rec.fault != 0 || rec.repair != 0 {
		g.repairs++
	}
	if rec.fault == 0 && s.fits(rec.cells) {
		g.whole++
	}
	if len(s.surplusOff(rec.cells)) <= s.width { // in a longer one cells are not where they should be
		g.rows = append(g.rows, rec.cells)
	}
}

// dropFooter leaves out of the sample what may be a footer: it says nothing of the columns.
func (g *guess) dropFooter() {
	end := len(g.rows)
	for end > 0 && filled(g.rows[end-1]) <= 2 && !hasAt(g.rows[end-1]) {
		end--
	}
	if end > 0 {
		g.total -= len(g.rows) - end
		g.rows = g.rows[:end]
	}
}

// seek looks at a record before the header has been found.
func (g *guess) seek(s *splitter, rec record, o Options, after int) {
	g.first, g.lines = append(g.first, rec.cells), append(g.lines, rec.line)
	h := newHeader(rec.cells, rec.line)
	switch {
	case o.NoHeader:
		if isDirective(rec.cells) {
			return
		}
		h = numbered(rec.cells, o)
		g.rows = append(g.rows, rec.cells)
	case rec.fault != 0 || rec.line <= after || !namesColumns(&h, o):
		return
	}
	g.header = h
	s.width = len(h.names)
}

// numbered is the header of a file that has none.
func numbered(cells []string, o Options) header {
	names := make([]string, len(cells))
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	if p := presetNamed(o.Preset); p != nil && len(p.order) <= len(names) {
		copy(names, p.order)
	}
	return newHeader(names, 0)
}

// namesColumns tells whether a record can be the header: it names the columns
// that the user names, or else a column of addresses, and holds no address.
func namesColumns(h *header, o Options) bool {
	if len(h.names) > maxColumns || slices.ContainsFunc(h.names, func(s string) bool { return isPlainAddress(trimBlanks(s)) }) {
		return false
	}
	for _, name := range o.Columns {
		if h.index(name) < 0 {
			return false
		}
	}
	if _, ok := o.Columns[Email]; ok {
		return true
	}
	return slices.ContainsFunc(h.keys, func(key string) bool {
		_, email := means(key, Email)
		_, account := means(key, AccountID)
		return email || account && o.NeedAccounts || key == "emailhome"
	}) || loginOnly(h)
}

// loginOnly tells the header of a source whose login names stand in for addresses.
func loginOnly(h *header) bool {
	p := recognise(h)
	return p != nil && p.login != ""
}

// joinedTo is the line of g's header when another dialect finds one before it,
// and people below that; else 0.
func (g guess) joinedTo(others map[rune]guess) int {
	for _, o := range others {
		if o.header.line < g.header.line && len(o.header.names) > 1 && len(o.rows) > 0 && o.person(o.rows[0], Options{}) {
			return g.header.line
		}
	}
	return 0
}

// person tells a record with an address where the header, or the user, names one.
func (g guess) person(cells []string, o Options) bool {
	told, ok := o.Columns[Email]
	for i, key := range g.header.keys {
		_, email := means(key, Email)
		if ok {
			email = i == g.header.index(told)
		}
		if email && readAddress(cellAt(cells, i)).fault == 0 {
			return true
		}
	}
	return false
}

// personBefore is the first line before the header that has an address where
// the header's columns have it; 0: there is none.
func (g guess) personBefore(email []int) int {
	for i, cells := range g.first {
		if g.lines[i] < g.header.line && !strings.HasSuffix(trimBlanks(cells[0]), ":") && readAddress(firstFilled(cells, email)).fault == 0 {
			return g.lines[i]
		}
	}
	return 0
}

// better tells whether g fits clearly better than other.
func (g guess) better(other guess) bool {
	const clearly = 0.1
	switch {
	case (len(g.header.names) > 1) != (len(other.header.names) > 1) && min(g.fit, other.fit) > 0.5:
		return len(g.header.names) > 1
	case g.fit > other.fit+clearly, g.fit < other.fit-clearly:
		return g.fit > other.fit
	case len(g.header.names) != len(other.header.names):
		return len(g.header.names) > len(other.header.names)
	case g.dialect.Delimiter == other.dialect.Delimiter && g.dialect.Quote != other.dialect.Quote:
		return g.dialect.Quote == '\''
	}
	return false
}

// allSingle tells whether ' quotes the cells all through the sample: every row
// is clean so, and either not without it, or whole columns stand in it.
func (g guess) allSingle(double guess) bool {
	if g.repairs > 0 || g.fit < 1 || len(g.rows) == 0 || double.header.names == nil {
		return false
	}
	for _, cells := range g.rows {
		if slices.ContainsFunc(cells, func(c string) bool { return strings.HasPrefix(c, `"`) }) {
			return false
		}
	}
	return double.fit < 1 || double.wrapped()
}

// wrapped tells whether at least one column, its header too, stands in ' and
// none does in part.
func (g guess) wrapped() bool {
	isWrapped := func(c string) bool { return len(c) > 1 && c[0] == '\'' && c[len(c)-1] == '\'' }
	some := false
	for i, name := range g.header.names {
		in, out := 0, 0
		for _, cells := range g.rows {
			switch c := cellAt(cells, i); {
			case isWrapped(c):
				in++
			case c != "":
				out++
			}
		}
		if in > 0 && out > 0 {
			return false
		}
		some = some || in > 0 && isWrapped(name)
	}
	return some
}
