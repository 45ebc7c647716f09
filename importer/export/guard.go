package export

import "strings"

// isFormula tells a cell that a spreadsheet would take for a formula, also after
// blanks and after guards that it has already.
func isFormula(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	rest = strings.TrimLeft(rest, " \u00a0\u3000")
	if rest == "" {
		return false
	}
	return strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", []rune(rest[:min(len(rest), 4)])[0])
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
func Unguard(cell string) string { return unguard(cell) }

func unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && isFormula(cell[1:]) {
		return cell[1:]
	}
	return cell
}
