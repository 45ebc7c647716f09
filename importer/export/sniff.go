package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
)

const (
	sampleSize   = 256 << 10
	sampleRows   = 2000
	headerSearch = 20 // records in which the header must be
	delimiters   = ",;\t|"
)

// sniffer finds the dialect and the header.
type sniffer struct {
	sample  []byte
	options Options
	told    bool // the user names columns: two names make a header
}

// guess is one way to read the sample, and how well it fits.
type guess struct {
	layout
	rows   [][]string       // after the header
	before []csvtext.Record // the records up to the header
	widest int              // cells of the widest of them
	whole  int              // rows with the header's columns
	total  int
	vague  bool // the header speaks of mail among other words
}

// score is higher for a guess with several columns that fit most rows, then for the
// share of rows that fit, in tenths, then for more columns.
func (g *guess) score() int {
	score := g.whole*10/max(g.total, 1)*csvtext.MaxColumns + len(g.header.names)
	if len(g.header.names) > 1 && most(g.whole, g.total) {
		score += 100 * csvtext.MaxColumns
	}
	return score
}

func (s *sniffer) sniff() (*guess, error) {
	likely, err := s.dialects()
	if err != nil {
		return nil, err
	}
	var all []*guess
	for _, d := range likely {
		all = append(all, s.read(d))
	}
	found := without(all, func(g *guess) bool { return g.header.names == nil })
	switch {
	case len(found) == 0 && len(s.options.Columns) > 0:
		s.told, s.options.Columns = true, nil // which there are is shown
		return s.sniff()
	case len(found) == 0:
		return nil, s.noHeader(slices.MaxFunc(all, func(a, b *guess) int { return a.widest - b.widest }).before)
	}
	slices.SortStableFunc(found, func(a, b *guess) int { return b.score() - a.score() })
	best := found[0]
	singleQuoted := func(name string) bool { return strings.HasPrefix(name, "'") && strings.HasSuffix(name, "'") }
	switch {
	case len(found) > 1 && best.score() == found[1].score() && len(best.header.names) > 1:
		return nil, refuse(Place{}, fmt.Sprintf("the delimiter could be %s or %s", best.dialect, found[1].dialect),
			"name it with --delimiter")
	case !best.header.ownFile && slices.ContainsFunc(best.header.names, singleQuoted):
		if g := s.read(best.dialect | csvtext.SingleQuoted); g.header.names != nil && g.whole == g.total {
			best = g
		}
	}
	return best, best.rowBefore()
}

// dialects are those that the sample may be in: that of a file of our own, whatever the
// settings say, else what the user or the file says, else all.
func (s *sniffer) dialects() ([]Dialect, error) {
	for _, d := range []Dialect{',', ';'} {
		rec, err := s.records(d).Next()
		if h := newHeader(rec.Cells, rec.Place); err == nil && h.ownFile {
			s.options.NoHeader = false
			return []Dialect{d}, nil
		}
	}
	if s.options.Delimiter != "" {
		d, err := csvtext.ParseDelimiter(s.options.Delimiter)
		return []Dialect{d}, err
	}
	if d, ok := csvtext.Declared(s.sample); ok {
		return []Dialect{d}, nil
	}
	return []Dialect(delimiters), nil
}

func (s *sniffer) records(d Dialect) *csvtext.Reader {
	return csvtext.Split(s.sample, d, len(s.sample) >= sampleSize)
}

// read reads the sample up to the header, and then the rows.
func (s *sniffer) read(d Dialect) *guess {
	g := &guess{layout: layout{dialect: d}}
	records := s.records(d)
	for g.total < sampleRows && (g.header.names != nil || len(g.before) < headerSearch) {
		rec, err := records.Next()
		found := g.header.names != nil
		if found && g.vague && len(g.rows) == 0 && err == nil { // a title that speaks of mail
			h := newHeader(rec.Cells, rec.Place)
			if is, vague := s.isHeader(&h); is && !vague && rec.Fault == nil {
				found, g.header = false, header{}
			}
		}
		switch {
		case err != nil, found && !g.header.repeats(rec.Cells) && g.header.isOther(rec.Cells, nil):
			return g // at its end, or the file will be refused
		case rec.Blank, !found && s.options.NoHeader && isDirective(rec.Cells):
		case found:
			g.weigh(records, rec)
		case s.options.NoHeader:
			var numbers []string
			for i := range rec.Cells {
				numbers = append(numbers, fmt.Sprint(i+1))
			}
			g.header, records.Width = newHeader(numbers, Place{}), len(numbers)
			g.weigh(records, rec)
		default:
			g.before, g.widest = append(g.before, rec), max(g.widest, len(rec.Cells))
			h := newHeader(rec.Cells, rec.Place)
			if is, vague := s.isHeader(&h); is && rec.Fault == nil {
				g.header, g.vague, records.Width = h, vague, len(h.names)
			}
		}
	}
	return g
}

// weigh takes a record below the header into the sample. What is not of the header's
// width may be a footer, or have its cells elsewhere: it says nothing of the columns.
func (g *guess) weigh(records *csvtext.Reader, rec csvtext.Record) {
	cells := records.Trim(rec.Cells)
	if filled(cells) == 0 || isRuler(cells) || g.header.repeats(cells) {
		return
	}
	g.total++
	if rec.Fault != nil || len(cells) > records.Width {
		return
	}
	if len(cells) == records.Width {
		g.whole++
	}
	if len(cells) == records.Width || strings.Contains(strings.Join(cells, ""), "@") {
		g.rows = append(g.rows, cells)
	}
}

// isHeader reports whether a record can be the header: it names the columns that the
// user names, or else a column of addresses, perhaps vaguely, and holds no address.
func (s *sniffer) isHeader(h *header) (is, vague bool) {
	if h.ownFile {
		return true, false
	}
	if slices.ContainsFunc(h.names, isPlainAddress) || isWholeLine(h) {
		return false, false
	}
	for _, name := range s.options.Columns {
		if h.index(name) < 0 {
			return false, false
		}
	}
	if s.options.Columns[Email] != "" || s.told && h.trimmed > 1 {
		return true, false
	}
	for i, name := range h.names {
		m, mail := h.means(i, Email)
		_, account := h.means(i, AccountID)
		if m.rank < rankGroup && mail || account && s.options.NeedAccounts {
			return true, false
		}
		vague = vague || mail && isShort(name)
	}
	return vague, vague
}

// isWholeLine reports a single cell that has delimiters in it.
func isWholeLine(h *header) bool {
	return h.trimmed == 1 && strings.ContainsAny(h.names[0], delimiters)
}

// rowBefore refuses a file with a row before the header: an address that stands alone in a cell,
// also between other delimiters, unless the line says what it is ("Made by:").
func (g *guess) rowBefore() error {
	for _, rec := range g.before {
		cells := strings.FieldsFunc(strings.Join(rec.Cells, ","), func(r rune) bool {
			return strings.ContainsRune(delimiters, r)
		})
		of := func(c string) bool { return isPlainAddress(trimBlanks(c)) }
		if slices.ContainsFunc(cells, of) && !strings.HasSuffix(trimBlanks(cells[0]), ":") {
			return refuse(rec.Place, fmt.Sprintf("there is a row before the header, which is in %s", g.header.place),
				"put the header above the rows (was the file sorted, or joined?), or delete the line if it "+
					"is not a row")
		}
	}
	return nil
}

// noHeader says what to do about a file in whose first records no header was found.
// Nothing of its first line is shown, which may be a person.
func (s *sniffer) noHeader(first []csvtext.Record) error {
	first = without(first, func(rec csvtext.Record) bool { return isDirective(rec.Cells) })
	if len(first) == 0 {
		return noRows()
	}
	var below [][]string
	for _, rec := range first {
		if rec.Fault == csvtext.TooManyColumns {
			return refuse(rec.Place, rec.Fault.Of(1), "export only the columns that are needed")
		}
		below = append(below, rec.Cells)
	}
	h := newHeader(below[0], first[0].Place)
	if i := slices.IndexFunc(h.names, isPlainAddress); i >= 0 {
		hint := fmt.Sprintf("use --no-header --column email=%d", i+1)
		if len(h.names) > 1 {
			hint += " --column name=N, where N is the number of the column of names"
		}
		return refuse(h.place, "the first line holds an address: the file has no header row", hint)
	}
	if isWholeLine(&h) && s.options.Delimiter == "" {
		return refuse(h.place, "each line is one quoted cell", "make the export again without opening it "+
			"in a spreadsheet program, or take off the quotes around the lines")
	}
	ch := chooser{h: &h, e: newEvidence(below[1:], nil)}
	hint := ch.flags(ch.byContent()...) +
		"; if there are lines above the header, delete them; if there is no header row, use --no-header"
	if h.trimmed == 1 {
		hint += "; if another character than , ; | or tab separates the cells, use --delimiter"
	}
	return refuse(h.place, fmt.Sprintf("no header names a column of e-mail addresses in the first %d lines",
		headerSearch), hint)
}
