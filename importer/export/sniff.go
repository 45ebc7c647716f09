package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jsm-onboard/importer/csvtext"
)

const (
	headerSearch = 20 // records in which the header must be
	delimiters   = ",;\t|"
)

// sniff finds the dialect and the header; l has neither. The best dialect has the best header, then more rows that fit
// it, and more columns.
func (l *layout) sniff() (*layout, error) {
	likely := []rune(delimiters)
	if l.options.Delimiter != "" {
		r, err := csvtext.ParseDelimiter(l.options.Delimiter)
		if err != nil {
			return l, err
		}
		likely = []rune{r}
	}
	var found []*layout
	for _, r := range likely {
		found = append(found, l.try(Dialect{Delimiter: r}))
	}
	score := func(l *layout) int { return (l.whole + 1) * (l.whole + 1) * len(l.header.names) }
	better := func(a, b *layout) int { return cmp.Or(b.named-a.named, score(b)-score(a)) }
	slices.SortStableFunc(found, better)
	best := found[0]
	singleQuoted := func(name string) bool { return strings.HasPrefix(name, "'") && strings.HasSuffix(name, "'") }
	tooWide := func(l *layout) bool { return len(l.header.names) > csvtext.MaxColumns }
	address, at := slices.IndexFunc(best.header.names, isAddress), best.header.place
	switch {
	case best.header.names == nil:
		return l, noRows()
	case slices.ContainsFunc(found, tooWide):
		what := kindOf(csvtext.TooManyColumns).counted(1)
		return l, refuse(at, what, "export only the columns that are needed")
	case address >= 0:
		return l, refuse(at, "the first line holds an address: the file has no header row",
			fmt.Sprintf("use --no-header --column email=%d --column name=N, where N is the number of the column "+
				"of names, or none", address+1))
	case slices.ContainsFunc(best.header.names, csvtext.IsMisread):
		return l, refuse(at, "the header has letters that were broken before", kindOf("name_lost_letters").Hint)
	case best.named == no && best.header.trimmed == 1:
		return l, refuse(at, fmt.Sprintf("no header names a column of e-mail addresses in the first %d lines",
			headerSearch), "delete the lines above the header; if it has other words, use --column email=COLUMN; if "+
			"there is none, use --no-header; if another character than , ; | or tab separates the cells, use "+
			"--delimiter; if whole lines stand in quotes, make the export again")
	case len(found) > 1 && better(best, found[1]) == 0 && len(best.header.names) > 1:
		return l, refuse(Place{}, fmt.Sprintf("the delimiter could be %s or %s", best.dialect, found[1].dialect),
			"name it with --delimiter")
	case !best.header.ownFile && slices.ContainsFunc(best.header.names, singleQuoted):
		quoted := l.try(Dialect{Delimiter: best.dialect.Delimiter, Quote: '\''})
		if quoted.whole == quoted.total {
			best = quoted
		}
	}
	return best, nil
}

// try reads the beginning of the file in a dialect. The header is the record that names a column of addresses best,
// above all addresses; where none does, the first record at all: the user may name a column of it.
func (l layout) try(d Dialect) *layout {
	l.dialect = d
	records := l.file.Records(l.encoding, d)
	for n := 0; n < headerSearch && l.named < surely; {
		rec, err := records.Next()
		if err != nil {
			break
		}
		if trimBlanks(strings.Join(rec.Cells, "")) == "" || isDirective(rec.Cells) {
			continue
		}
		h, named, row := newHeader(rec.Cells, rec.Place), no, holdsAddress(rec.Cells)
		switch {
		case l.options.NoHeader:
			for i := range rec.Cells {
				rec.Cells[i] = strconv.Itoa(i + 1)
			}
			h, named = newHeader(rec.Cells, Place{}), surely
		case rec.Fault == "" && !row:
			named = l.names(&h)
		}
		if n++; n == 1 || named > l.named {
			l.header, l.named = h, named
		}
		if row {
			break
		}
	}
	l.readSample()
	return &l
}

// readSample takes rows below the header into the sample, 256 KiB of them or up to another header: then the file will
// be refused. A row with a fault may have its cells elsewhere: it says nothing.
func (l *layout) readSample() {
	size := 0
	for row, err := range l.lines {
		if err != nil || l.total >= 2000 || size >= 256<<10 {
			return
		}
		if row.skipped != nil {
			continue
		}
		l.total++
		size += len(strings.Join(row.record.Cells, ""))
		if row.fault == nil {
			l.sample = append(l.sample, row.record.Cells)
			l.whole += countIf(len(row.record.Cells) == len(l.header.names))
		}
	}
}

// holdsAddress reports an address in a cell of its own, whatever the delimiter.
func holdsAddress(cells []string) bool {
	separates := func(r rune) bool { return strings.ContainsRune(delimiters, r) }
	cells = strings.FieldsFunc(strings.Join(cells, ","), separates)
	return slices.ContainsFunc(cells, isAddress)
}

func isAddress(cell string) bool { return readAddress(cell).key != "" }

// How surely a header names a column of addresses.
const (
	no = iota
	vaguely
	surely
)

// names reports whether a header names the user's column of addresses, or any. A cell alone with delimiters does not.
func (l *layout) names(h *header) int {
	found := no
	if told := l.options.Columns[Email]; h.ownFile || told != "" && h.index(told) >= 0 {
		return surely
	}
	for i, name := range h.names {
		mail, account := h.means(i, Email).rank, h.means(i, AccountID).rank
		switch {
		case h.trimmed == 1 && strings.ContainsAny(name, delimiters):
		case mail < rankGroup, account < rankNone && l.options.NeedAccounts:
			return surely
		case mail < rankNone:
			found = vaguely
		}
	}
	return found
}
