package importer

import (
	"strconv"
	"strings"
)

// Grouped is a number as people read it: 12, 3,000, 1,000,000.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	first := len(s) % 3
	if n < 0 {
		first = (len(s)-1)%3 + 1
	}
	var b strings.Builder
	b.WriteString(s[:first])
	for i := first; i < len(s); i += 3 {
		if b.Len() > 0 && b.String() != "-" {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// Counted is a number with its noun: "1 row", "2,000 rows".
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}
