package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
	"jsm-onboard/importer/text"
)

const (
	sampleSize   = 256 << 10
	sampleRows   = 2000
	headerSearch = 20 // records in which the header must be
)

// layout is how a file is read: its dialect, header and columns.
type layout struct {
	path          string
	dialect       Dialect
	header        header
	columns       columns
	needed        []int
	emptyLast     bool         // hardly a row of the sample fills the last column
	second        []int        // columns of further addresses
	addressColumn map[int]bool // columns of addresses by their cells
}

// findLayout finds dialect, header and columns in the beginning of a file.
func findLayout(path string, sample []byte, o Options) (*layout, error) {
	s := sniffer{path: path, sample: sample, options: o}
	g, err := s.sniff()
	if err != nil {
		return nil, err
	}
	l := &layout{path: path, dialect: g.dialect, header: g.header, addressColumn: map[int]bool{}}
	if l.columns, err = chooseColumns(path, &l.header, g.rows, o); err != nil {
		return nil, err
	}
	for _, rec := range g.before {
		if rec.Place.Row < l.header.place.Row && !strings.HasSuffix(trimBlanks(rec.Cells[0]), ":") &&
			readAddress(firstFilled(rec.Cells, l.columns.at[Email])).fault == nil {
			return nil, &RefusedError{Path: path, Place: rec.Place,
				What: fmt.Sprintf("a row stands before the header, which is in %s", l.header.place),
				Hint: "put the header above the rows (was the file sorted, or joined?)"}
		}
	}
	l.needed = l.columns.needed()
	l.lookAtColumns(g.rows)
	return l, nil
}

// lookAtColumns sorts out the columns that hold nothing of the person's.
func (l *layout) lookAtColumns(rows [][]string) {
	h := &l.header
	e := newEvidence(rows, nil)
	for _, i := range e.addressColumns(h) {
		l.addressColumn[i] = true
	}
	for i := range h.names {
		if hasMailWord(h.keys[i]) && !h.own[i] && !slices.Contains(l.columns.at[Email], i) && !h.belongsElsewhere(i) &&
			!h.isLogin(i) {
			l.second = append(l.second, i)
		}
	}
	last := len(h.names) - 1
	_, taken := l.columns.holds(last)
	l.emptyLast = last > 0 && !taken && len(rows) > 1 && e.of(last).filled <= max(1, len(rows)/20)
}

// say words a text that speaks of the header so that it holds without one:
// columns then have numbers, and rows are held against the first.
func (l *layout) say(s string) string {
	if l.header.place.Row > 0 {
		return s
	}
	return strings.NewReplacer("=HEADER", "=N (a number)", "the header", "the first row").Replace(s)
}

// sniffer finds the dialect and the header.
type sniffer struct {
	path    string
	sample  []byte
	options Options
}

// guess is one way to read the sample, and how well it fits.
type guess struct {
	dialect Dialect
	header  header
	rows    [][]string       // after the header
	before  []csvtext.Record // the records up to the header
	whole   int              // rows with the header's columns
	total   int
}

// fit is the share of rows with the header's columns.
func (g *guess) fit() float64 {
	if g.total == 0 {
		return 1
	}
	return float64(g.whole) / float64(g.total)
}

// better reports whether g fits clearly better than another guess.
func (g *guess) better(other *guess) bool {
	const clearly = 0.1
	wide, otherWide := len(g.header.names) > 1, len(other.header.names) > 1
	switch {
	case wide != otherWide && min(g.fit(), other.fit()) > 0.5:
		return wide
	case g.fit() > other.fit()+clearly, g.fit() < other.fit()-clearly:
		return g.fit() > other.fit()
	}
	return len(g.header.names) > len(other.header.names)
}

// width is the most cells of a record up to the header.
func (g *guess) width() int {
	w := 0
	for _, rec := range g.before {
		w = max(w, len(rec.Cells))
	}
	return w
}

// hasPerson reports whether an address stands below the header in a row of several cells.
func (g *guess) hasPerson() bool {
	e := newEvidence(g.rows[:min(1, len(g.rows))], nil)
	return len(g.header.names) > 1 && len(e.addressColumns(&g.header)) > 0
}

func (s *sniffer) sniff() (*guess, error) {
	if own := s.ownFile(); own != nil {
		return own, nil
	}
	delimiters := []Dialect{',', ';', '\t', '|'}
	if s.options.Delimiter != "" {
		r, err := csvtext.ParseDelimiter(s.options.Delimiter)
		if err != nil {
			return nil, err
		}
		delimiters = []Dialect{r}
	} else if r, ok := csvtext.Declared(s.sample); ok {
		delimiters = []Dialect{r}
	}
	var best, all []*guess
	for _, d := range delimiters {
		g, err := s.try(d)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
		switch {
		case g.header.names == nil:
		case len(best) == 0 || g.better(best[0]):
			best = []*guess{g}
		case !best[0].better(g):
			best = append(best, g)
		}
	}
	if len(best) == 0 {
		return nil, s.noHeader(slices.MaxFunc(all, func(a, b *guess) int { return a.width() - b.width() }))
	}
	before := func(g *guess) bool { return g.header.place.Row < best[0].header.place.Row && g.hasPerson() }
	if slices.ContainsFunc(all, before) {
		return nil, s.refuse(best[0].header.place,
			"another header in the middle of the file: files with other delimiters were joined",
			"cut the file there, and import the parts one by one")
	}
	if len(best) > 1 && len(best[0].header.names) > 1 {
		return nil, s.refuse(Place{}, fmt.Sprintf("the delimiter could be %s or %s", best[0].dialect, best[1].dialect),
			"say it with --delimiter")
	}
	single := func(name string) bool {
		return len(name) > 1 && strings.HasPrefix(name, "'") && strings.HasSuffix(name, "'")
	}
	if slices.ContainsFunc(best[0].header.names, single) {
		return nil, s.refuse(best[0].header.place, "the cells stand in single quotes", `export it with double quotes (")`)
	}
	return best[0], nil
}

func (s *sniffer) refuse(at Place, what, hint string) error {
	return &RefusedError{Path: s.path, Place: at, What: what, Hint: hint}
}

// ownFile reads the sample as this program writes its files, whatever the
// settings say; nil when it is none of them.
func (s *sniffer) ownFile() *guess {
	for _, d := range []Dialect{',', ';'} {
		own := sniffer{path: s.path, sample: s.sample}
		g, err := own.read(d, func(h *header) bool { return h.ownFile })
		if err == nil && g.header.ownFile && len(g.before) == 1 {
			return g
		}
	}
	return nil
}

// try reads the sample in one dialect.
func (s *sniffer) try(d Dialect) (*guess, error) {
	g, err := s.read(d, func(h *header) bool { return s.namesColumns(h, false) })
	if err == nil && g.header.names == nil {
		return s.read(d, func(h *header) bool { return s.namesColumns(h, true) })
	}
	return g, err
}

// read reads the sample up to the header, and then the rows.
func (s *sniffer) read(d Dialect, isHeader func(*header) bool) (*guess, error) {
	g := &guess{dialect: d}
	cut := len(s.sample) >= sampleSize
	records := csvtext.Split(s.sample, d, s.path)
	for g.total < sampleRows && (g.header.names != nil || len(g.before) < headerSearch) {
		rec, err := records.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return g, err
		}
		if cut && (!rec.Ended || rec.Fault == csvtext.QuoteNeverClosed) && g.header.names != nil {
			break // perhaps only for the sample's end
		}
		switch {
		case rec.Blank, g.header.names == nil && s.options.NoHeader && isDirective(rec.Cells):
		case g.header.names == nil && s.options.NoHeader:
			g.header = numbered(rec.Cells, s.options)
			records.Width = len(g.header.names)
			g.weigh(records, rec)
		case g.header.names == nil:
			g.before = append(g.before, rec)
			if h := newHeader(rec.Cells, rec.Place); rec.Fault == 0 && isHeader(&h) {
				g.header, records.Width = h, len(h.names)
			}
		case !g.header.repeats(rec.Cells) && g.header.isOther(rec.Cells, nil):
			return g, nil // the file will be refused
		default:
			g.weigh(records, rec)
		}
	}
	if !cut {
		g.dropFooter()
	}
	return g, nil
}

// weigh takes a record below the header into the sample.
func (g *guess) weigh(records *csvtext.Reader, rec csvtext.Record) {
	cells := records.Trim(rec.Cells)
	if filled(cells) == 0 || isRuler(cells) || g.header.repeats(cells) {
		return
	}
	g.total++
	if rec.Fault == 0 && len(cells) == records.Width {
		g.whole++
	}
	if rec.Fault == 0 && len(cells) <= records.Width { // in a longer one cells are not where they should be
		g.rows = append(g.rows, cells)
	}
}

// dropFooter leaves out of the sample what may be a footer: it says nothing of the columns.
func (g *guess) dropFooter() {
	end := len(g.rows)
	for end > 0 && filled(g.rows[end-1]) <= 2 && !strings.Contains(strings.Join(g.rows[end-1], ""), "@") {
		end--
	}
	if end > 0 {
		g.total -= len(g.rows) - end
		g.rows = g.rows[:end]
	}
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
	return newHeader(names, Place{})
}

// namesColumns reports whether a record can be the header: it names the columns
// that the user names, or else a column of addresses (vaguely: with a word for mail
// among others), and holds no address.
func (s *sniffer) namesColumns(h *header, vaguely bool) bool {
	if slices.ContainsFunc(h.names, isPlainAddress) || h.trimmed == 1 && strings.ContainsAny(h.names[0], ",;|\t") {
		return false
	}
	for _, name := range s.options.Columns {
		if h.index(name) < 0 {
			return false
		}
	}
	if s.options.Columns[Email] != "" {
		return true
	}
	for i := range h.names {
		m, ok := h.means(i, Email)
		_, account := h.means(i, AccountID)
		if ok && (!m.vague || vaguely && h.trimmed > 1 && isShort(h.names[i])) ||
			s.options.NeedAccounts && (account || h.names[i] == "jsm_account_id") {
			return true
		}
	}
	return false
}

// noHeader says what to do about a file whose header was not found; g is the
// reading of it that has the most columns. Nothing of its first line is shown,
// which may be a person.
func (s *sniffer) noHeader(g *guess) error {
	if len(g.before) == 0 {
		return s.refuse(Place{}, "the file has no rows: there is nothing to do",
			"look whether the export has failed, and make it again")
	}
	for _, rec := range g.before {
		if rec.Fault == csvtext.TooManyColumns {
			return s.refuse(rec.Place, "the row has more than 2,000 columns that are not empty",
				"is this a table of people? export only the columns that are needed")
		}
	}
	first := max(0, slices.IndexFunc(g.before, func(rec csvtext.Record) bool { return !isDirective(rec.Cells) }))
	h := newHeader(g.before[first].Cells, g.before[first].Place)
	if err := s.missingColumns(&h); err != nil {
		return err
	}
	if i := slices.IndexFunc(h.names, isPlainAddress); i >= 0 {
		hint := fmt.Sprintf("say --no-header --column email=%d", i+1)
		if len(h.names) > 1 {
			hint += " --column name=N, where N is the number of the column of names"
		}
		return s.refuse(h.place, "the first line holds an address: the file has no header row", hint)
	}
	if h.trimmed == 1 && s.options.Delimiter == "" && strings.ContainsAny(h.names[0], ",;|\t") {
		return s.refuse(h.place, "each line stands in quotes as one cell", "make the export again without opening it "+
			"in a spreadsheet program, or take off the quotes around the lines")
	}
	var below [][]string
	for _, rec := range g.before[first+1:] {
		below = append(below, rec.Cells)
	}
	ch := chooser{path: s.path, h: &h, e: newEvidence(below, nil)}
	hint := ch.byContent() +
		"; if lines stand above the header, delete them; if there is no header row, say --no-header"
	if h.trimmed == 1 {
		hint += "; if another character than , ; | and tab stands between the cells, say --delimiter"
	}
	return s.refuse(h.place, fmt.Sprintf("no header names a column of e-mail addresses in the first %d lines",
		headerSearch), hint)
}

// missingColumns refuses columns that the user names and no header has.
func (s *sniffer) missingColumns(h *header) error {
	var missing []string
	for f, name := range s.options.Columns {
		if h.index(name) < 0 {
			missing = append(missing, text.ShellWord(fmt.Sprintf("%s=%s", f, name)))
		}
	}
	if slices.Sort(missing); len(missing) == 0 {
		return nil
	}
	hint := "write the headers as they stand in the file"
	free := *s
	free.options.Columns = nil
	if known, err := free.sniff(); err == nil {
		hint = "the columns are: " + known.header.list()
	}
	return s.refuse(h.place, "no header has the columns of --column "+strings.Join(missing, ", "), hint)
}
