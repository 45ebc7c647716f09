package export

import (
	"slices"
	"strings"
	"testing"
)

// What the cells of a column say, held against the addresses.
func TestEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		rows           [][]string // cell, address
		agree, company int
		content        content
	}{
		"full names":          {rows: [][]string{{"Ann Lee", "ann.lee@x.example"}, {"Bo Berg", "bberg@x.example"}, {"Cy", "x@x.example"}}, agree: 2, content: certainNames},
		"letters with marks":  {rows: [][]string{{"Jörg Müller", "joerg.mueller@x.example"}, {"Łukasz Żak", "lukasz@x.example"}, {"Şükrü", "sukru@x.example"}}, agree: 3, content: certainNames},
		"other alphabets":     {rows: [][]string{{"Юлия Смирнова", "julia.smirnova@x.example"}, {"Νίκος", "nikos@x.example"}}, agree: 2, content: certainNames},
		"two letters":         {rows: [][]string{{"Bo", "bo@x.example"}, {"Li", "li.wu@x.example"}, {"Al", "alice@x.example"}}, agree: 2, content: maybeNames},
		"one letter":          {rows: [][]string{{"J", "jo.berg@x.example"}, {"A", "anna@x.example"}}, content: maybeNames},
		"single words":        {rows: [][]string{{"Ann", "ann@x.example"}, {"Bo", "bo@x.example"}, {"Cy", "cy@x.example"}}, agree: 3, content: certainNames},
		"too few of them":     {rows: [][]string{{"Ann", "ann@x.example"}, {"Bo", "bo@x.example"}}, agree: 2, content: maybeNames},
		"of half the people":  {rows: [][]string{{"Ann Lee", "ann@x.example"}, {"Bo Berg", "bob@x.example"}, {"Cy Dahl", "x1@x.example"}}, agree: 1, content: maybeNames},
		"logins":              {rows: [][]string{{"alee", "alee@x.example"}, {"bberg", "bo@x.example"}}, agree: 1, content: logins},
		"logins with a dot":   {rows: [][]string{{"Ann.Lee", "al@x.example"}, {"Bo.Berg", "bb@x.example"}}, content: logins},
		"part of another":     {rows: [][]string{{"aberg", "anna.berg@x.example"}}, content: logins},
		"companies":           {rows: [][]string{{"Acme Ltd", "info@acme.example"}, {"Blau AG", "ann@blau.example"}}, company: 2, content: companies},
		"people's own domain": {rows: [][]string{{"Ann Lee", "ann@leeandsons.example"}, {"Bo Berg", "bo@bergwerk.example"}}, agree: 2, content: certainNames},
		"own companies":       {rows: [][]string{{"Lee & Sons", "lee@leesons.example"}, {"Berg AG", "office@berg.example"}, {"Cy", "cy@x.example"}}, agree: 2, company: 1, content: certainNames},
		"numbers":             {rows: [][]string{{"1001", "ann@x.example"}, {"1002", "bo@x.example"}}, content: noNames},
		"nothing":             {rows: [][]string{{"", "ann@x.example"}}, content: noNames},
		"short words":         {rows: [][]string{{"Kim Ost", "x1@kimball.example"}, {"Bo Roy", "x2@roy.example"}}, content: maybeNames},
		"of three in five":    {rows: [][]string{{"Ann", "ann@x.example"}, {"Bo", "bo@x.example"}, {"Cy", "cy@x.example"}, {"Di", "x1@x.example"}, {"Ed", "x2@x.example"}}, agree: 3, content: maybeNames},
		"addresses":           {rows: [][]string{{"ann@x.example", "ann@x.example"}}, agree: 1, content: noNames},
		"some addresses":      {rows: [][]string{{"ann@x.example", "ann@x.example"}, {"Bo Berg", "bo@x.example"}}, agree: 2, content: certainNames},
		"texts":               {rows: [][]string{{"Ann has called us twice about it", "ann@x.example"}}, agree: 1, content: noNames},
		"shortened names":     {rows: [][]string{{"Wm.", "wm.berg@x.example"}, {"Chas.", "chas.lee@x.example"}}, agree: 2, content: maybeNames},
		"no addresses":        {rows: [][]string{{"Ann Lee", ""}, {"Bo Berg", ""}}, content: maybeNames},
	} {
		s := newEvidence(c.rows, []int{1}).of(0)
		if s.agree != c.agree || s.company != c.company || s.content() != c.content {
			t.Errorf("%s: %d agree, %d companies, %d", name, s.agree, s.company, s.content())
		}
	}
}

func TestCategory(t *testing.T) {
	for text, want := range map[string]bool{"East 1 East 2 West 3 East 4 West 5 West 6": true, "East 1 East 2 West 3 East 4 West 5": false,
		"A 1 B 2 C 3 D 4 E 5 F 6": false, "Ann 1 Ann 1 Ann 1 Bo 2 Bo 2 Bo 2 Bo 2": false, "A 1 B 2 C 3 A 4 B 5 C 6": false} {
		var rows [][]string
		for cells := range slices.Chunk(strings.Fields(text), 2) {
			rows = append(rows, []string{cells[0], "x" + cells[1] + "@a.example"})
		}
		if got := newEvidence(rows, []int{1}).of(0).content() == categories; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestFold(t *testing.T) {
	for word, same := range map[string]string{
		"Müller": "mueller", "Muller": "müller", "Groß": "gross", "Dvořák": "dvorak", "Łukasz": "lukasz", "Ægir": "aegir", "Sjøberg": "sjoberg",
		"Юлия": "yulia", "Иванов": "ivanov", "Παππάς": "pappas", "Yıldız": "yildiz", "Şahin": "sahin", "Åse": "aase",
	} {
		if !slices.Equal(asciiWords(word), asciiWords(same)) {
			t.Errorf("%s is %s, and %s is %s", word, asciiWords(word), same, asciiWords(same))
		}
	}
	for _, pair := range [][2]string{{"Dvořák", "dvoøák"}, {"Şahin", "Þahin"}, {"Ayşe", "Ayþe"}, {"Tomáš", "Tomáą"}, {"Иванов", "Петров"}} {
		if slices.Equal(asciiWords(pair[0]), asciiWords(pair[1])) {
			t.Errorf("%s and %s are both %s", pair[0], pair[1], asciiWords(pair[0]))
		}
	}
}
