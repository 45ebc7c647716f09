package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
	"jsm-onboard/importer/text"
)

// judgeWhole refuses what only the whole file shows.
func (s *Survey) judgeWhole() error {
	switch {
	case s.Rows == 0:
		return noRows()
	case len(s.options.Include) > 0 && s.Excluded > 0 && s.Excluded+s.NoAddress == s.Rows:
		return refuse(Place{}, fmt.Sprintf("no row is left: %s left out by --include",
			text.Counted(s.Excluded, "row is", "rows are")),
			"check how the values are written in the file, or leave the flag out")
	}
	if none := s.filter.unmatched(); none != nil && s.columns.needAccounts {
		return refuse(Place{}, "no "+none[0].Text, none[0].Hint+", or leave the flag out")
	}
	for _, o := range s.others {
		if o.rivals > 0 && most(o.addresses, o.filled) {
			ch := chooser{h: &s.header}
			return ch.ask("several columns could be the address",
				reading{Email: s.columns.at[Email][:1]}, reading{Email: {o.at}})
		}
	}
	if s.columns.needAccounts || s.header.ownFile {
		return nil
	}
	named := slices.Contains(s.columns.told[Name:Organization], true)
	// more than chance or the habits of families would make them
	if n := s.names.found(); (n > 3 && n*4 > s.names.agree || n > 1 && n >= s.names.agree) && !named {
		return refuse(Place{}, fmt.Sprintf("the names of %d rows stand in the addresses of other rows: one column "+
			"was probably sorted or moved without the other", n),
			"make the export again; if the names are right, say so with --column name=COLUMN")
	}
	n := len(without(s.keys.duplicates, func(d duplicate) bool { return !d.otherName }))
	if n > 3 && n*20 > s.Valid && !s.columns.told[Email] {
		return refuse(Place{}, fmt.Sprintf("%s of %d have the address of an earlier row under another name: the "+
			"column of addresses is probably not the customers'", text.Counted(n, "row", "rows"), s.Valid),
			"name the right column: --column email=COLUMN")
	}
	return nil
}

// noteWhole notes what is to be said of the file as a whole.
func (s *Survey) noteWhole() {
	names := !s.columns.needAccounts && !s.options.NoNames
	for k, found := range map[*kind]bool{
		guessedEncoding:   s.encoding.Guessed,
		singleQuotes:      s.dialect&csvtext.SingleQuoted != 0,
		duplicateHeader:   len(s.columns.at[Email]) > 1,
		externalIDsUnused: s.OneExternalID != "",
		halfName:          names && !s.columns.has(Name) && s.columns.has(FirstName) != s.columns.has(LastName),
		noNameColumn:      names && !s.columns.hasNames(),
	} {
		if found {
			s.tally.add(s.header.place, k)
		}
	}
}

// otherColumn counts the addresses in a column that may be the people's, too.
type otherColumn struct{ at, filled, addresses, rivals int }

// otherColumns are all that the user or the header does not rule out.
func otherColumns(l *layout) []otherColumn {
	var others []otherColumn
	if !l.columns.has(Email) || l.header.ownFile || l.columns.told[Email] {
		return nil
	}
	for i := range l.header.names {
		if i != l.columns.at[Email][0] && !l.header.neverTaken(i) {
			others = append(others, otherColumn{at: i})
		}
	}
	return others
}

// see looks for another address in a row of the first pass. The same one in another dress,
// or one of the further ones of the cell, is none.
func (o *otherColumn) see(r *Row) {
	cell := cellAt(r.record.Cells, o.at)
	if cell != "" {
		o.filled++
	}
	if a, found := addressIn(cell); found {
		o.addresses++
		if a.key != r.Key && !slices.Contains(a.others, r.Key) {
			o.rivals++
		}
	}
}

// shuffled looks for a column of names that was sorted or moved without that of the addresses:
// names that do not stand in the address of their row, but in another one that has a third name.
// It looks at the first shuffledRows rows.
type shuffled struct {
	rows             int
	agree            int      // whose name stands in their address
	names, addresses []uint64 // of the other rows, hashes of the longest words
}

const shuffledRows = 250_000

func (s *shuffled) see(r *Row) {
	if s.rows++; s.rows > shuffledRows {
		return
	}
	last := strings.ToLower(r.Name[strings.LastIndexByte(r.Name, ' ')+1:]) // a short way for most people
	if len(last) > 2 && strings.Contains(r.Key, last) || agrees(r.Name, localWords(r.Key)) {
		s.agree++
		return
	}
	s.names = append(s.names, hashOfLongest(foldedWords(r.Name)))
	s.addresses = append(s.addresses, hashOfLongest(localWords(r.Key)))
}

// hashOfLongest is of a word of three letters or more, of several the last by the alphabet; 0: there is none.
func hashOfLongest(words []string) uint64 {
	longest := slices.MaxFunc(append(words, ""), func(a, b string) int {
		return cmp.Or(len(a)-len(b), strings.Compare(a, b))
	})
	if len(longest) < 3 {
		return 0
	}
	return hash64(longest)
}

// found is how many rows have the name of another one.
func (s *shuffled) found() (n int) {
	slices.Sort(s.addresses)
	for _, name := range s.names {
		if _, found := slices.BinarySearch(s.addresses, name); found && name != 0 {
			n++
		}
	}
	return n
}
