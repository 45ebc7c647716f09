package export

import (
	"context"
	"fmt"
)

// open starts a pass over the records after the header.
func (s *Survey) open(ctx context.Context, before func(record)) (*reader, error) {
	src, err := s.file.unpack(ctx)
	if err != nil {
		return nil, err
	}
	split := newSplitter(s.charset.newDecoder(src), s.Dialect, s.Path)
	r := &reader{path: s.Path, s: split, judge: s.judge, people: newCanonical(&s.columns), shortRows: s.shortRows}
	if s.header.line == 0 {
		split.width = len(s.header.names)
		return r, nil
	}
	for {
		rec, err := split.next()
		if err != nil {
			return nil, fmt.Errorf("%s: the header in line %d was not found again: %w", s.Path, s.header.line, err)
		}
		if rec.line == s.header.line {
			break
		}
		before(rec)
	}
	split.width = len(s.header.names)
	return r, nil
}

// first is the first pass.
func (s *Survey) first(ctx context.Context, visit func(*Row) error) error {
	var err error
	if s.keys, err = newKeyIndex(); err != nil {
		return err
	}
	s.file.keys = append(s.file.keys, s.keys.spool)
	s.advisor = newAdvisor(&s.header, &s.columns)
	r, err := s.open(ctx, s.skipBefore)
	if err != nil {
		return err
	}
	for b, err := range r.batches() {
		if err == nil {
			err = r.rowsOf(b, func(row *Row) error { return s.see(row, visit) }, s.skip)
		}
		if err != nil {
			return err
		}
	}
	return s.finish()
}

// skipBefore counts a record before the header.
func (s *Survey) skipBefore(rec record) {
	s.Skipped++
	if !rec.blank && !isDirective(rec.cells) {
		s.tally.add(titleLines, rec.line)
	}
}

func (s *Survey) skip(it item) {
	s.Skipped++
	if it.skipped != 0 {
		s.tally.add(it.skipped, it.rec.line)
	}
	for _, k := range it.repairs {
		s.tally.add(k, it.rec.line)
	}
}

// see counts a row.
func (s *Survey) see(r *Row, visit func(*Row) error) error {
	s.Rows++
	s.weighEncoding(r)
	s.Width = max(s.Width, len(r.Cells))
	s.judge.filter.count(r, &s.header)
	for _, key := range r.Other {
		s.keys.see(key)
	}
	switch {
	case r.Excluded != "":
		s.Excluded++
	case r.Invalid != "":
		s.Invalid++
		s.tally.add(r.fault, r.Line)
		s.tally.show(r.fault, Value{r.Line, r.value, r.why})
		if r.NoAddress {
			s.NoAddress++
		}
	default:
		if err := s.seeValid(r); err != nil {
			return err
		}
	}
	if r.Key != "" && (!r.Sendable() || r.identity() != r.Key) {
		s.keys.see(r.Key)
	}
	if visit == nil {
		return nil
	}
	return visit(r)
}

func (s *Survey) seeValid(r *Row) error {
	s.Valid++
	for _, k := range r.repairs {
		s.tally.add(k, r.Line)
	}
	if r.both {
		s.both++
	}
	if r.differs {
		s.differ++
	}
	s.advisor.look(r)
	s.exemplify(r)
	return s.keys.add(r.identity(), r)
}

// finish adds what concerns the whole file.
func (s *Survey) finish() error {
	s.Records = s.Rows + s.Skipped
	for k, yes := range map[kind]bool{
		s.charset.guess: s.charset.guess != 0,
		singleQuotes:    s.Dialect.Quote == '\'',
		duplicateHeader: s.columns.duplicates,
		loginAsAddress:  s.columns.login,
		halfName:        !s.columns.needAccounts && s.columns.halfName(),
		noNameColumn:    !s.columns.needAccounts && !s.columns.has(Name) && !s.columns.has(FirstName) && !s.columns.has(LastName),
	} {
		if yes {
			s.tally.add(k, s.header.line)
		}
	}
	if err := s.keys.seal(); err != nil {
		return err
	}
	s.Duplicates = s.keys.count
	return nil
}

// judgeWhole refuses what only the whole file shows.
func (s *Survey) judgeWhole() error {
	switch {
	case s.Rows == 0:
		return &RefusedError{Path: s.Path, What: "the file has a header and no rows: there is nothing to do", Hint: s.whyEmpty()}
	case s.nobodyIncluded():
		return s.refuseNobody()
	case s.misread > 1 && s.misread*10 > s.foreign:
		return s.otherEncoding(fmt.Sprintf("read as Windows-1252 %d of %d names with letters beyond A-Z make no sense", s.misread, s.foreign), "")
	case s.columns.duplicates && s.differ > 1 && s.differ*10 > s.both:
		name := s.header.names[s.columns.at[Email][0]]
		return &RefusedError{Path: s.Path, Line: s.header.line, Column: name,
			What: fmt.Sprintf("there are %d columns of this name, and in %d rows they hold different addresses", len(s.columns.at[Email]), s.differ),
			Hint: "give them different names and say which holds the customer's address: --column email=HEADER"}
	}
	return nil
}

// whyEmpty says what to do about a file without rows.
func (s *Survey) whyEmpty() string {
	if s.header.ownFile {
		return "this program wrote the file: nobody is on the list"
	}
	return "look whether the export has failed, or its filter leaves everybody out, and make it again"
}
