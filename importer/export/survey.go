package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// Survey is what one reading of a file found. All reads it again.
type Survey struct {
	Path    string    `json:"path"`
	SHA256  string    `json:"sha256"` // of the file's bytes as they lie on disk
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`

	Encoding   string   `json:"encoding"`
	Dialect    Dialect  `json:"dialect"`
	HeaderLine int      `json:"header_line"` // physical line; 0: the file has none
	Header     []string `json:"header"`      // without jsm_ columns
	Own        []string `json:"own,omitempty"`
	Width      int      `json:"width"`  // cells of the widest row; those beyond the header have no name
	Preset     string   `json:"preset"` // the source's name as --preset takes it; "": none
	Source     string   `json:"source"` // and as people call it
	Columns    []Column `json:"columns"`

	Records    int `json:"records"` // rows and skipped lines
	Rows       int `json:"rows"`
	Skipped    int `json:"skipped"`
	Valid      int `json:"valid"` // may be sent; duplicates are among them
	Invalid    int `json:"invalid"`
	Excluded   int `json:"excluded"`
	Duplicates int `json:"duplicates"`
	NoAddress  int `json:"no_address"` // invalid rows whose address could not be read

	Problems []Problem `json:"problems"`
	Advice   []Advice  `json:"advice"`
	Examples []Example `json:"examples"` // the first rows that may be sent; for the user's own eyes

	file      *File
	charset   charset
	header    header
	columns   columns
	shortRows bool
	judge     *judge
	keys      *keyIndex
	tally     tally
	advisor   *advisor
	differ    int // rows in which columns of one header hold different addresses
	both      int // rows in which more than one is filled
	foreign   int // names that are not all ASCII
	misread   int // those of them that make no sense in the encoding
}

// Survey reads the whole file once: the bytes for their checksum and encoding,
// then row by row, and calls visit (which may be nil) with each row in order. Nothing is
// known of duplicates then. A *RefusedError tells why the file cannot be used.
func (f *File) Survey(ctx context.Context, o Options, visit func(*Row) error) (*Survey, error) {
	if f.sums == nil {
		sums, err := f.sum(ctx)
		if err != nil {
			return nil, err
		}
		f.sums = sums
		if f.marks, err = f.mark(ctx); err != nil {
			f.sums = nil
			return nil, err
		}
	}
	s := &Survey{Path: f.path, SHA256: f.sums.sha256, Size: f.sums.size, ModTime: f.sums.modTime, file: f}
	if err := s.plan(ctx, o); err != nil {
		return nil, err
	}
	if err := s.first(ctx, visit); err != nil {
		return nil, err
	}
	s.Problems, s.Advice = append(s.tally.problems(&s.header), s.idleFilters()...), s.advisor.advice()
	return s, s.judgeWhole()
}

// plan finds encoding, dialect, header and columns.
func (s *Survey) plan(ctx context.Context, o Options) error {
	var err error
	if s.charset, err = s.file.charset(o.Encoding); err != nil {
		return err
	}
	s.Encoding = s.charset.name
	sample, err := s.sample(ctx)
	if err != nil {
		return err
	}
	g, err := sniff(s.Path, sample, o)
	if err != nil {
		return err
	}
	if len(g.header.names) > maxColumns {
		return &RefusedError{Path: s.Path, Line: g.header.line, What: fmt.Sprintf("the header has %d columns, more than 2,000", len(g.header.names)),
			Hint: "is this a table of people? export only the columns that are needed"}
	}
	s.header, s.Dialect, s.HeaderLine, s.shortRows = g.header, g.dialect, g.header.line, g.fit < 0.5
	if err := s.doubtEncoding(); err != nil {
		return err
	}
	if s.columns, err = chooseColumns(s.Path, &s.header, g.rows, o); err != nil {
		return err
	}
	if line := g.personBefore(s.columns.at[Email]); line > 0 {
		return &RefusedError{Path: s.Path, Line: line, What: fmt.Sprintf("a row stands before the header, which is in line %d", s.header.line),
			Hint: "put the header above the rows (was the file sorted, or joined?)"}
	}
	s.Columns = s.columns.list(&s.header)
	if s.columns.preset != nil {
		s.Preset, s.Source = s.columns.preset.name, s.columns.preset.title
	}
	s.splitHeader()
	return s.newJudge(o)
}

func (s *Survey) sample(ctx context.Context) ([]byte, error) {
	r, err := s.file.unpack(ctx)
	if err != nil {
		return nil, err
	}
	sample := make([]byte, sampleSize)
	n, err := io.ReadFull(s.charset.newDecoder(r), sample)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return sample[:n], nil
}

func (s *Survey) splitHeader() {
	for i, cell := range s.header.cells {
		if s.header.own[i] {
			s.Own = append(s.Own, strings.ToLower(s.header.names[i]))
		} else {
			s.Header = append(s.Header, cell)
		}
	}
	s.Width = len(s.Header)
}

func (s *Survey) newJudge(o Options) error {
	f, err := newFilter(s.Path, &s.header, o)
	if err != nil {
		return err
	}
	s.judge = &judge{
		header: &s.header, columns: &s.columns, filter: f, needed: s.columns.needed(), dialect: s.Dialect, recovery: map[int]bool{},
		checkUTF8: s.charset.decoder == nil && s.file.marks.bad > 0, guessed: s.charset.guess == guessedWindows1252,
	}
	for i, name := range s.header.names {
		if isLogin(s.header.keys[i]) && !slices.Contains(s.columns.at[Email], i) {
			s.judge.logins = append(s.judge.logins, i)
		}
		second, recovery := holdsFurther(name)
		_, first := means(s.header.keys[i], Email)
		if (second || first && !s.header.own[i]) && !slices.Contains(s.columns.at[Email], i) {
			s.judge.second = append(s.judge.second, i)
			s.judge.recovery[i] = recovery
		}
	}
	return nil
}

// holdsFurther tells headers of a person's further addresses.
func holdsFurther(name string) (further, recovery bool) {
	n := normalise(name)
	if !belongsElsewhere(name) || !strings.Contains(strings.ReplaceAll(n, " ", ""), "mail") {
		return false, false
	}
	for _, word := range strings.Fields("owner manager agent assistant supervisor assignee creator author referrer representative parent sender reply emergency spouse vorgesetzter besitzer responsable propietario eigenaar gestor") {
		if strings.Contains(n, word) {
			return false, false
		}
	}
	return true, strings.Contains(n, "reco") || strings.Contains(n, "recu") || strings.Contains(n, "wiederherst") || strings.Contains(n, "herstel")
}

// Contains tells whether an address, as a key, may be in the file: in a row
// that is valid, excluded or invalid, or as a further address. False is certain.
func (s *Survey) Contains(key string) bool { return s.keys.contains(key) }

// DuplicateLines are the first 1,000 duplicates, by line.
func (s *Survey) DuplicateLines() []Duplicate { return s.keys.listed }

// DuplicateRows are the numbers of the rows that are duplicates, rising.
func (s *Survey) DuplicateRows() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s.keys.rows {
			for ; word != 0; word &= word - 1 {
				if !yield(i*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// All reads the file again and yields the same rows in the same order, now
// with their duplicates. It yields a *ChangedError, and ends, before any row
// of a part of the file that is no longer as it was surveyed.
func (s *Survey) All(ctx context.Context) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if err := s.second(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

var errStopped = errors.New("stopped")

func (s *Survey) second(ctx context.Context, yield func(*Row, error) bool) error {
	if st, err := s.file.raw.Stat(); err != nil || st.Size() != s.Size {
		return &ChangedError{s.Path}
	}
	r, err := s.open(ctx, func(record) {})
	if err != nil {
		return err
	}
	for b, err := range r.batches() {
		if err == nil {
			err = r.rowsOf(b, func(row *Row) error { return s.hand(row, yield) }, nil)
		}
		if err == errStopped {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return s.complete(r.number)
}

// hand gives a row to the caller of All.
func (s *Survey) hand(r *Row, yield func(*Row, error) bool) error {
	if err := s.mark(r); err != nil {
		return err
	}
	if !yield(r, nil) {
		return errStopped
	}
	return nil
}

// mark says of which row this one is a duplicate.
func (s *Survey) mark(r *Row) error {
	if !r.Sendable() {
		return nil
	}
	line, sameName, err := s.keys.first(r.identity(), r.Name)
	if err != nil {
		return err
	}
	if line != 0 && line != r.Line {
		r.DuplicateOf, r.DuplicateName = line, !sameName
	}
	return nil
}

func (s *Survey) complete(rows int) error {
	if rows != s.Rows {
		return fmt.Errorf("%s: %d rows were surveyed and %d read: %w", s.Path, s.Rows, rows, &ChangedError{s.Path})
	}
	return nil
}
