package export

import "jsm-onboard/importer/csvtext"

// Troubles of the whole file, of a record's form, and of the person in it.
const (
	guessedUTF16 kind = iota + 1
	guessedEncoding
	singleQuotes
	titleLines
	bomInside
	duplicateHeader
	noNameColumn
	halfName
	loginAsAddress
	externalIDsUnused
	repeatedHeader
	footerLines
	strayDirective
	rulerLines
	cutOff
	escapedQuotes
	blanksAroundQuotes
	quotedPhrases
	bareQuotes
	shortRow
	wrappedAddress
	severalAddresses
	guardedCell
	severalNames
	namelessRow
	nameControls
	nameLineBreak
	nameQuestion

	quoteNeverClosed
	quotesUnclear
	swallowedRows
	tooManyColumns
	cellTooLong
	longRow
	shiftedRow
	rowTooShort
	brokenRow
	beginningApart
	cutOffRow
	notUTF8
	missingAddress
	nullAddress
	guestAddress
	exchangeAddress
	brokenAddress
	missingAccount
	nameNUL
	nameLostLetters
	nameEncoding
	nameEntities
	nameSpreadsheet
	nameQuote
	namesDiffer
	kinds
)

// flawKinds are the kinds of what the splitter found.
var flawKinds = map[csvtext.Flaw]kind{
	csvtext.EscapedQuotes: escapedQuotes, csvtext.BlanksAroundQuotes: blanksAroundQuotes,
	csvtext.QuotedPhrases: quotedPhrases,
	csvtext.BareQuotes:    bareQuotes, csvtext.QuoteNeverClosed: quoteNeverClosed, csvtext.QuotesUnclear: quotesUnclear,
	csvtext.SwallowedRows: swallowedRows, csvtext.TooManyColumns: tooManyColumns, csvtext.CellTooLong: cellTooLong,
}

// description is how a kind of trouble is put to people.
type description struct {
	word string
	many string // what all such rows have, after their number
	one  string // the same of one; "": the text for many
	hint string
}

const exportUTF8 = "export the file again as UTF-8"

var descriptions = [kinds]description{
	guessedUTF16: {
		"utf16_without_bom", "the file has no byte order mark and was read as UTF-16",
		"", "say --encoding if that is wrong",
	},
	guessedEncoding: {
		"not_utf8", "the file is not UTF-8 and was read as %s",
		"", "look whether the letters in names are right (check shows some of them); say --encoding if not",
	},
	singleQuotes: {"single_quotes", "cells are quoted with ' instead of \"", "", ""},
	titleLines: {
		"title_lines", "lines before the header were passed over",
		"line before the header was passed over", "",
	},
	bomInside: {
		"bom_inside", "byte order marks in the middle of the file were taken off (files joined by hand?)",
		"", "",
	},
	duplicateHeader: {
		"duplicate_header", "columns with the same header: the first address that is not empty was taken",
		"", "",
	},
	noNameColumn: {
		"no_name_column", "no column holds a name: the address is used as the name",
		"", "name it with --column name=HEADER",
	},
	halfName: {
		"half_name", "only one part of the names was found: people are called by it alone",
		"", "name the other with --column first_name=HEADER or --column last_name=HEADER",
	},
	loginAsAddress: {
		"login_as_address", "there is no column of addresses: the login name is used, which looks like one",
		"", "name the right one with --column email=HEADER",
	},
	externalIDsUnused: {"external_ids_unused", "external ids are not used", "", ""},
	repeatedHeader: {
		"repeated_header",
		"repetitions of the header in the middle of the file were passed over (files joined by hand?)",
		"", "",
	},
	footerLines: {
		"footer", "lines after the last row that are no rows were passed over",
		"line after the last row that is no row was passed over", "",
	},
	strayDirective: {
		"stray_directive", "sep=, #TYPE or comment lines in the middle of the file were passed over",
		"", "",
	},
	rulerLines: {"ruler", "lines of dashes were passed over", "line of dashes was passed over", ""},
	cutOff: {
		"cut_off", "the last row is short and has no line end: was the file cut off?",
		"", "export it again if people are missing at the end",
	},
	escapedQuotes: {"escaped_quotes", "rows with \\\" instead of \"\" inside cells", "", ""},
	blanksAroundQuotes: {
		"blanks_around_quotes", "rows with blanks around quoted cells, which were taken off",
		"", "",
	},
	quotedPhrases: {
		"quoted_phrases",
		"rows with an address after a closing quote, as in \"Ann Lee\" <ann@example.com>: read as one cell",
		"", "",
	},
	bareQuotes: {"bare_quotes", "rows with quotes inside cells that are not doubled: taken as they stand", "", ""},
	shortRow: {
		"short_row", "rows with fewer cells than the header; what is missing was read as empty",
		"row with fewer cells than the header; what is missing was read as empty", "",
	},
	wrappedAddress: {
		"wrapped_address", "addresses with something around them (Name <address>, mailto:), which was taken off",
		"address with something around it (Name <address>, mailto:), which was taken off", "",
	},
	severalAddresses: {
		"several_addresses", "rows with several addresses: only the first is onboarded",
		"row with several addresses: only the first is onboarded", "",
	},
	guardedCell:  {"guarded_cell", "cells guarded against formulas (' or =\"\"): the guard was taken off", "", ""},
	severalNames: {"several_names", "rows in which the name stands once for each directory: taken once", "", ""},
	namelessRow: {
		"no_name", "rows without a name: the address is used as the name",
		"row without a name: the address is used as the name", "",
	},
	nameControls: {"name_controls", "names with control characters, which were taken out", "", ""},
	nameLineBreak: {
		"name_line_break", "names with line breaks, which became blanks",
		"name with a line break, which became a blank", "",
	},
	nameQuestion: {
		"name_question_mark", "names that end in a question mark: was that a letter once?",
		"name that ends in a question mark: was that a letter once?", "export the file again as UTF-8 if so",
	},
	quoteNeverClosed: {
		"quote_never_closed", "rows in which a quote opens a cell and never closes it",
		"row in which a quote opens a cell and never closes it",
		"add the missing quote, or take the opening one away",
	},
	quotesUnclear: {
		"quotes_unclear", "rows in which quotes leave open where a cell ends",
		"row in which quotes leave open where a cell ends",
		"put quotes around the whole cell and double those inside it, as in \"Ann \"\"A\"\" Lee\"",
	},
	swallowedRows: {
		"swallowed_rows", "rows with a quoted cell that holds what looks like whole rows",
		"row with a quoted cell that holds what looks like whole rows", "is a closing quote missing?",
	},
	tooManyColumns: {
		"too_many_columns", "rows of more than 2,000 columns",
		"row of more than 2,000 columns", "is this row one of the table?",
	},
	cellTooLong: {
		"cell_too_long", "rows with a cell of more than 1 MiB",
		"row with a cell of more than 1 MiB", "is a closing quote missing?",
	},
	longRow: {
		"long_row", "rows with more cells than the header",
		"row with more cells than the header", "is there a delimiter in a cell that is not quoted?",
	},
	shiftedRow: {
		"shifted_row",
		"rows that fill a last column which others leave empty, so that their cells seem to be shifted",
		"row that fills a last column which others leave empty, so that its cells seem to be shifted",
		"is there a delimiter in a cell that is not quoted?",
	},
	rowTooShort: {
		"row_too_short", "rows that end before the address or the name",
		"row that ends before the address or the name", "is there a line break in a cell that is not quoted?",
	},
	brokenRow: {
		"broken_row", "lines that look like parts of one row",
		"line that looks like a part of a row", "put quotes around the cell that holds the line break",
	},
	beginningApart: {
		"broken_before", "rows whose name may begin in the line before",
		"row whose name may begin in the line before",
		"put the whole name into one quoted cell, or take the line before out if it is no part of it",
	},
	cutOffRow: {
		"cut_off_row", "the last row is short and has no line end: the file was cut off",
		"", "export it again",
	},
	notUTF8: {
		"row_not_utf8", "rows that are not UTF-8 although others are",
		"row that is not UTF-8 although others are", "save the file in one encoding; UTF-8 is best",
	},
	missingAddress: {
		"no_address", "rows without an address",
		"row without an address", "add it: nobody can be onboarded without one",
	},
	nullAddress: {
		"null_address", "rows whose address is a word for none (NULL, N/A)",
		"row whose address is a word for none (NULL, N/A)", "put the address there, if there is one",
	},
	guestAddress: {
		"guest_login", "rows with the login name of a guest (#EXT#) for the address",
		"row with the login name of a guest (#EXT#) for the address", "put the guest's own address there",
	},
	exchangeAddress: {
		"exchange_address", "rows with an Exchange address (/o=…), which is no e-mail address",
		"row with an Exchange address (/o=…), which is no e-mail address", "put the person's SMTP address there",
	},
	brokenAddress: {
		"malformed_address", "malformed addresses",
		"malformed address", "correct them in the export, or in the file of failed rows",
	},
	missingAccount: {
		"no_account", "rows with neither an account id nor an address",
		"row with neither an account id nor an address", "add one of them",
	},
	nameNUL: {"name_nul", "names with a NUL character", "name with a NUL character", "export the file again"},
	nameLostLetters: {
		"name_lost_letters", "names that have lost letters, as in M?ller",
		"name that has lost letters, as in M?ller", exportUTF8 + " (in PowerShell: Export-Csv -Encoding UTF8)",
	},
	nameEncoding: {
		"name_encoding", "names whose letters were read in the wrong encoding",
		"name whose letters were read in the wrong encoding", "say --encoding, or " + exportUTF8,
	},
	nameEntities: {
		"name_entities", "names with letters that are written as codes, as in M&uuml;ller",
		"name with letters that are written as codes, as in M&uuml;ller", "write the letters themselves",
	},
	nameSpreadsheet: {
		"name_spreadsheet_error", "names that a spreadsheet program has made errors of, as in #NAME?",
		"name that a spreadsheet program has made an error of, as in #NAME?",
		"export the file again, and do not open it before",
	},
	nameQuote: {
		"name_quote", "names with a quote that is alone: was the cell cut off there?",
		"name with a quote that is alone: was the cell cut off there?",
		"take the quote off, or correct the row's cells",
	},
	namesDiffer: {"names_differ", "cells with several names", "cell with several names", "leave one"},
}

// notes are what a row that was repaired says of it.
var notes = map[kind]string{
	cutOff:             "the last row is short: was the file cut off?",
	escapedQuotes:      uncleanQuotes,
	blanksAroundQuotes: uncleanQuotes,
	quotedPhrases:      uncleanQuotes,
	bareQuotes:         uncleanQuotes,
	shortRow:           "the row is shorter than the header",
	wrappedAddress:     "what stood around the address was taken off",
	guardedCell:        "what guards the cell against formulas (' or =\"\") was taken off",
	namelessRow:        "no name: the address is used",
	nameControls:       "control characters in the name were taken out",
	nameLineBreak:      "a line break in the name became a blank",
	nameQuestion:       "the name ends in a question mark: was that a letter?",
}

const uncleanQuotes = "the quotes of the row are not clean"

// severity is what was done about a kind.
func (k kind) severity() Severity {
	if k < quoteNeverClosed {
		return Repaired
	}
	return Rejected
}

// of is the text for so many.
func (d description) of(count int) string {
	if count == 1 && d.one != "" {
		return d.one
	}
	return d.many
}

// Kinds are all kinds of trouble, as one row has them.
func Kinds() []Problem {
	var all []Problem
	for k := kind(1); k < kinds; k++ {
		d := descriptions[k]
		all = append(all, Problem{Kind: d.word, Severity: k.severity(), Text: d.of(1), Hint: d.hint})
	}
	return all
}
