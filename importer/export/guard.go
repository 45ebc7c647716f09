package export

import (
	"strings"
	"unicode"
)

// isFormula reports a cell that a spreadsheet would take for a formula, also after
// blanks, characters that do not show, and guards that it has already.
func isFormula(cell string) bool {
	for _, r := range strings.TrimLeft(cell, "'") {
		switch {
		case strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", r):
			return true
		case !unicode.IsSpace(r) && !isInvisible(r):
			return false
		}
	}
	return false
}

// Guard puts a ' before a cell that a spreadsheet would take for a formula.
// Unguard(Guard(cell)) is always cell.
func Guard(cell string) string {
	if isFormula(cell) {
		return "'" + cell
	}
	return cell
}

// Unguard takes off the ' that Guard, or the program that wrote the export, put there.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && isFormula(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// bare is a cell without what keeps spreadsheets from taking it for a formula:
// the guard, the formula ="…" around it, or quotes.
func bare(cell string) string {
	cell = Unguard(cell)
	inner, opened := strings.CutPrefix(strings.TrimPrefix(trimBlanks(cell), "="), `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !opened || !closed {
		return cell
	}
	return strings.ReplaceAll(inner, `""`, `"`)
}
