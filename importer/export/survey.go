package export

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"regexp"
	"slices"
	"strings"
)

// Survey is what one reading of a file found. All reads it again.
type Survey struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"` // of the file's bytes as they lie on disk

	Encoding   string   `json:"encoding"`
	Dialect    Dialect  `json:"dialect"`
	HeaderLine int      `json:"header_line"` // physical line; 0: the file has none
	Header     []string `json:"header"`      // without columns of ours that results replace
	Own        []string `json:"own,omitempty"`
	Width      int      `json:"width"`  // cells of the widest row; those beyond the header have no name
	Preset     string   `json:"preset"` // the source's name as --preset takes it; "": none
	Source     string   `json:"source"` // and as people call it
	Columns    []Column `json:"columns"`
	// Repeat are the --column flags with which another command reads this file, or its failed file, in the same way.
	Repeat []string `json:"repeat,omitempty"`

	Records    int `json:"records"` // rows and skipped lines
	Rows       int `json:"rows"`
	Skipped    int `json:"skipped"`
	Valid      int `json:"valid"` // may be sent; duplicates are among them
	Invalid    int `json:"invalid"`
	Excluded   int `json:"excluded"`
	Duplicates int `json:"duplicates"`
	NoAddress  int `json:"no_address"` // invalid rows whose address could not be read

	// ExternalIDsUnused is why the external ids of this file are not used; "": they are.
	ExternalIDsUnused string `json:"one_external_id,omitempty"`

	Problems []Problem `json:"problems"`
	Examples []*Row    `json:"examples"` // rows that may be sent; for the user's own eyes
	Around   []*Row    `json:"-"`        // lines above the header and below the last row; somebody may stand there

	*layout
	filter    filter
	keys      keyIndex
	ids       []uint64 // hashes of the external ids
	shortened bool     // an id is a number that a spreadsheet has shortened, or in too many rows
	tally     tally
	signs     map[int]map[string]*Problem
	others    []otherColumn
	alignment alignment
	misplaced map[int]bool // numbers of the rows whose address is made of the name of another row
}

// Survey reads the whole file, row by row: once, and again if all rows together show that some have the addresses of
// others. A *RefusedError says why it cannot be used.
func (f *File) Survey(ctx context.Context, o Options) (*Survey, error) {
	s, err := f.survey(ctx, o, map[int]bool{})
	if err == nil && len(s.misplaced) > 0 {
		s, err = f.survey(ctx, o, s.misplaced)
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		refused.Path = f.Path
	}
	return s, err
}

func (f *File) survey(ctx context.Context, o Options, misplaced map[int]bool) (s *Survey, err error) {
	s = &Survey{Path: f.Path, SHA256: f.SHA256, misplaced: misplaced, tally: tally{},
		alignment: alignment{spelled: map[string]int{}, runs: make([][]mismatch, 1)},
		keys:      keyIndex{nameHashes: map[hash128]uint16{}, otherNamed: map[hash128]bool{}}}
	if s.layout, err = f.chooseLayout(ctx, o); err != nil {
		return s, err
	}
	h := &s.header
	s.Encoding, s.Dialect, s.HeaderLine = s.encoding.Name, s.dialect, h.place.Line
	for i, cell := range h.cells {
		if h.own[i] {
			s.Own = append(s.Own, h.names[i])
		}
		if h.kept[i] {
			s.Header = append(s.Header, cell)
		}
	}
	s.Width, s.Columns, s.Repeat = len(s.Header), s.columns.list(), s.repeat()
	s.Preset, s.Source = s.columns.preset.Name, s.columns.preset.Title
	s.signs, s.others = signsIn(h, o), make([]otherColumn, len(h.names))
	if s.filter, err = newFilter(h, o); err != nil {
		return s, err
	}
	for row, err := range s.lines {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return s, err
		}
		s.count(row)
	}
	s.countIDs()
	if err := s.checkWhole(); err != nil {
		return s, err
	}
	s.alignment, s.ids = alignment{}, nil // which the run does not need
	s.tallyWhole()
	s.Records, s.Duplicates, s.Problems = s.Rows+s.Skipped, s.keys.duplicates, s.tally.problems()
	return s, nil
}

// count counts a row, or a skipped line, of the first pass.
func (s *Survey) count(r *Row) {
	if r.skipped != nil {
		s.Skipped++
		s.tally.add(r.Place, append(r.repairs, r.skipped)...)
		if r.skipped == kindOf("footer") || r.skipped == kindOf("title_lines") {
			s.Around = append(s.Around, r)
		}
		return
	}
	s.checkRow(r)
	s.Rows++
	s.Width = max(s.Width, len(r.Cells))
	if r.ExternalID != "" {
		s.ids = append(s.ids, hash64(r.ExternalID))
		s.shortened = s.shortened || shortened.MatchString(r.ExternalID)
	}
	if r.NoAddress {
		s.NoAddress++
	} else {
		for i, cell := range r.record.Cells {
			s.others[i].count(cell, r)
		}
	}
	s.keys.add(r)
	if !r.Sendable() { // and yet it may be where the file was cut off
		r.repairs = without(r.repairs, func(k *Problem) bool { return k != kindOf("cut_off") })
	}
	s.tally.add(r.Place, r.repairs...)
	switch {
	case r.Excluded != "":
		s.Excluded++
	case r.Invalid != "":
		s.Invalid++
		s.tally.add(r.Place, r.fault)
	default:
		s.Valid++
		for i, signs := range s.signs {
			if k := signs[lowerCase(cellAt(r.record.Cells, i))]; k != nil {
				s.tally.add(r.Place, k)
			}
		}
		letters := s.encoding.Guessed && !isASCII(r.Name) // which show whether the encoding is right
		if n := len(s.Examples); n < 3 || n < 6 && letters {
			s.Examples = append(s.Examples, r)
		}
		s.alignment.add(r)
	}
}

// shortened is a number as a spreadsheet writes one that is too long for it.
var shortened = regexp.MustCompile(`^\d([.,]\d+)?E\+\d+$`)

// countIDs looks for external ids that were shortened. If there are any, no external id of the file is used.
func (s *Survey) countIDs() {
	slices.Sort(s.ids)
	for i := 2; i < len(s.ids) && !s.options.NeedAccounts; i++ {
		s.shortened = s.shortened || s.ids[i] == s.ids[i-2]
	}
	if !s.shortened {
		return
	}
	s.ExternalIDsUnused = "the same id is in more than two rows, or one is a number that a spreadsheet has " +
		"shortened, as in 3.8E+10"
	for _, r := range s.Examples {
		r.ExternalID = ""
	}
}

// Contains reports whether a key may be in the file: of whatever row, or of a further address. False is certain.
func (s *Survey) Contains(key string) bool {
	_, found := s.keys.nameHashes[hashOf(key)]
	return found
}

// All reads the file again and yields the same rows in the same order, now with their duplicates and [Row.Alike].
func (s *Survey) All(ctx context.Context) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		alike, firsts := map[uint64]int{}, map[hash128]Place{}
		for r, err := range s.lines {
			switch err = cmp.Or(err, ctx.Err()); {
			case err != nil:
				yield(nil, err)
				return
			case r.skipped != nil:
				continue
			}
			if s.checkRow(r); r.Invalid != "" {
				hash := hash64(strings.Join(r.Cells, "\x00"))
				r.Alike = alike[hash]
				alike[hash]++
			}
			if s.keys.setDuplicateOf(r, firsts); !yield(r, nil) {
				return
			}
		}
	}
}
