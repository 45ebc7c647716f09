package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// Column is which column holds a field, and why it was taken.
type Column struct {
	Field  Field  `json:"field"`
	Header string `json:"header"`
	Index  int    `json:"index"` // from 0, in the file
	Why    string `json:"why"`
}

// mapping has the columns of each field, of several of which the first cell that is not empty counts.
type mapping [secondLast + 1][]int

// names are the columns of names, in the order in which the parts are joined.
func (r mapping) names() []int {
	return slices.Concat(r[Name], r[FirstName], r[MiddleName], r[LastName], r[secondLast])
}

// half returns the one part of names, first or last, that has a column, and the other part; 0: none or both have.
func (r mapping) half() (known, other Field) {
	for _, pair := range [][2]Field{{FirstName, LastName}, {LastName, FirstName}} {
		if known, other = pair[0], pair[1]; len(r[known]) > 0 && len(r[other]) == 0 {
			return known, other
		}
	}
	return 0, 0
}

// choice is which columns hold what, and what else is known of them: the headers propose, the cells confirm.
type choice struct {
	*header
	*evidence
	options     Options
	email       meaning // of the header of the addresses
	at          mapping
	byFlag      [secondLast + 1]bool // by --column
	preset      preset
	familyFirst bool // "山田 太郎"
	neededCells bool // the choice depended on cells: those of a part of the file may lead to another
	namesAgree  bool // most names of the sample stand in their addresses, and no flag named the columns
}

func (ch *choice) has(f Field) bool { return len(ch.at[f]) > 0 }

func (ch *choice) hasNames() bool { return ch.has(Name) || ch.has(FirstName) || ch.has(LastName) }

// namesByFlag reports whether the user named a column of names.
func (ch *choice) namesByFlag() bool { return slices.Contains(ch.byFlag[Name:Organization], true) }

// holds is the field that column i holds; 0: none.
func (ch *choice) holds(i int) Field {
	return Field(max(0, slices.IndexFunc(ch.at[:], func(at []int) bool { return slices.Contains(at, i) })))
}

// list returns the columns for people to see.
func (ch *choice) list() (list []Column) {
	for f := Email; f <= secondLast; f++ {
		why := "header"
		if ch.byFlag[f] {
			why = "--column"
		}
		for _, i := range ch.at[f] {
			list = append(list, Column{Field: f, Header: ch.names[i], Index: i, Why: why})
		}
	}
	return list
}

func chooseColumns(h *header, sample [][]string, o Options) (choice, error) {
	ch := choice{header: h, evidence: newEvidence(sample, nil), options: o}
	for f, name := range o.Columns {
		i := ch.index(name)
		if i < 0 {
			return ch, ch.noColumn(name)
		}
		ch.at[f], ch.byFlag[f] = []int{i}, true
		ch.meanings[i] = append(ch.meanings[i], meaning{field: f}) // if it has none of that field
	}
	if err := ch.choosePreset(); err != nil {
		return ch, err
	}
	if o.NeedAccounts {
		ch.byHeader(AccountID)
	}
	if err := ch.chooseEmail(); err != nil && !(o.NeedAccounts && ch.has(AccountID)) {
		return ch, err
	}
	if ch.evidence = newEvidence(ch.sample, ch.at[Email]); ch.has(Email) {
		ch.email = ch.means(ch.at[Email][0], Email)
	}
	ch.byHeader(ExternalID)
	ch.byHeader(Organization)
	s := ch.of(ch.at[Organization]...)
	numbers := !ch.has(Organization) || s.filled > 0 && !most(s.names, s.filled)
	if o.Organizations && numbers && !ch.byFlag[Organization] {
		return ch, refuse(ch.place, "no column that was found holds names of organizations",
			"name it with --column organization=COLUMN, or leave --organizations out")
	}
	if err := ch.chooseNames(); err != nil && !o.NeedAccounts {
		return ch, err
	}
	ch.namesAgree = ch.of(ch.at.names()...).agrees() && !ch.ownFile && !ch.namesByFlag()
	return ch, nil
}

// byHeader takes the column whose header means f; of several the best one.
func (ch *choice) byHeader(f Field) {
	best := rankSelf
	for i := range ch.names {
		if m := ch.means(i, f); m.rank < best && ch.holds(i) == 0 && !ch.byFlag[f] {
			best, ch.at[f] = m.rank, []int{i}
		}
	}
}

// named is a column in a message.
func (h *header) named(i int) string { return fmt.Sprintf("column %q", h.flag(i)) }

// ask refuses a file that can be read in several ways, with the flags for each.
func (h *header) ask(what string, ways ...mapping) error {
	if len(ways) == 0 {
		return refuse(h.place, what, "name the column that holds them: --column email=COLUMN")
	}
	var each []string
	for _, r := range ways {
		var flags []string
		for f := Email; f <= LastName; f++ {
			if len(r[f]) > 0 {
				flags = append(flags, text.CommandLine("--column", fmt.Sprintf("%s=%s", f, h.flag(r[f][0]))))
			}
		}
		if flags != nil {
			each = append(each, strings.Join(flags, " "))
		}
	}
	hint := "use the right one: " + strings.Join(each, " or ")
	if len(ways[0][Email]) == 0 {
		hint += "; --column name=none sends the address as the name"
	}
	return refuse(h.place, what, hint)
}

// chooseEmail takes the column of addresses with the best header, one that is not empty first. Columns with the same
// header are read as one. Only the whole file shows whether another column may have the people's addresses.
func (ch *choice) chooseEmail() error {
	if ch.has(Email) {
		return nil
	}
	best, least := -1, rankNone
	for i := range ch.names {
		rank, s := ch.means(i, Email).rank, ch.of(i)
		switch {
		case ch.options.NoHeader && s.looksAddresses():
			rank = rankGroup
		case ch.neverTaken(i):
			continue
		case s.addresses == 0:
			rank += 2 * rankGroup
		}
		if rank < least {
			best, least = i, rank
		}
	}
	if best < 0 {
		return ch.ask("no column of the people's addresses was found", ch.byContent()...)
	}
	if s := ch.of(best); !ch.ownFile && most(s.names, s.filled) && least >= rankGroup {
		return ch.ask(ch.named(best)+": most of its cells are not addresses", ch.byContent()...)
	}
	same := ch.where(func(i int) bool { return strings.EqualFold(ch.names[i], ch.names[best]) })
	if len(same) > 1 && ch.where(func(i int) bool { return ch.says(i, "elsewhere") }) != nil {
		return ch.ask("of several columns with one header some may be another person's",
			mapping{Email: same[:1]}, mapping{Email: same[1:]})
	}
	ch.at[Email] = same
	return nil
}

// byContent returns the columns of addresses, but no "header" that is one: that of the first person of a file without.
func (ch *choice) byContent() (ways []mapping) {
	for i, name := range ch.names {
		if !strings.Contains(name, "@") && ch.of(i).looksAddresses() {
			ways = append(ways, mapping{Email: {i}})
		}
	}
	return ways
}
