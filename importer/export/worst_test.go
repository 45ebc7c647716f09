package export

import (
	"errors"
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

// endless repeats a line for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, e)
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return len(p), nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, line := range []endless{"x", "\"x", "\"x\"y", "\"\"", "x,\"y\n", "\"x\\\"\n", "\r"} {
		s := newSplitter(line, Dialect{',', '"'}, "x.csv")
		s.width = 2
		for range 200 {
			if _, err := s.next(); err != nil {
				if _, ok := errors.AsType[*RefusedError](err); !ok {
					t.Errorf("%q: %v", line, err)
				}
				break
			}
		}
		if held := cap(s.buf); held > 4*maxRow {
			t.Errorf("%q: %d bytes are held", line, held)
		}
	}
}
