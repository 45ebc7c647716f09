package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the cells of a column say, held against the addresses.
func TestEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		rows                                 [][]string // cell, address
		agree, company, isLogin              int
		looksNames, looksLogin, looksCompany bool
		looksCategory                        bool
	}{
		"full names":          {rows: [][]string{{"Ann Lee", "ann.lee@x.example"}, {"Bo Berg", "bberg@x.example"}, {"Cy", "x@x.example"}}, agree: 2, looksNames: true},
		"letters with marks":  {rows: [][]string{{"Jörg Müller", "joerg.mueller@x.example"}, {"Łukasz Żak", "lukasz@x.example"}, {"Şükrü", "sukru@x.example"}}, agree: 3, looksNames: true},
		"other alphabets":     {rows: [][]string{{"Юлия Смирнова", "julia.smirnova@x.example"}, {"Νίκος", "nikos@x.example"}}, agree: 2, looksNames: true},
		"two letters":         {rows: [][]string{{"Bo", "bo@x.example"}, {"Li", "li.wu@x.example"}, {"Al", "alice@x.example"}}, agree: 2, isLogin: 1, looksNames: true},
		"one letter":          {rows: [][]string{{"J", "jo.berg@x.example"}, {"A", "anna@x.example"}}, looksNames: true},
		"logins":              {rows: [][]string{{"alee", "alee@x.example"}, {"bberg", "bo@x.example"}}, agree: 1, isLogin: 1, looksNames: true, looksLogin: true},
		"companies":           {rows: [][]string{{"Acme Ltd", "info@acme.example"}, {"Blau AG", "ann@blau.example"}}, company: 2, looksNames: true, looksCompany: true},
		"people's own domain": {rows: [][]string{{"Ann Lee", "ann@leeandsons.example"}, {"Bo Berg", "bo@bergwerk.example"}}, agree: 2, looksNames: true},
		"numbers":             {rows: [][]string{{"1001", "ann@x.example"}, {"1002", "bo@x.example"}}, looksLogin: true},
		"addresses":           {rows: [][]string{{"ann@x.example", "ann@x.example"}}, agree: 1, looksLogin: true},
		"the same few":        {rows: [][]string{{"East", "a@x.example"}, {"East", "b@x.example"}, {"West", "c@x.example"}, {"East", "d@x.example"}, {"West", "e@x.example"}, {"West", "f@x.example"}}, looksNames: true, looksCategory: true},
		"shortened names":     {rows: [][]string{{"Wm.", "wm.berg@x.example"}, {"Chas.", "chas.lee@x.example"}}, agree: 2, looksNames: true},
		"logins with a dot":   {rows: [][]string{{"Ann.Lee", "al@x.example"}, {"Bo.Berg", "bb@x.example"}}, looksNames: true, looksLogin: true},
		"part of another":     {rows: [][]string{{"aberg", "anna.berg@x.example"}}, looksNames: true, looksLogin: true},
	} {
		e := newEvidence(c.rows, []int{1})
		s := e.of(0)
		if s.agree != c.agree || s.company != c.company || s.isLogin != c.isLogin {
			t.Errorf("%s: %d agree, %d companies, %d logins", name, s.agree, s.company, s.isLogin)
		}
		got := []bool{s.looksNames(), s.looksLogin(), s.looksCompany(), s.looksCategory()}
		if diff := cmp.Diff([]bool{c.looksNames, c.looksLogin, c.looksCompany, c.looksCategory}, got); diff != "" {
			t.Errorf("%s: names, login, company, category: %s", name, diff)
		}
	}
}

func TestFold(t *testing.T) {
	for word, same := range map[string]string{
		"Müller": "mueller", "Muller": "müller", "Groß": "gross", "Dvořák": "dvorak", "Łukasz": "lukasz", "Ægir": "aegir", "Sjøberg": "sjoberg",
		"Юлия": "yulia", "Иванов": "ivanov", "Παππάς": "pappas", "Yıldız": "yildiz", "Şahin": "sahin", "Åse": "aase",
	} {
		if fold(word) != fold(same) {
			t.Errorf("%s is %s, and %s is %s", word, fold(word), same, fold(same))
		}
	}
	for _, pair := range [][2]string{{"Dvořák", "dvoøák"}, {"Şahin", "Þahin"}, {"Ayşe", "Ayþe"}, {"Tomáš", "Tomáą"}, {"Иванов", "Петров"}} {
		if fold(pair[0]) == fold(pair[1]) {
			t.Errorf("%s and %s are both %s", pair[0], pair[1], fold(pair[0]))
		}
	}
}
