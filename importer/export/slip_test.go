package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSlipOf(t *testing.T) {
	for domain, want := range map[string]string{
		"gmial.com": "gmail.com", "gmal.com": "gmail.com", "gmaill.com": "gmail.com", "gnail.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com", "gmailcom": "gmail.com", "agmail.com": "gmail.com",
		"outlok.com": "outlook.com", "hotmial.com": "hotmail.com", "hotmail.cmo": "hotmail.com", "yaho.com": "yahoo.com", "iclud.com": "icloud.com", "googlemial.com": "googlemail.com", "protonmail.cm": "protonmail.com",
		"lvie.com": "live.com", "live.con": "live.com", "live.cm": "live.com",
		"gmail.com": "", "live.com": "", "googlemail.com": "", "ymail.com": "", "mail.com": "", "email.com": "", "gmx.com": "", "gmx.de": "", "cloud.com": "",
		"five.com": "", "love.com": "", "olive.com": "", "lie.com": "", "live.de": "", "yahoo.de": "", "yahoo.fr": "", "yahoo.co.jp": "", "hotmail.co.uk": "", "gmali.cmo": "", "example.com": "", "": "", "com": "",
	} {
		if got := slipOf(domain); got != want {
			t.Errorf("%q is taken for a slip of %q, want %q", domain, got, want)
		}
	}
}

func TestSlipsAreBounded(t *testing.T) {
	var list slips
	for c := 'a'; c <= 'z'; c++ {
		list.look("x@"+string(c)+"gmail.com", 2)
	}
	for range 10 {
		list.look("x@agmail.com", 3)
	}
	if len(list) != maxSlips || list[0].count != 11 || len(list[0].lines) != problemLines {
		t.Errorf("%+v", list)
	}
}

func TestSlipsAreAdvice(t *testing.T) {
	file := ab + "a@gmial.com,Ann\nb@gmail.com,Bob\nc@GMIAL.com,Cy\nd@hotmail.con,Di\ne@gmial.com,\n"
	s, rows, err := readAll(t, writeFile(t, "x.csv", file), Options{Exclude: []Match{{"name", ""}}})
	if err != nil {
		t.Fatal(refused(err))
	}
	want := []Advice{
		{Count: 2, Lines: []int{2, 4}, Text: "2 addresses end in @gmial.com (a slip for @gmail.com?)"},
		{Count: 1, Lines: []int{5}, Text: "1 address ends in @hotmail.con (a slip for @hotmail.com?)"},
	}
	if diff := cmp.Diff(want, s.Advice); diff != "" || rows[0].Email != "a@gmial.com" || s.Valid != 4 {
		t.Errorf("%v: %s", tellAll(rows), diff)
	}
	s, _, err = readAll(t, writeFile(t, "x.csv", file), Options{NeedAccounts: true})
	if err != nil || s.Advice != nil {
		t.Errorf("revoking: %+v %v", s.Advice, err)
	}
}
