package export

import (
	"strings"
	"testing"
)

// FuzzRead: whatever the file, reading ends, both passes agree, each record is
// a row or skipped, and a row that may be sent has a good address and a name
// without lost letters, both out of its own cells.
func FuzzRead(f *testing.F) {
	for _, c := range situations() {
		if len(c.file) < 2000 {
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		_, rows, err := readAll(t, writeFile(t, "x.csv", text), Options{})
		if err != nil {
			return
		}
		line := 0
		for _, r := range rows {
			if r.Place.Line <= line {
				t.Fatalf("line %d after %d", r.Place.Line, line)
			}
			line = r.Place.Line
			if !r.Sendable() {
				continue
			}
			again := readAddress(r.Email)
			if again.email != r.Email || again.key != r.Key {
				t.Fatalf("line %d: %q is sent", r.Place.Line, r.Email)
			}
			if r.Name == "" || strings.ContainsAny(r.Name, "\x00\r\n\ufffd") {
				t.Fatalf("line %d: the name %q is sent", r.Place.Line, r.Name)
			}
			if !strings.Contains(strings.Join(r.Cells, "\x00"), r.Email) {
				t.Fatalf("line %d: %q is not in %q", r.Place.Line, r.Email, r.Cells)
			}
		}
	})
}
