package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// checkWhole refuses a file for what only all of its rows show.
func (s *Survey) checkWhole() error {
	switch none := s.filter.unmatched(); {
	case s.Rows == 0 && !(s.options.NeedAccounts && slices.Contains(s.Own, "jsm_action")): // no list of leavers
		return noRows()
	case len(s.options.Include) > 0 && s.Excluded > 0 && s.Excluded+s.NoAddress == s.Rows:
		return refuse(Place{}, fmt.Sprintf("no row is left: %s left out by --include",
			text.Counted(s.Excluded, "row is", "rows are")),
			"check how the values are written in the file, or leave the flag out")
	case none != nil && s.options.NeedAccounts && s.Rows > 0:
		return refuse(Place{}, "no "+none[0].Text, none[0].Hint+", or leave the flag out")
	}
	for i, o := range s.others {
		sure := s.columns.byFlag[Email] || s.header.ownFile || s.header.neverTaken(i)
		if o.rivals > 0 && most(o.addresses, o.filled) && s.columns.has(Email) && !sure {
			return s.header.ask("several columns could be the address",
				mapping{Email: s.columns.at[Email][:1]}, mapping{Email: {i}})
		}
	}
	if s.options.NeedAccounts || s.header.ownFile {
		return nil
	}
	if n := s.keys.otherNames; n > 3 && n*20 > s.Valid && !s.columns.byFlag[Email] {
		return refuse(Place{}, fmt.Sprintf("%s of %d have the address of an earlier row under another name: the "+
			"column of addresses is probably not the customers'", text.Counted(n, "row", "rows"), s.Valid),
			"name the right column: --column email=COLUMN")
	}
	return s.checkNames()
}

// tallyWhole counts the problems of the file as a whole.
func (s *Survey) tallyWhole() {
	names := !s.options.NeedAccounts && !s.options.NoNames
	for word, found := range map[string]bool{
		"not_utf8":            s.encoding.Guessed,
		"single_quotes":       s.dialect.Quote != 0,
		"duplicate_header":    len(s.columns.at[Email]) > 1,
		"external_ids_unused": s.ExternalIDsUnused != "",
		"half_name":           names && !s.columns.has(Name) && s.columns.has(FirstName) != s.columns.has(LastName),
		"no_name_column":      names && !s.columns.hasNames(),
	} {
		if k := *kindOf(word); found {
			k.Text = strings.Replace(k.Text, "%s", s.Encoding, 1)
			s.tally.add(s.header.place, &k)
		}
	}
	for _, k := range s.filter.unmatched() {
		s.tally.add(Place{}, k)
		s.tally[k].Count = 0 // rows
	}
}

// otherColumn counts the addresses in a column that may be the one of the people's addresses. rivals differ from the
// row's address, and from the further ones in its cell.
type otherColumn struct{ filled, addresses, rivals int }

func (o *otherColumn) count(cell string, r *Row) {
	if cell == "" {
		return
	}
	o.filled++
	if a := readAddress(cell); a.key != "" {
		o.addresses++
		if a.key != r.Key && !slices.Contains(a.others, r.Key) {
			o.rivals++
		}
	}
}
