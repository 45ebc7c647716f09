package export

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

type member struct {
	email, name string
	line        int
	record      string
}

// members writes a file of people in one of several styles.
func members(r *rand.Rand, quoteAll bool, delim, eol string, order []string) (header string, list []member) {
	header = strings.Join(order, delim) + eol
	line := 2
	names := []string{"Ann Lee", "José Álvarez", "Lee, Ann", "Bob (the builder)", "Jim \"JB\" Baker", "山田 太郎", "O'Neill", "D"}
	for i := range 12 {
		m := member{email: fmt.Sprintf("%s@example.com", strings.Repeat(string(rune('a'+i)), 5)), name: fmt.Sprintf("%s %d", names[r.IntN(len(names))], i), line: line}
		notes := []string{"", "plain", "two" + eol + "lines, here", "said \"hi\"", "x, y; z", eol + "starts low", ",", "wrote to x@example.net"}[r.IntN(8)]
		said := map[string]string{"id": fmt.Sprint(i), "email": m.email, "name": m.name, "notes": notes, "phone": "+1 202-555-0100"}
		cells := make([]string, len(order))
		for k, column := range order {
			c := said[column]
			cells[k] = c
			if quoteAll || strings.ContainsAny(c, "\",;\t\r\n") {
				cells[k] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
		}
		m.record = strings.Join(cells, delim) + eol
		line += lineEnds(m.record)
		list = append(list, m)
	}
	return header, list
}

// plain is a name without what damage may add to it.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\",;\t ", r) {
			return -1
		}
		return r
	}, name)
}

// hurt changes one place of a record.
func hurt(r *rand.Rand, record, delim string) string {
	at := r.IntN(len(record))
	switch r.IntN(6) {
	case 0:
		return record[:at] + `"` + record[at:]
	case 1:
		return record[:at] + delim + record[at:]
	case 2:
		return record[:at] + "\n" + record[at:]
	case 3:
		return record[:at] + "\r" + record[at:]
	case 4:
		if i := strings.IndexByte(record[at:], '"'); i >= 0 {
			return record[:at+i] + record[at+i+1:]
		}
	}
	return record[:at] + record[at+1:]
}

// One damaged record may cost itself. It must not put a wrong name to any
// other address, nor take another record along without a word.
func TestDamageIsNeverSilent(t *testing.T) {
	sent, refusals := 0, 0
	const files = 300
	for seed := range uint64(files) {
		r := rand.New(rand.NewPCG(seed, 2))
		delim, eol := []string{",", ";", "\t"}[r.IntN(3)], []string{"\n", "\r\n"}[r.IntN(2)]
		order := [][]string{{"id", "email", "name", "notes", "phone"}, {"id", "notes", "email", "name"}, {"name", "email"}, {"name", "id", "email", "notes"}}[r.IntN(4)]
		header, list := members(r, r.IntN(2) == 0, delim, eol, order)
		victim := r.IntN(len(list))
		text, line := header, 2
		for i := range list {
			list[i].line = line
			record := list[i].record
			if i == victim {
				record = hurt(r, record, delim)
			}
			text += record
			line += lineEnds(record)
		}
		_, rows, err := readAll(t, writeFile(t, "x.csv", text), Options{})
		if err != nil {
			refusals++
			continue
		}
		sent += holdAgainst(t, seed, text, list, victim, rows)
	}
	if refusals > files/50 || sent < files*10 {
		t.Errorf("%d files refused, %d people sent: too many are lost", refusals, sent)
	}
}

// holdAgainst compares what is sent with who is in the file.
func holdAgainst(t *testing.T, seed uint64, text string, list []member, victim int, rows []*Row) int {
	truth := map[string]member{}
	for _, m := range list {
		truth[m.email] = m
	}
	sent := map[string]bool{}
	for _, row := range rows {
		if !row.Sendable() {
			continue
		}
		m, known := truth[row.Email]
		if m.name != row.Name && row.Email != list[victim].email && (known || row.Place.Line < list[victim].line) {
			t.Errorf("seed %d, line %d: %s is sent as %q, is %q\n%s", seed, row.Place.Line, row.Email, row.Name, m.name, text)
		}
		// What the damaged record itself says may have a character more or less, and no part
		// less; with a delimiter gone it is a short row, which is told.
		if d := len(plain(m.name)) - len(plain(row.Name)); row.Email == list[victim].email && !slices.Contains(row.repairs, kindOf("short_row")) && (d < -1 || d > 1) {
			t.Errorf("seed %d, line %d: %s is sent as %q, is %q\n%s", seed, row.Place.Line, row.Email, row.Name, m.name, text)
		}
		sent[row.Email] = true
	}
	for i, m := range list {
		if i == victim || sent[m.email] {
			continue
		}
		told := false
		for k, row := range rows {
			last := 1 << 30
			if k+1 < len(rows) {
				last = rows[k+1].Place.Line - 1
			}
			told = told || row.Invalid != "" && row.Place.Line <= m.line && m.line <= last
		}
		if !told {
			t.Errorf("seed %d: %s in line %d is lost without a word: %q\n%s", seed, m.email, m.line, tellAll(rows), text)
		}
	}
	return len(sent)
}
