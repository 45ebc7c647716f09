// Package export reads the file that a helpdesk, a directory or a spreadsheet exported and says which people are in it.
//
// It needs no configuration. What is wrong with the file is repaired and counted, or the row is rejected with its
// reason, or the file is refused before anything is done; nothing is dropped or guessed silently.
package export

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"

	"jsm-onboard/importer/csvtext"
)

// Field is something about a person that a column can hold.
type Field int

// The fields that --column can set.
const (
	Email Field = iota + 1
	Name
	FirstName
	MiddleName
	LastName
	Organization
	ExternalID
	AccountID
	fields

	secondLast = fields // "López" of "María García López", which --column has not
)

var fieldNames = []string{
	Email: "email", Name: "name", FirstName: "first_name", MiddleName: "middle_name", LastName: "last_name",
	Organization: "organization", ExternalID: "external_id", AccountID: "account_id", secondLast: "second_last_name",
}

func (f Field) String() string { return fieldNames[f] }

// MarshalText gives the word that --column uses.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// ParseField is the reverse of String.
func ParseField(word string) (Field, error) {
	if f := Field(slices.Index(fieldNames[:fields], word)); f >= Email {
		return f, nil
	}
	return 0, fmt.Errorf("%q is not a field: use email, name, first_name, middle_name, last_name, organization, "+
		"external_id or account_id", word)
}

// Match names a value of a column, for --include and --exclude. Case does not matter.
type Match struct{ Column, Value string }

func (m Match) String() string { return m.Column + "=" + m.Value }

// Options are what the user specifies about the file; the rest is detected. The zero value specifies nothing.
type Options struct {
	Encoding         string           // as --encoding; "": detected
	Delimiter        string           // one character, or its name; "": detected
	NoHeader         bool             // the columns are then named "1", "2", …
	Columns          map[Field]string // the header of the column that holds a field
	NoNames          bool             // --column name=none: the address is the name
	Preset           string           // "": detected, "none": none, or a name
	Include, Exclude []Match
	NeedAccounts     bool // for revoke: an account id is enough, and a row without an address is fine
	Organizations    bool // the organization column is needed, and must look like one
}

// What is shared with the room below.
type (
	Place        = csvtext.Place
	Dialect      = csvtext.Dialect
	RefusedError = csvtext.RefusedError
	OptionError  = csvtext.OptionError
)

func noRows() error {
	return refuse(Place{}, "the file has no rows: there is nothing to do",
		"if it is an export, check whether that has failed or its filter leaves everybody out, and make it again")
}

// refuse refuses a file, at a place of it or (zero) as a whole. [File.Survey] adds the path.
func refuse(at Place, what, hint string) error {
	return &RefusedError{Place: at, What: what, Hint: hint}
}

// File is an export that has been opened. Its one copy is a temporary file that Close removes.
type File struct{ *csvtext.File }

// Open copies the export at path ("-": stdin), unpacked. A *RefusedError says why it is none that can be read.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	opened, err := csvtext.Open(ctx, path, stdin)
	return &File{opened}, err
}

// Stem is path without .csv, .tsv, .txt, .gz and .zip: what names of other files are made from.
func Stem(path string) string { return extension.ReplaceAllString(path, "$1") }

var extension = regexp.MustCompile(`(?i)([^./\\])(\.csv|\.tsv|\.txt)?(\.gz|\.zip)?$`)
