package jsmtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadExisting(t *testing.T) {
	tests := map[string]struct {
		in   string
		want []Account
		err  string // part of it
	}{
		"empty":                 {"", nil, ""},
		"no header":             {"a@b.example,A\nc@d.example,C,qm:c,false\n", []Account{{Email: "a@b.example", Name: "A"}, {Email: "c@d.example", Name: "C"}}, ""},
		"header":                {"\ufeffEmail,name\r\na@b.example,A\r\n", []Account{{Email: "a@b.example", Name: "A"}}, ""},
		"byte order mark alone": {"\ufeffa@b.example,A\n", []Account{{Email: "a@b.example", Name: "A"}}, ""},
		"no name":               {"a@b.example\n", []Account{{Email: "a@b.example"}}, ""},
		"no address":            {"a@b.example,A\n\nbroken,B\n", nil, `line 2: address "broken" must have an @`},
		"quotes":                {"a@b.example,\"A\n", nil, "reading existing accounts"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ReadExisting(strings.NewReader(tt.in))
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBuiltInKinds(t *testing.T) {
	s := New(Sandbox())
	for address, want := range map[string]string{
		"sandbox@example.com": Atlassian, "amira.haddad@example.com": Customer, "bo.lindqvist@example.org": Atlassian, "chen.wei@example.net": Customer,
	} {
		found := s.Find(address)
		if len(found) != 1 || found[0].Type != want || strings.HasPrefix(found[0].ID, "qm:") != (want == Customer) {
			t.Errorf("%s: got %+v, want one %v", address, found, want)
		}
	}
}
