package csvtext

import "strings"

// Severity is what is done about a flaw.
type Severity string

// What can be done, short of refusing the file.
const (
	Repaired Severity = "repaired" // repaired or passed over, and the records are used
	Rejected Severity = "rejected" // the records are not used
	Advised  Severity = "advice"   // nothing
)

// Flaw is a kind of trouble in a file, and how it is put to people.
type Flaw struct {
	Severity Severity
	Word     string // stable, such as "quotes_unclear"
	Text     string // see [Flaw.Of]
	Hint     string // what the user can do about it
}

// Flaws in the form of a record. Where they are not repaired its cells cannot be trusted.
var (
	QuotesRepaired = &Flaw{Repaired, "quotes_repaired",
		"row|rows with blanks around quotes, or quotes inside cells that are not doubled: read as they are meant", ""}

	QuotesUnclear = &Flaw{Rejected, "quotes_unclear", "row|rows in which quotes leave open where a cell ends",
		"close the quotes around a cell, and double those inside it, as in \"Ann \"\"A\"\" Lee\""}
	SwallowedRows = &Flaw{Rejected, "swallowed_rows",
		"row|rows with a quoted cell that holds what looks like whole rows", "add the closing quote if it is missing"}
	TooManyColumns = &Flaw{Rejected, "too_many_columns", "row|rows of more than 2,000 columns",
		"remove the row if it is not part of the table"}
	CellTooLong = &Flaw{Rejected, "cell_too_long", "row|rows with a cell of more than 1 MiB",
		"add the closing quote if it is missing"}
)

// Of is the text for so many: "row|rows that is|are not UTF-8" has both.
func (f *Flaw) Of(count int) string {
	words := strings.Split(f.Text, " ")
	for i, word := range words {
		if one, many, both := strings.Cut(word, "|"); both && count == 1 {
			words[i] = one
		} else if both {
			words[i] = many
		}
	}
	return strings.Join(words, " ")
}
