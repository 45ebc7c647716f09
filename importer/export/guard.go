package export

import (
	"regexp"
	"strings"
)

// formula is a cell that a spreadsheet would take for one, also after blanks, hidden characters and guards.
var formula = regexp.MustCompile(`^'*[\s\v\x{85}\pZ\p{Cf}]*[=+\-@\t\r\n\x00＝＋－＠]`)

// Guard puts a ' before a cell that a spreadsheet would take for a formula. Unguard(Guard(cell)) is always cell.
func Guard(cell string) string { return formula.ReplaceAllString(cell, "'$0") }

// Unguard takes off the ' that Guard, or the program that wrote the export, put there.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && formula.MatchString(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// bare is a cell without what keeps spreadsheets from taking it for a formula: the guard, ="…" around it, or quotes.
func bare(cell string) string {
	cell = Unguard(cell)
	inner, opened := strings.CutPrefix(strings.TrimPrefix(trimBlanks(cell), "="), `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !opened || !closed {
		return cell
	}
	return strings.ReplaceAll(inner, `""`, `"`)
}
