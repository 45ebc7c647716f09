package export

import (
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
)

// What can be done about a problem, short of refusing the file.
const (
	Repaired = csvtext.Repaired
	Rejected = csvtext.Rejected
	Advised  = csvtext.Advised
)

// kinds are all that there are, in the order of their definitions here: people are shown them so.
var kinds []*kind

func known(list ...*kind) *kind {
	kinds = append(kinds, list...)
	return list[0]
}

func repaired(word, text, hint string) *kind {
	return known(&kind{Severity: Repaired, Word: word, Text: text, Hint: hint})
}

func rejected(word, text, hint string) *kind {
	return known(&kind{Severity: Rejected, Word: word, Text: text, Hint: hint})
}

// The kinds of problems.
var (
	// Troubles of the whole file.
	guessedEncoding = repaired("not_utf8", "the file is not UTF-8 and was read as %s",
		"check whether the letters in names are right (check shows some of them); use --encoding if not")
	singleQuotes    = repaired("single_quotes", "cells are quoted with ' instead of \"", "")
	duplicateHeader = repaired("duplicate_header",
		"columns with the same header: the first address that is not empty was taken", "")
	noNameColumn = repaired("no_name_column", "no column holds a name: the address is used as the name",
		"name it with --column name=COLUMN")
	halfName = repaired("half_name", "only one part of the names was found: people are called by it alone",
		"name the other with --column first_name=COLUMN or --column last_name=COLUMN")
	externalIDsUnused = repaired("external_ids_unused", "external ids are not used", "")

	// Lines that are no rows.
	titleLines = repaired("title_lines", "line|lines before the header was|were passed over", "")
	bomInside  = repaired("bom_inside",
		"byte order mark|marks in the middle of the file (files joined by hand?), taken off", "")
	repeatedHeader = repaired("repeated_header",
		"repetition|repetitions of the header in the middle of the file (files joined by hand?), passed over", "")
	footerLines = repaired("footer", "line|lines after the last row, passed over", "")
	strayLines  = repaired("stray_directive",
		"sep=, #TYPE, comment or ruler line|lines between the rows, passed over", "")

	// Repairs of a row.
	cutOff = repaired("cut_off", "the last row is short and has no line end: perhaps the file was cut off",
		"export it again if people are missing at the end")
	_        = known(csvtext.EscapedQuotes, csvtext.BlanksAroundQuotes, csvtext.BareQuotes)
	shortRow = repaired("short_row",
		"row|rows with fewer cells than there are columns; what is missing was read as empty", "")
	wrappedAddress = repaired("wrapped_address",
		"address|addresses with something around (Name <address>, mailto:, ' or =\"\"), taken off", "")
	severalAddresses = repaired("several_addresses",
		"row|rows with several addresses: only the first is onboarded", "")
	guardedCell = repaired("guarded_cell",
		"cell|cells guarded against formulas (' or =\"\"): the guard was taken off", "")
	severalNames = repaired("several_names",
		"row|rows in which the name is repeated for each directory: taken once", "")
	namelessRow  = repaired("no_name", "row|rows without a name: the address is used as the name", "")
	nameControls = repaired("name_controls", "name|names with control characters or line breaks, taken out", "")

	// Rows whose form is wrong.
	_ = known(csvtext.QuoteNeverClosed, csvtext.QuotesUnclear, csvtext.SwallowedRows, csvtext.TooManyColumns,
		csvtext.CellTooLong)
	longRow = rejected("long_row", "row|rows with more cells than there should be",
		"put quotes around a cell that contains the delimiter (such as a comma)")
	rowTooShort = rejected("row_too_short", "row|rows that ends|end before the address and the name are complete",
		"put quotes around a cell that contains a line break, or complete the row")
	brokenRow = rejected("broken_row", "line|lines that may be part of one row with the line before or after",
		"put quotes around the cell that holds the line break, or complete the row")
	notUTF8 = rejected("row_not_utf8", "row|rows in another encoding than UTF-8, though others are UTF-8",
		"save the file in one encoding; UTF-8 is best")

	// Rows without an address that can be used.
	missingAddress = rejected("no_address", "row|rows without an address",
		"add it: nobody can be onboarded without one")
	brokenAddress = rejected("malformed_address", "malformed address|addresses",
		"correct it in the file")
	missingAccount = rejected("no_account", "row|rows with neither an account id nor an address",
		"add one of them")

	// Rows whose name is not what the person is called.
	nameBroken = rejected("name_lost_letters",
		"name|names with letters that were broken before, as in M?ller or JosÃ©",
		"export the file again as UTF-8, or use --encoding (in PowerShell: Export-Csv -Encoding UTF8)")
	notAName = rejected("not_a_name",
		"name|names with a formula, a program's signs (as in {{name}}, M&uuml;ller), a single quotation mark or "+
			"several people in it",
		"write the person's name there")
)

// unwanted are people who have left or are no customers, by what stands in a column. It begins the text.
var unwanted = known(&kind{Severity: Advised, Word: "may_be_unwanted", Text: "person|people marked as"})

// Problem is one kind of trouble in a file, with where it first occurs.
type Problem struct {
	Kind     string   `json:"kind"` // a stable word, such as "short_row"
	Severity Severity `json:"severity"`
	Count    int      `json:"count"`
	Places   []Place  `json:"places,omitempty"` // the first five
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// Kinds are the words of all kinds of trouble in a file.
func Kinds() []string {
	words := []string{"include_matches_none", "exclude_matches_none"}
	for _, k := range kinds {
		words = append(words, k.Word)
	}
	return words
}

// tally counts problems by kind.
type tally map[*kind]*Problem

// add counts some kinds once more; a zero place is the file as a whole.
func (t tally) add(at Place, list ...*kind) {
	for _, k := range list {
		if t[k] == nil {
			t[k] = &Problem{Kind: k.Word, Severity: k.Severity, Hint: k.Hint}
		}
		p := t[k]
		if p.Count++; at.Row > 0 && len(p.Places) < 5 {
			p.Places = append(p.Places, at)
		}
	}
}

// problems lists what was counted in a file of some encoding, and of the signs in it.
func (t tally) problems(encoding string, signs []sign) (ps []Problem) {
	list := slices.Clone(kinds)
	for _, g := range signs {
		list = append(list, g.kind)
	}
	for _, k := range list {
		if p := t[k]; p != nil {
			p.Text = strings.Replace(k.Of(p.Count), "%s", encoding, 1)
			ps = append(ps, *p)
		}
	}
	return ps
}
