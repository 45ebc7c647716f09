package export

// description is how a kind of trouble is told.
type description struct {
	word     string
	severity Severity
	text     string // of all such rows, after their number
	hint     string
	one      string // text when there is but one; "": the same
}

var descriptions = [kinds]description{
	guessedUTF16:       {"utf16_without_bom", Repaired, "the file has no byte order mark and was read as UTF-16", "say --encoding if that is wrong", ""},
	guessedWindows1252: {"not_utf8", Repaired, "the file is not UTF-8 and was read as Windows-1252", "look whether the letters in names are right (check shows some of them); say --encoding if not", ""},
	singleQuotes:       {"single_quotes", Repaired, "cells are quoted with ' instead of \"", "", ""},
	titleLines:         {"title_lines", Repaired, "lines before the header were passed over", "", "line before the header was passed over"},
	bomInside:          {"bom_inside", Repaired, "a byte order mark in the middle of the file was taken off (files joined by hand?)", "", ""},
	duplicateHeader:    {"duplicate_header", Repaired, "columns with the same header: the first address that is not empty was taken", "", ""},
	noNameColumn:       {"no_name_column", Repaired, "no column holds a name: the address is used as the name", "name it with --column name=HEADER", ""},
	halfName:           {"half_name", Repaired, "only one part of the names was found: people are called by it alone", "name the other with --column first_name=HEADER or --column last_name=HEADER, or a column of full names with --column name=HEADER", ""},
	loginAsAddress:     {"login_as_address", Repaired, "there is no column of addresses: the login name is used, which looks like one", "name the right one with --column email=HEADER", ""},
	repeatedHeader:     {"repeated_header", Repaired, "the header again in the middle of the file (files joined by hand?): passed over", "", ""},
	footerLines:        {"footer", Repaired, "lines after the last row that are no rows: passed over", "", "line after the last row that is no row: passed over"},
	strayDirective:     {"stray_directive", Repaired, "sep=, #TYPE or comment lines in the middle of the file: passed over", "", "sep=, #TYPE or comment line in the middle of the file: passed over"},
	rulerLines:         {"ruler", Repaired, "lines of dashes: passed over", "", "line of dashes: passed over"},
	cutOff:             {"cut_off", Repaired, "the last row is short and has no line end: was the file cut off?", "export it again if people are missing at the end", ""},
	escapedQuotes:      {"escaped_quotes", Repaired, "quotes inside cells are written \\\" instead of \"\"", "", ""},
	blanksAroundQuotes: {"blanks_around_quotes", Repaired, "blanks around quoted cells were taken off", "", ""},
	quotedPhrases:      {"quoted_phrases", Repaired, "cells with an address after a closing quote, as in \"Ann Lee\" <ann@example.com>: both were read as one cell", "", "cell with an address after a closing quote, as in \"Ann Lee\" <ann@example.com>: both were read as one cell"},
	bareQuotes:         {"bare_quotes", Repaired, "quotes inside cells are not doubled: taken as they stand", "", ""},
	shortRow:           {"short_row", Repaired, "rows with fewer cells than the header; what is missing was read as empty", "", "row with fewer cells than the header; what is missing was read as empty"},
	wrappedAddress:     {"wrapped_address", Repaired, "addresses with something around them (Name <address>, mailto:) were freed of it", "", "address with something around it (Name <address>, mailto:) was freed of it"},
	severalAddresses:   {"several_addresses", Repaired, "rows with several addresses: only the first is onboarded", "", "row with several addresses: only the first is onboarded"},
	guardedCell:        {"guarded_cell", Repaired, "what guards cells against formulas (' or =\"\") was taken off", "", ""},
	severalNames:       {"several_names", Repaired, "the name is there once for each directory: taken once", "", ""},
	namelessRow:        {"no_name", Repaired, "rows without a name: the address is used as the name", "", "row without a name: the address is used as the name"},
	nameControls:       {"name_controls", Repaired, "control characters in names were taken out", "", ""},
	nameLineBreak:      {"name_line_break", Repaired, "line breaks in names became blanks", "", "line break in a name became a blank"},
	nameQuestion:       {"name_question_mark", Repaired, "names that end in a question mark: was that a letter once?", "export the file again as UTF-8 if so", "name that ends in a question mark: was that a letter once?"},

	quoteNeverClosed: {"quote_never_closed", Rejected, "a quoted cell is never closed", "add the missing quote, or take the opening one away", ""},
	quotesUnclear:    {"quotes_unclear", Rejected, "quotes inside a cell leave open where it ends", "put quotes around the whole cell and double those inside it, as in \"Ann \"\"A\"\" Lee\"", ""},
	swallowedRows:    {"swallowed_rows", Rejected, "a quoted cell holds what looks like whole rows", "is a closing quote missing?", ""},
	tooManyColumns:   {"too_many_columns", Rejected, "rows of more than 2,000 columns", "is this row one of the table?", "row of more than 2,000 columns"},
	cellTooLong:      {"cell_too_long", Rejected, "cells of more than 1 MiB", "is a closing quote missing?", "cell of more than 1 MiB"},
	longRow:          {"long_row", Rejected, "rows with more cells than the header", "is there a delimiter in a cell that is not quoted?", "row with more cells than the header"},
	rowTooShort:      {"row_too_short", Rejected, "rows that end before the address or the name", "is there a line break in a cell that is not quoted?", "row that ends before the address or the name"},
	brokenRow:        {"broken_row", Rejected, "lines that look like parts of one row", "put quotes around the cell that holds the line break", "line that looks like a part of a row"},
	beginningApart:   {"broken_before", Rejected, "rows whose name may begin in the line before", "put the whole name into one quoted cell, or take the line before out if it is no part of it", "row whose name may begin in the line before"},
	cutOffRow:        {"cut_off_row", Rejected, "the last row is short and has no line end: the file was cut off", "export it again", ""},
	notUTF8:          {"row_not_utf8", Rejected, "rows that are not UTF-8 although others are", "save the file in one encoding; UTF-8 is best", "row that is not UTF-8 although others are"},
	missingAddress:   {"no_address", Rejected, "rows without an address", "add it: nobody can be onboarded without one", "row without an address"},
	nullAddress:      {"null_address", Rejected, "the cell of the address says that there is none (NULL, N/A)", "put the address there, if there is one", ""},
	guestAddress:     {"guest_login", Rejected, "the login name of a guest (#EXT#) stands where the address should", "put the guest's own address there", ""},
	exchangeAddress:  {"exchange_address", Rejected, "an Exchange address (/o=…), which is no e-mail address", "put the person's SMTP address there", ""},
	brokenAddress:    {"malformed_address", Rejected, "malformed addresses", "put them right, in the export or in the file of rows to mend", "malformed address"},
	missingAccount:   {"no_account", Rejected, "rows with neither an account id nor an address", "add one of them", "row with neither an account id nor an address"},
	nameNUL:          {"name_nul", Rejected, "names with a NUL character", "export the file again", "name with a NUL character"},
	nameLostLetters:  {"name_lost_letters", Rejected, "names that have lost letters, as in M?ller", "export the file again as UTF-8 (in PowerShell: Export-Csv -Encoding UTF8)", "name that has lost letters, as in M?ller"},
	nameEncoding:     {"name_encoding", Rejected, "names whose letters were read in the wrong encoding", "say --encoding, or save the file as UTF-8", "name whose letters were read in the wrong encoding"},
	nameEntities:     {"name_entities", Rejected, "names that hold HTML entities, as in M&uuml;ller", "write the letters themselves", "name that holds HTML entities, as in M&uuml;ller"},
	nameSpreadsheet:  {"name_spreadsheet_error", Rejected, "names that a spreadsheet program has made errors of, as in #NAME?", "export the file again, and do not open it before", "name that a spreadsheet program has made an error of, as in #NAME?"},
	nameQuote:        {"name_quote", Rejected, "names with a quote that is alone: was the cell cut off there?", "take the quote off, or put the row's cells right", "name with a quote that is alone: was the cell cut off there?"},
	namesDiffer:      {"names_differ", Rejected, "several names in one cell", "leave one", ""},
}

// of is the text for so many.
func (d description) of(count int) string {
	if count == 1 && d.one != "" {
		return d.one
	}
	return d.text
}
