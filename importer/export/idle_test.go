package export

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiltersThatMatchNothingAreTold(t *testing.T) {
	file := "email,name,Suspended\na@example.com,Ann,TRUE\nb@example.com,Bob,FALSE\nc@example.com,Cy,FALSE\nd@example.com,Di,\n\"e@example.com,Ed,YES\n"
	own := "email,name,jsm_status,jsm_reason,state\na@example.com,Ann,failed,x,on\n"
	many := "email,name,org\n"
	phones := "email,name,org\n"
	for i := range 60 {
		many += fmt.Sprintf("p%d@example.com,P,org %02d\n", i, i*i/100)
		phones += fmt.Sprintf("p%d@example.com,P,+1 202-555-01%02d\n", i, i)
	}
	for _, c := range []struct {
		name, file       string
		include, exclude []Match
		want             []string
		refused          string
	}{
		{"it matches", file, nil, []Match{{"suspended", "true"}}, nil, ""},
		{"exclude", file, nil, []Match{{"Suspended", "YES"}}, []string{"rows match --exclude 'Suspended=YES' [look whether the value is written so: Suspended has FALSE (2), nothing (1), TRUE (1)]"}, ""},
		{"one of two", file, []Match{{"suspended", "true"}, {"suspended", "on"}}, nil, []string{"rows match --include 'suspended=on' [look whether the value is written so: suspended has FALSE (2), nothing (1), TRUE (1)]"}, ""},
		{"names are not told", file, nil, []Match{{"name", "Zed"}}, []string{"rows match --exclude 'name=Zed' []"}, ""},
		{"companies are told", "email,name,company\na@example.com,Ann,ACME\n", nil, []Match{{"company", "acme inc"}}, []string{"rows match --exclude 'company=acme inc' [look whether the value is written so: company has ACME (1)]"}, ""},
		{"our own columns", own, nil, []Match{{"jsm_status", "unknown"}, {"state", "off"}}, []string{
			"rows match --exclude 'jsm_status=unknown' [look whether the value is written so: jsm_status has failed (1)]",
			"rows match --exclude 'state=off' [look whether the value is written so: state has on (1)]"}, ""},
		{"many values", many, nil, []Match{{"org", "x"}}, []string{"rows match --exclude 'org=x' [look whether the value is written so: org has org 00 (10), org 01 (5), org 02 (3), org 04 (3), org 03 (2), …]"}, ""},
		{"what everybody has alone", phones, nil, []Match{{"org", "x"}}, []string{"rows match --exclude 'org=x' []"}, ""},
		{"nobody is left", file, []Match{{"suspended", "yes"}}, nil, nil, "0 no row is left: with --include 'suspended=yes' 4 rows are left out [look how the value is written: suspended has FALSE (2), nothing (1), TRUE (1)]"},
		{"nobody has both", file, []Match{{"suspended", "true"}, {"name", "Bob"}}, nil, nil, "0 no row is left: with --include 'suspended=true' --include 'name=Bob' 4 rows are left out [look how the values are written in the file, or leave the flag away]"},
		{"everybody is excluded", own, nil, []Match{{"state", "on"}}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, err := readAll(t, writeFile(t, "x.csv", c.file), Options{Include: c.include, Exclude: c.exclude})
			if got := refused(err); got != c.refused {
				t.Fatalf("refused with %q, want %q", got, c.refused)
			}
			var got []string
			for _, p := range s.Problems {
				if strings.HasSuffix(p.Kind, "_matches_none") && err == nil {
					got = append(got, fmt.Sprintf("%s [%s]", p.Text, p.Hint))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFiltersCountSomeValues(t *testing.T) {
	file := "email,name,org\n"
	for i := range 2 * maxValues {
		file += fmt.Sprintf("p%d@example.com,P,org %d\n", i, i)
	}
	s, _, err := readAll(t, writeFile(t, "x.csv", file), Options{Exclude: []Match{{"org", "org 99"}}})
	if err != nil {
		t.Fatal(refused(err))
	}
	if c := s.judge.filter.exclude[0]; len(c.values) != maxValues || c.matched != 1 {
		t.Errorf("%d values are kept, %d rows match", len(c.values), c.matched)
	}
}

func TestValuesOfAddressesAreNotTold(t *testing.T) {
	s, _, err := readAll(t, writeFile(t, "x.csv", "email,name,seen by\na@example.com,Ann,o@example.org\nb@example.com,Bob,\n"), Options{Exclude: []Match{{"seen by", "x"}}})
	if err != nil || len(s.Problems) != 1 || s.Problems[0].Hint != "" {
		t.Errorf("%v %+v", err, s.Problems)
	}
}

func TestProblemsShowTheCells(t *testing.T) {
	long := strings.Repeat("x", 100)
	file := "email,name,login name\na..b@example.com,Ann,\n,Bob,bob\n," + long + ",\nc at example.com,Cy,\nd@example.com,M?ller,\n,,\nx,E,\ny,F,\nN/A,G,\nz@example.com,Zoë,\n\"q@example.com,Q,\n"
	s, _, err := readAll(t, writeFile(t, "x.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	got := map[string][]Value{}
	for _, p := range s.Problems {
		got[p.Kind] = p.Values
	}
	want := map[string][]Value{
		"no_address":         {{3, "bob", "the login name, without an address"}, {4, long[:80] + "…", "the name, without an address"}},
		"malformed_address":  {{2, "a..b@example.com", "it has two dots in a row"}, {5, "c at example.com", "it has no @"}, {8, "x", "it has no @"}},
		"name_lost_letters":  {{6, "M?ller", ""}},
		"null_address":       {{10, "N/A", ""}},
		"quote_never_closed": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGuessedEncodingShowsNames(t *testing.T) {
	s, _, err := readAll(t, writeFile(t, "x.csv", ab+"a@example.com,Ann\nb@example.com,Jos\xe9\nc@example.com,Cy\n"), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	if diff := cmp.Diff([]Value{{Line: 3, Text: "José"}}, s.Problems[0].Values); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesAreTheFirstGoodRows(t *testing.T) {
	file := "email,name,company,external id,state\nnobody,Xi,,,\na@example.com,Ann,ACME,7,on\nb@example.com,Bob,,,off\nc@example.com,,,,on\nd@example.com,Di,,,on\ne@example.com,Ed,,,on\n"
	s, _, err := readAll(t, writeFile(t, "x.csv", file), Options{Exclude: []Match{{"state", "off"}}})
	if err != nil {
		t.Fatal(refused(err))
	}
	want := []Example{{Line: 3, Name: "Ann", Email: "a@example.com", ExternalID: "7", Organization: "ACME"}, {Line: 5, Name: "c@example.com", Email: "c@example.com"}, {Line: 6, Name: "Di", Email: "d@example.com"}}
	if diff := cmp.Diff(want, s.Examples); diff != "" {
		t.Error(diff)
	}
}
