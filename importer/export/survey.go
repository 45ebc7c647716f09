package export

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// File is an export that has been opened. Its one copy is a temporary file that Close removes.
type File struct{ path string }

// Open copies the export at path ("-": stdin), unpacked, into a temporary file
// (mode 0600). A *RefusedError says why a file is none that can be read.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	return nil, errors.New("not there yet")
}

// Close removes the copy.
func (f *File) Close() error { return nil }

// Path is the path as given, or "stdin".
func (f *File) Path() string { return f.path }

// Stem is the path without its known endings: what names of other files are made from.
func (f *File) Stem() string { return f.path }

// Stem is path without .csv, .tsv, .txt, .gz and .zip.
func Stem(path string) string { return path }

// Presets are the names of the header sets that are known.
func Presets() []string { return nil }

// Key is the address in cell as [Row.Key] has it; false when there is none in it.
func Key(cell string) (key string, ok bool) { return "", false }

// Guard puts a ' before a cell that a spreadsheet would take for a formula.
// Unguard(Guard(cell)) is always cell.
func Guard(cell string) string { return cell }

// Unguard takes off the ' that Guard, or the program that wrote the export, put there.
func Unguard(cell string) string { return cell }

// Column is which column holds a field, and why it was taken.
type Column struct {
	Field  Field  `json:"field"`
	Header string `json:"header"`
	Index  int    `json:"index"` // from 0, in the file
	Why    string `json:"why"`
}

// Advice points out people whom somebody may not want to onboard. Nothing is
// left out because of it.
type Advice struct {
	Count  int     `json:"count"`
	Places []Place `json:"places,omitempty"` // the first five
	Text   string  `json:"text"`
	Flag   string  `json:"flag,omitempty"` // what leaves them out
}

// Survey is what one reading of a file found. All reads it again.
type Survey struct {
	Path    string    `json:"path"`
	SHA256  string    `json:"sha256"` // of the file's bytes as they lie on disk
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`

	Encoding   string   `json:"encoding"`
	Dialect    Dialect  `json:"dialect"`
	HeaderLine int      `json:"header_line"` // physical line; 0: the file has none
	Header     []string `json:"header"`      // without our own columns
	Own        []string `json:"own,omitempty"`
	Width      int      `json:"width"`  // cells of the widest row; those beyond the header have no name
	Preset     string   `json:"preset"` // the source's name as --preset takes it; "": none
	Source     string   `json:"source"` // and as people call it
	Columns    []Column `json:"columns"`
	// Repeat are the flags that make another command read this file, or the
	// failed file of it, in the same way.
	Repeat []string `json:"repeat,omitempty"`

	Records    int `json:"records"` // rows and skipped lines
	Rows       int `json:"rows"`
	Skipped    int `json:"skipped"`
	Valid      int `json:"valid"` // may be sent; duplicates are among them
	Invalid    int `json:"invalid"`
	Excluded   int `json:"excluded"`
	Duplicates int `json:"duplicates"`
	NoAddress  int `json:"no_address"` // invalid rows whose address could not be read

	// OneExternalID is why external ids of this file are not used for anything; "": they are.
	OneExternalID string `json:"one_external_id,omitempty"`

	Problems []Problem `json:"problems"`
	Advice   []Advice  `json:"advice"`
	Examples []Example `json:"examples"` // the first rows that may be sent; for the user's own eyes
}

// Survey reads the whole file once, row by row, and calls visit (which may be
// nil) with each row in order. Nothing is known of duplicates then. A
// *RefusedError says why the file cannot be used.
func (f *File) Survey(ctx context.Context, o Options, visit func(*Row) error) (*Survey, error) {
	return nil, errors.New("not there yet")
}

// All reads the file again and yields the same rows in the same order, now with their duplicates.
func (s *Survey) All(ctx context.Context) iter.Seq2[*Row, error] { return nil }

// Contains reports whether an address, as a key, may be in the file: in a row
// that is valid, excluded or invalid, or as a further address. False is certain.
func (s *Survey) Contains(key string) bool { return false }

// DuplicateLines are the first 1,000 duplicates, by line.
func (s *Survey) DuplicateLines() []Duplicate { return nil }

// DuplicateRows are the numbers of the rows that are duplicates, rising.
func (s *Survey) DuplicateRows() iter.Seq[int] { return nil }
