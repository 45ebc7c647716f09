// Package export reads the file that a helpdesk, a directory or a spreadsheet
// exported and says which people are in it.
//
// Nothing has to be told to it. What is wrong with the file is repaired and
// counted, or the row is rejected with its reason, or the file is refused
// before anything is done; nothing is lost or guessed without a word.
package export

import (
	"fmt"
	"slices"
)

// Field is something about a person that a column can hold.
type Field int

// The fields that --column can set.
const (
	Email Field = iota + 1
	Name
	FirstName
	LastName
	Organization
	ExternalID
	AccountID

	infix      // "van den": what stands between first and last name in Dutch exports
	secondLast // "López" of "María García López", in Spanish ones
)

var fieldNames = [...]string{
	Email: "email", Name: "name", FirstName: "first_name", LastName: "last_name",
	Organization: "organization", ExternalID: "external_id", AccountID: "account_id", infix: "infix", secondLast: "second_last_name",
}

// Fields are the fields that --column can set, in the order in which people are shown them.
func Fields() []Field {
	return []Field{Email, Name, FirstName, LastName, Organization, ExternalID, AccountID}
}

func (f Field) String() string {
	if f < Email || int(f) >= len(fieldNames) {
		return fmt.Sprintf("field(%d)", int(f))
	}
	return fieldNames[f]
}

// MarshalText gives the word that --column uses.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// ParseField is the reverse of String.
func ParseField(word string) (Field, error) {
	for _, f := range Fields() {
		if f.String() == word {
			return f, nil
		}
	}
	return 0, fmt.Errorf("%q is no field: use email, name, first_name, last_name, organization, external_id or account_id", word)
}

// Match names a value of a column, for --include and --exclude. Case does not matter.
type Match struct{ Column, Value string }

func (m Match) String() string { return m.Column + "=" + m.Value }

// Options are what the user says about the file instead of leaving it to be
// found. The zero value says nothing.
type Options struct {
	Encoding         string           // as --encoding; "": found
	Delimiter        string           // one character, or "tab"; "": found
	NoHeader         bool             // the columns are then named "1", "2", …
	Columns          map[Field]string // the header of the column that holds a field
	Preset           string           // "": found, "none": not looked for, or a name
	Include, Exclude []Match
	NeedAccounts     bool // for revoke: an account id is enough, and a row without an address is fine
}

// RefusedError tells why a file cannot be used. It comes before anything is
// done with any of the rows.
type RefusedError struct {
	Path   string
	Line   int    // physical line, 0: the whole file
	Column string // header, "": no one column
	What   string
	Hint   string // what to do next; may be empty
}

func (e *RefusedError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s, line %d", where, e.Line)
	}
	if e.Column != "" {
		where = fmt.Sprintf("%s, column %q", where, e.Column)
	}
	return where + ": " + e.What
}

// OptionError tells that an option itself is wrong, whatever the file.
type OptionError struct {
	Flag, What string
}

func (e *OptionError) Error() string { return e.Flag + ": " + e.What }

// ChangedError tells that the file is no longer what was surveyed.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return e.Path + " has changed since it was read for the plan"
}

// Presets are the names of the header sets that are known.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names
}
