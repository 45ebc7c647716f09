package export

import (
	"strings"
	"testing"
)

// Quotes that never close, in every line, must neither be slow nor take the
// rows before them along.
func TestWorstCasesAreRead(t *testing.T) {
	filler := strings.Repeat("x", 2000)
	for name, line := range map[string]string{
		"open quotes":   "a@example.com,\"" + filler + "\n",
		"opened at end": "\"\n",
		"stray quotes":  "\"a\"b\"" + filler + "\n",
		"backslashes":   "\"a\\\"" + filler + "\n",
		"empty cells":   strings.Repeat(",", 1999) + "x\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := ab + "b@example.com,Bob\n" + strings.Repeat(line, (256<<10)/len(line))
			s, rows, err := readAll(t, writeFile(t, "x.csv", text), Options{})
			if err != nil || len(rows) == 0 || rows[0].Name != "Bob" || s.Valid != 1 {
				t.Fatal(refused(err), len(rows))
			}
		})
	}
}
