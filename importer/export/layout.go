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
	headerSearch = 20  // records in which the header must be
	headerHint   = 200 // records in which it is looked for to say where it is
)

// layout is how a file is read: its dialect, header and columns.
type layout struct {
	path      string
	dialect   Dialect
	header    header
	columns   columns
	needed    []int
	shortRows bool // most rows of the sample end before the header's columns do
	emptyLast bool // hardly a row of the sample fills the last column

	second        []int        // columns of further addresses
	recovery      map[int]bool // those of them that are not shown
	logins        []int
	addressColumn map[int]bool // columns of addresses by their cells
}

// guess is one way to read the sample, and how well it fits.
type guess struct {
	dialect Dialect
	header  header
	rows    [][]string       // after the header
	before  []csvtext.Record // the records up to the header
	whole   int              // rows with the header's columns
	total   int
	unclean int // rows whose quotes are not clean
}

func (g *guess) fit() float64 {
	if g.total == 0 {
		return 1
	}
	return float64(g.whole) / float64(g.total)
}

// findLayout finds dialect, header and columns in the beginning of a file.
func findLayout(path string, sample []byte, o Options) (*layout, error) {
	g, err := sniff(path, sample, o)
	if err != nil {
		return nil, err
	}
	l := &layout{path: path, dialect: g.dialect, header: g.header, shortRows: g.fit() < 0.5}
	if l.columns, err = chooseColumns(path, &l.header, g.rows, o); err != nil {
		return nil, err
	}
	if at := g.personBefore(l.columns.at[Email]); at.Row > 0 {
		return nil, &RefusedError{Path: path, Place: at,
			What: fmt.Sprintf("a row stands before the header, which is in %s", l.header.place),
			Hint: "put the header above the rows (was the file sorted, or joined?)"}
	}
	l.needed = l.columns.needed()
	l.lookAtColumns(g.rows)
	return l, nil
}

// lookAtColumns sorts out the columns that hold nothing of the person's.
func (l *layout) lookAtColumns(rows [][]string) {
	h := &l.header
	ch := chooser{h: h, sample: rows}
	l.recovery, l.addressColumn = map[int]bool{}, map[int]bool{}
	for _, i := range ch.addressColumns() {
		l.addressColumn[i] = true
	}
	for i := range h.names {
		switch {
		case h.own[i], slices.Contains(l.columns.at[Email], i), h.belongsElsewhere(i):
		case h.isLogin(i):
			l.logins = append(l.logins, i)
		case hasMailWord(h.keys[i]):
			l.second = append(l.second, i)
			l.recovery[i] = strings.Contains(h.keys[i], "reco") || strings.Contains(h.keys[i], "recu") ||
				strings.Contains(h.keys[i], "herstel")
		}
	}
	last, filled := len(h.names)-1, 0
	for _, cells := range rows {
		if trimBlanks(cellAt(cells, last)) != "" {
			filled++
		}
	}
	_, taken := l.columns.holds(last)
	l.emptyLast = last > 0 && !taken && len(rows) > 1 && filled <= max(1, len(rows)/20)
}

// say words a text that speaks of the header so that it holds without one:
// columns then have numbers, and rows are held against the first.
func (l *layout) say(s string) string {
	if l.header.place.Row > 0 {
		return s
	}
	return strings.NewReplacer("=HEADER", "=N (a number)", "the header", "the first row").Replace(s)
}

// sniff finds the dialect and the header.
func sniff(path string, sample []byte, o Options) (*guess, error) {
	delimiters := []rune{',', ';', '\t', '|'}
	if o.Delimiter != "" {
		r, err := csvtext.ParseDelimiter(o.Delimiter)
		if err != nil {
			return nil, err
		}
		delimiters = []rune{r}
	}
	if own, err := ownFile(path, sample); own != nil || err != nil {
		return own, err
	}
	if r, ok := csvtext.Declared(sample); ok && o.Delimiter == "" {
		delimiters = []rune{r}
	}
	var best, all []*guess
	var widest *guess
	for _, d := range delimiters {
		g, err := try(path, sample, Dialect{Delimiter: d, Quote: '"'}, o)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
		if widest == nil || g.width() > widest.width() {
			widest = g
		}
		switch {
		case g.header.names == nil:
		case len(best) == 0 || g.better(best[0]):
			best = []*guess{g}
		case !best[0].better(g):
			best = append(best, g)
		}
	}
	if len(best) == 0 {
		return nil, noHeader(path, sample, widest, o)
	}
	for _, g := range all {
		ch := chooser{h: &g.header, sample: g.rows[:min(1, len(g.rows))]}
		if g.header.place.Row < best[0].header.place.Row && len(g.header.names) > 1 && len(ch.addressColumns()) > 0 {
			return nil, &RefusedError{Path: path, Place: best[0].header.place,
				What: "another header in the middle of the file: files with other delimiters were joined",
				Hint: "cut the file there, and import the parts one by one"}
		}
	}
	if len(best) > 1 && len(best[0].header.names) > 1 {
		return nil, &RefusedError{Path: path,
			What: "the delimiter could be " + best[0].dialect.String() + " or " + best[1].dialect.String(),
			Hint: "say it with --delimiter"}
	}
	return best[0].orSingle(path, sample, o)
}

// ownFile reads the sample as this program writes its files, whatever the
// settings say; nil when it is none of them.
func ownFile(path string, sample []byte) (*guess, error) {
	for _, d := range []rune{',', ';'} {
		rec, err := csvtext.Split(sample, Dialect{Delimiter: d, Quote: '"'}, path).Next()
		if err != nil || !slices.ContainsFunc(rec.Cells, isOwn) {
			continue
		}
		if h := newHeader(rec.Cells, rec.Place); h.ownFile {
			return tryAfter(Place{}, path, sample, Dialect{Delimiter: d, Quote: '"'}, Options{},
				func(h *header) bool { return h.ownFile })
		}
	}
	return nil, nil
}

// try reads the sample in one dialect. A header of one cell over rows of many was
// a title line: the header is then looked for after it.
func try(path string, sample []byte, d Dialect, o Options) (*guess, error) {
	is := func(h *header) bool { return namesColumns(h, o, false) }
	g, err := tryAfter(Place{}, path, sample, d, o, is)
	if err == nil && g.header.names == nil {
		is = func(h *header) bool { return namesColumns(h, o, true) }
		g, err = tryAfter(Place{}, path, sample, d, o, is)
	}
	if err == nil && len(g.header.names) == 1 && g.fit() < 0.5 {
		if later, err := tryAfter(g.header.place, path, sample, d, o, is); err == nil && later.header.names != nil {
			return later, nil
		}
	}
	return g, err
}

// tryAfter reads the sample up to the header, which stands after some place, and then the rows.
func tryAfter(after Place, path string, sample []byte, d Dialect, o Options, isHeader func(*header) bool) (*guess,
	error) {
	within := headerSearch
	if after.Row < 0 {
		within = headerHint
	}
	g := &guess{dialect: d}
	cut := len(sample) >= sampleSize
	records := csvtext.Split(sample, d, path)
	for g.total < sampleRows && (g.header.names != nil || len(g.before) < within) {
		rec, err := records.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return g, err
		}
		if rec.Blank {
			continue
		}
		if cut && (!rec.Ended || rec.Fault == csvtext.QuoteNeverClosed) && g.header.names != nil {
			break // perhaps only for the sample's end
		}
		switch {
		case g.header.names == nil && o.NoHeader:
			if !isDirective(rec.Cells) {
				g.header = numbered(rec.Cells, o)
				records.Width = len(g.header.names)
				g.weigh(records, rec)
			}
		case g.header.names == nil:
			g.before = append(g.before, rec)
			if h := newHeader(rec.Cells, rec.Place); rec.Fault == 0 && rec.Place.Row > after.Row && isHeader(&h) {
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
	if allBlank(cells) || isRuler(cells) || g.header.repeats(cells) {
		return
	}
	g.total++
	if rec.Fault != 0 || rec.Repair != 0 {
		g.unclean++
	}
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

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if trimBlanks(c) != "" {
			n++
		}
	}
	return n
}

func (g *guess) width() int {
	w := 0
	for _, rec := range g.before {
		w = max(w, len(rec.Cells))
	}
	return w
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
func namesColumns(h *header, o Options, vaguely bool) bool {
	if slices.ContainsFunc(h.names, isPlainAddress) || h.trimmed == 1 && strings.ContainsAny(h.names[0], ",;|\t") {
		return false
	}
	for f, name := range o.Columns {
		if i := h.index(name); i < 0 {
			return false
		} else if f == Email {
			return true
		}
	}
	for i := range h.names {
		if m, ok := h.means(i, Email); ok && (!m.vague || vaguely && h.trimmed > 1 && len(h.names[i]) <= 60) {
			return true
		}
		if _, ok := h.means(i, AccountID); ok && o.NeedAccounts || h.names[i] == "jsm_account_id" && o.NeedAccounts {
			return true
		}
	}
	p := recognise(h)
	return p != nil && p.login != ""
}

// personBefore is where, before the header, an address stands where the header's
// columns have it; zero: nowhere.
func (g *guess) personBefore(email []int) Place {
	for _, rec := range g.before {
		if rec.Place.Row < g.header.place.Row && !strings.HasSuffix(trimBlanks(rec.Cells[0]), ":") &&
			readAddress(firstFilled(rec.Cells, email)).fault == 0 {
			return rec.Place
		}
	}
	return Place{}
}

// better reports whether g fits clearly better than another guess.
func (g *guess) better(other *guess) bool {
	const clearly = 0.1
	switch {
	case (len(g.header.names) > 1) != (len(other.header.names) > 1) && min(g.fit(), other.fit()) > 0.5:
		return len(g.header.names) > 1
	case g.fit() > other.fit()+clearly, g.fit() < other.fit()-clearly:
		return g.fit() > other.fit()
	}
	return len(g.header.names) > len(other.header.names)
}

// orSingle is the guess with ' as the quote, when all through the sample at least
// one column, its header too, stands in such quotes, and no cell in part.
func (g *guess) orSingle(path string, sample []byte, o Options) (*guess, error) {
	wrapped := func(c string) bool { return len(c) > 1 && c[0] == '\'' && c[len(c)-1] == '\'' }
	if !slices.ContainsFunc(g.header.names, wrapped) || len(g.rows) == 0 && g.total == 0 {
		return g, nil
	}
	single, err := try(path, sample, Dialect{Delimiter: g.dialect.Delimiter, Quote: '\''}, o)
	if err != nil || single.header.names == nil || single.fit() < 1 || single.unclean > 0 {
		return g, nil
	}
	for i, name := range g.header.names {
		in, out := 0, 0
		for _, cells := range g.rows {
			c := cellAt(cells, i)
			if wrapped(c) {
				in++
			} else if c != "" {
				out++
			}
		}
		if g.fit() == 1 && wrapped(name) && in > 0 && out > 0 {
			return g, nil
		}
	}
	return single, nil
}

// noHeader says what to do about a file whose header was not found; g is the
// reading of it that has the most columns. Nothing of its first line is shown,
// which may be a person.
func noHeader(path string, sample []byte, g *guess, o Options) error {
	if len(g.before) == 0 {
		return &RefusedError{Path: path, What: "the file has no rows: there is nothing to do",
			Hint: "look whether the export has failed, and make it again"}
	}
	if i := slices.IndexFunc(g.before,
		func(rec csvtext.Record) bool { return rec.Fault == csvtext.TooManyColumns }); i >= 0 {
		return &RefusedError{Path: path, Place: g.before[i].Place,
			What: "the row has more than 2,000 columns that are not empty",
			Hint: "is this a table of people? export only the columns that are needed"}
	}
	h := newHeader(g.before[0].Cells, g.before[0].Place)
	refuse := func(what, hint string) error {
		return &RefusedError{Path: path, Place: h.place, What: what, Hint: hint}
	}
	for _, d := range []rune{g.dialect.Delimiter, ',', ';', '\t', '|'} {
		if at := headerBelow(path, sample, Dialect{Delimiter: d, Quote: '"'}, o); at.Row > 0 &&
			!slices.ContainsFunc(h.names, isPlainAddress) {
			return &RefusedError{Path: path, Place: at,
				What: fmt.Sprintf("this line looks like the header, and %d or more lines stand above it",
					headerSearch),
				Hint: "delete the lines above it, and save the file again"}
		}
	}
	var missing []string
	for f, name := range o.Columns {
		if h.index(name) < 0 {
			missing = append(missing, text.ShellWord(fmt.Sprintf("%s=%s", f, name)))
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		hint := "write the headers as they stand in the file"
		o.Columns = nil
		if known, err := sniff(path, sample, o); err == nil {
			hint = "the columns are: " + known.header.list()
		}
		return refuse("no header has the columns of --column "+strings.Join(missing, ", "), hint)
	}
	if i := slices.IndexFunc(h.names, isPlainAddress); i >= 0 {
		hint := fmt.Sprintf("say --no-header --column email=%d", i+1)
		if len(h.names) > 1 {
			hint += " --column name=N, where N is the number of the column of names"
		}
		return refuse("the first line holds an address: the file has no header row", hint)
	}
	line := strings.Trim(strings.TrimRight(strings.Join(h.names, string(g.dialect.Delimiter)), ",;\t|"), `"`)
	if len(h.names) == 1 || h.trimmed == 1 {
		for _, d := range []string{",", ";", "\t", "|", ":", "^", "~", "§"} {
			split := newHeader(strings.Split(line, d), h.place)
			switch {
			case len(split.names) < 2 || !namesColumns(&split, Options{}, false):
			case h.trimmed < len(h.names) || strings.HasPrefix(h.names[0], `"`) || o.Delimiter == "" &&
				strings.Contains(",;\t|", d):
				return refuse("each line stands in quotes as one cell",
					"make the export again without opening it in a spreadsheet program, or take off the "+
						"quotes around the lines")
			default:
				return refuse("no header names a column of e-mail addresses",
					"if "+strings.ReplaceAll(d, "\t",
						"a tab")+" stands between the cells, say --delimiter "+text.ShellWord(strings.ReplaceAll(d,
						"\t", "tab")))
			}
		}
	}
	ch := chooser{path: path, h: &h}
	for _, rec := range g.before[1:] {
		ch.sample = append(ch.sample, rec.Cells)
	}
	return refuse(fmt.Sprintf("no header names a column of e-mail addresses in the first %d lines", headerSearch),
		ch.byContent()+"; if lines stand above the header, delete them; if there is no header row, say --no-header")
}

// headerBelow is where a header stands that fits the people below it, further down
// than one is looked for; zero: nowhere.
func headerBelow(path string, sample []byte, d Dialect, o Options) Place {
	g, err := tryAfter(Place{Row: -1}, path, sample, d, o, func(h *header) bool { return namesColumns(h, o, false) })
	if err != nil || g.header.names == nil || g.fit() <= 0.5 {
		return Place{}
	}
	ch := chooser{h: &g.header, sample: g.rows}
	if len(ch.addressColumns()) == 0 {
		return Place{}
	}
	return g.header.place
}
