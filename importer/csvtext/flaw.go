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
	EscapedQuotes = &Flaw{Repaired, "escaped_quotes", "row|rows with \\\" instead of \"\" inside cells", ""}

	BlanksAroundQuotes = &Flaw{Repaired, "blanks_around_quotes",
		"row|rows with spaces around quoted cells, taken off", ""}
	BareQuotes = &Flaw{Repaired, "bare_quotes",
		"row|rows with quotes inside cells that are not doubled: taken as they stand", ""}

	QuoteNeverClosed = &Flaw{Rejected, "quote_never_closed",
		"row|rows in which a quote opens a cell and never closes it",
		"add the missing quote, or take the opening one away"}
	QuotesUnclear = &Flaw{Rejected, "quotes_unclear", "row|rows in which quotes leave open where a cell ends",
		"put quotes around the whole cell and double those inside it, as in \"Ann \"\"A\"\" Lee\""}
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
