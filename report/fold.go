package report

import (
	"io"
	"slices"
	"strings"
)

// foldLeast is how narrow a terminal may be for text to be folded to it.
const foldLeast = 40

// Fit is text as it is to be shown on w: folded to the width of a terminal, as
// it is on anything else.
func Fit(w io.Writer, text string, getenv func(string) string) string {
	columns := terminalColumns(w, getenv)
	if columns == nil {
		return text
	}
	return fold(text, columns())
}

// fold breaks the lines that are longer than columns at a blank, and goes on
// below their text. Commands to type stay whole.
func fold(text string, columns int) string {
	if columns < foldLeast {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		words, end := strings.CutSuffix(line, "\n")
		b.WriteString(foldLine(words, columns))
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func foldLine(line string, columns int) string {
	rest := []rune(line)
	if len(rest) <= columns || strings.HasPrefix(strings.TrimLeft(line, " "), "jsm-onboard ") {
		return line
	}
	indent := hanging(rest)
	var b strings.Builder
	for start := indent; len(rest) > columns; start = indent {
		cut := lastBlank(rest[:columns+1], start)
		if cut < 0 { // a word longer than the line
			cut = firstBlank(rest, columns+1)
		}
		if cut < 0 {
			break
		}
		b.WriteString(strings.TrimRight(string(rest[:cut]), " ") + "\n")
		rest = append(slices.Repeat([]rune{' '}, indent), rest[cut+1:]...)
	}
	b.WriteString(string(rest))
	return b.String()
}

// hanging is where the text of a line begins: behind its label or number, or
// behind its blanks.
func hanging(line []rune) int {
	if len(line) > labelWidth && line[labelWidth-2] == ' ' && line[labelWidth-1] == ' ' && line[labelWidth] != ' ' {
		return labelWidth
	}
	return max(slices.IndexFunc(line, func(r rune) bool { return r != ' ' }), 0)
}

// lastBlank is the last one of line behind from; -1: there is none.
func lastBlank(line []rune, from int) int {
	for i := len(line) - 1; i > from; i-- {
		if line[i] == ' ' {
			return i
		}
	}
	return -1
}

// firstBlank is the first one from there on; -1: there is none.
func firstBlank(line []rune, from int) int {
	for i := from; i < len(line); i++ {
		if line[i] == ' ' {
			return i
		}
	}
	return -1
}
