package export

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// However the bytes arrive, and wherever a buffer ends, the cells are the same.
func TestPhrasesAcrossReads(t *testing.T) {
	text := "7,\"Lee, Ann\" <ann@example.com>,x\n" + strings.Repeat("8,\"Bob\"<b@example.com>,\"y\r\nz\"\r\n", 100) + "9,x,\"Cy\" <c@example.com>"
	var got [][]string
	for _, rec := range recordsFrom(t, iotest.OneByteReader(strings.NewReader(text)), 3) {
		if rec.fault != 0 || rec.repair != quotedPhrases {
			t.Errorf("line %d: %+v", rec.line, rec)
		}
		got = append(got, rec.cells)
	}
	want := [][]string{{"7", `"Lee, Ann" <ann@example.com>`, "x"}}
	for range 100 {
		want = append(want, []string{"8", `"Bob"<b@example.com>`, "y\r\nz"})
	}
	want = append(want, []string{"9", "x", `"Cy" <c@example.com>`})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPhraseEndsItsCell(t *testing.T) {
	for text, want := range map[string]outcome{
		`"Ann" <a@example.com>,x`: strict, "\"Ann\" <a@example.com>\r\nx": strict, "\"Ann\" <a@example.com>\x1a": strict, `"Ann" <a@example.com>`: strict,
		`"Ann" <a@example.com>; x`: unclosed, `"Ann" <a@example.com> ,x`: unclosed, `"Ann" <a@example.com>",x`: loose, `"Ann" <a,b@example.com>,x`: unclosed,
		`"Ann" <a>,x`: unclosed, `"Ann" a@example.com>,x`: unclosed, `"Ann" <a@example.com,x`: unclosed, `"Ann" <<a@example.com>,x`: unclosed, "\"Ann\n\" <a@example.com>,x": unclosed,
	} {
		if e := scan([]byte(text), true, []byte{','}, '"', reading{phrases: true}, nil); e.outcome != want {
			t.Errorf("%q: %d, want %d", text, e.outcome, want)
		}
	}
}

// A name after which an address is written is no cell of more than its bound.
func TestPhrasesAreBounded(t *testing.T) {
	for name, long := range map[string]string{
		"name": `"` + strings.Repeat("x", maxPhrase) + `" <a@example.com>`, "blanks": `"x"` + strings.Repeat(" ", maxPhrase) + `<a@example.com>`,
		"address": `"x" <a@` + strings.Repeat("x", maxPhrase) + `>`,
	} {
		recs := records(t, long+",x\nb@example.com,Bob\n", 2)
		if len(recs) != 2 || recs[0].fault != quotesUnclear || recs[1].fault != 0 {
			t.Errorf("%s: %d records, the first with fault %d", name, len(recs), recs[0].fault)
		}
	}
}

// One damaged record among such cells may cost itself, and nobody else's name.
func TestDamageAroundPhrases(t *testing.T) {
	names := []string{"Ann Lee", "Lee, Bob", "Lee; Jo", "O'Neill"}
	sent := 0
	const files = 100
	for seed := range uint64(files) {
		r := rand.New(rand.NewPCG(seed, 3))
		text, list, victim := "email,name,notes\n", []member{}, r.IntN(12)
		for i := range 12 {
			m := member{email: fmt.Sprintf("%s@example.com", strings.Repeat(string(rune('a'+i)), 5)), line: 2 + countLineEnds([]byte(text)) - 1}
			m.name = fmt.Sprintf("%s %d", names[r.IntN(len(names))], i)
			m.record = fmt.Sprintf("\"%s\" <%s>,\"%s\",%s\n", m.name, m.email, m.name, []string{"", "plain", `"x, y"`, "\"two\nlines\""}[r.IntN(4)])
			if i == victim {
				m.record = hurt(r, m.record, ",")
			}
			text, list = text+m.record, append(list, m)
		}
		_, rows, err := readAll(t, writeFile(t, "x.csv", text), Options{})
		if err != nil {
			t.Errorf("seed %d: %s", seed, refused(err))
			continue
		}
		sent += holdAgainst(t, seed, text, list, victim, rows)
	}
	if sent < files*10 {
		t.Errorf("%d people sent: too many are lost", sent)
	}
}
