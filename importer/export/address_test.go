package export

import (
	"strings"
	"testing"
)

// The categories are those of Dominic Sayers' isemail; the addresses are our own.
func TestAddresses(t *testing.T) {
	local64, local65 := strings.Repeat("l", 64), strings.Repeat("l", 65)
	label63, label64 := strings.Repeat("d", 63), strings.Repeat("d", 64)
	long := func(n int) string { // an address of n bytes
		domain := strings.Repeat("d.", (n-65-7)/2) + "example"
		return strings.Repeat("l", n-1-len(domain)) + "@" + domain
	}
	for _, c := range []struct {
		cell, email, key string // email "": rejected
	}{
		// Valid.
		{"ann@example.com", "ann@example.com", "ann@example.com"},
		{"Ann.Lee+tag@Example.COM", "Ann.Lee+tag@Example.COM", "ann.lee+tag@example.com"},
		{"a@b.example", "a@b.example", "a@b.example"},
		{"o'neill!#$%&*/=?^_`{|}~@example.org", "o'neill!#$%&*/=?^_`{|}~@example.org", "o'neill!#$%&*/=?^_`{|}~@example.org"},
		{"a--b@exa-mple.com", "a--b@exa-mple.com", "a--b@exa-mple.com"},
		{"1@2.example", "1@2.example", "1@2.example"},
		{"ann@bücher.example", "ann@bücher.example", "ann@xn--bcher-kva.example"},
		{"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		{"jürgen@example.com", "jürgen@example.com", "jürgen@example.com"},
		{local64 + "@example.com", local64 + "@example.com", local64 + "@example.com"},
		{"a@" + label63 + ".example", "a@" + label63 + ".example", "a@" + label63 + ".example"},
		{long(254), long(254), long(254)},
		{" ann@example.com\u00a0", "ann@example.com", "ann@example.com"},
		{"\u200bann@example.com\u200b\ufeff", "ann@example.com", "ann@example.com"},
		// No domain, no local part, no @, two.
		{"ann", "", ""}, {"ann@", "", ""}, {"@example.com", "", ""}, {"@", "", ""}, {"ann@@example.com", "", ""}, {"ann@x@example.com", "", ""},
		// Dots.
		{".ann@example.com", "", ""}, {"ann.@example.com", "", ""}, {"an..n@example.com", "", ""}, {"ann@example..com", "", ""}, {"ann@.example.com", "", ""}, {"ann@example.com.", "", ""},
		// Domains without a dot, with hyphens or characters out of place, literals.
		{"ann@example", "", ""}, {"ann@-example.com", "", ""}, {"ann@example-.com", "", ""}, {"ann@exa_mple.com", "", ""}, {"ann@exam ple.com", "", ""},
		{"ann@[192.0.2.1]", "", ""}, {"ann@[IPv6:2001:db8::1]", "", ""}, {"ann@xn--a.example", "", ""}, {"ann@exa--mple.com", "ann@exa--mple.com", "ann@exa--mple.com"}, {"ann@ex--ample.com", "", ""},
		// Too long.
		{local65 + "@example.com", "", ""}, {"a@" + label64 + ".example", "", ""}, {long(255), "", ""},
		// Comments, folding white space, quoted strings: legal, and nobody's address.
		{"ann(comment)@example.com", "", ""}, {"ann@example.com(comment)", "", ""}, {"(c)ann@example.com", "", ""}, {"ann @example.com", "", ""}, {"ann@ example.com", "", ""}, {"ann\r\n @example.com", "", ""},
		{`"ann lee"@example.com`, "", ""}, {`"ann"@example.com`, "", ""}, {`"ann\"@example.com`, "", ""}, {`ann"lee@example.com`, "", ""}, {`ann\lee@example.com`, "", ""},
		// Characters that do not show.
		{"an\x00n@example.com", "", ""}, {"an\u200bn@example.com", "", ""}, {"ann@exa\u00admple.com", "", ""}, {"an\x07n@example.com", "", ""}, {"ann@example.com\ufffd", "", ""}, {"an\xe9@example.com", "", ""},
		// Guards.
		{"'+ann@example.com", "+ann@example.com", "+ann@example.com"}, {"''+ann@example.com", "+ann@example.com", "+ann@example.com"}, {"''@example.com", "", ""},
		// Something in brackets that is no address, or beside one.
		{"ann@example.com (bob@example.com)", "ann@example.com", "ann@example.com"}, {"Ann (call her)", "", ""}, {"Ann (ann@example.com", "ann@example.com", "ann@example.com"}, {"x 'ann@example.com'", "", ""}, {"[ann@example.com]", "ann@example.com", "ann@example.com"},
		// Quotation marks of a word processor, and a scheme like that of a page.
		{"“ann@example.com”", "ann@example.com", "ann@example.com"}, {"„ann@example.com“", "ann@example.com", "ann@example.com"},
		{"«ann@example.com»", "ann@example.com", "ann@example.com"}, {"’ann@example.com’", "ann@example.com", "ann@example.com"},
		{"mailto://ann@example.com", "ann@example.com", "ann@example.com"}, {"“ann@example.com", "ann@example.com", "ann@example.com"},
		// Letters with their marks apart.
		{"zoe\u0301@example.com", "zo\u00e9@example.com", "zo\u00e9@example.com"}, {"a@bu\u0308cher.example", "a@b\u00fccher.example", "a@xn--bcher-kva.example"},
		// Letters whose small ones have other lengths.
		{"\u0130an@example.com", "\u0130an@example.com", "ian@example.com"}, {"STRA\u1e9eE@example.com", "STRA\u1e9eE@example.com", "stra\u00dfe@example.com"}, {"\u023ab@example.com", "\u023ab@example.com", "\u2c65b@example.com"},
		// Several that are not all addresses.
		{"ann@example.com, call her", "", ""}, {"ann@example.com bob@example.com", "ann@example.com", "ann@example.com"}, {"ann@example.com/bob@example.com", "", ""},
	} {
		a := readAddress(c.cell)
		if a.key != c.key || a.key != "" && a.email != c.email {
			t.Errorf("%q is read as %q (key %q, %s), want %q (key %q)", c.cell, a.email, a.key, a.why, c.email, c.key)
		}
	}
}

func TestWhatIsWrongWithAnAddress(t *testing.T) {
	const form, outOfPlace, long = "it is not of the form name@domain, with one @ and no dot beside another or at an end", "it contains a space, a comma, or a character that no address has or that only looks like another", "it is longer than an address may be"
	const domain = "what follows the @ is not a domain such as example.com"
	for cell, want := range map[string]string{
		"ann":                              "it has no @",
		"ann at example.com":               "it has no @",
		"ann@@example.com":                 form,
		"@example.com":                     form,
		"ann@":                             form,
		"ann lee@example.com":              outOfPlace,
		"dan.eck@acme..example.com":        form,
		"an..n@example.com":                form,
		"ann@example,com":                  outOfPlace,
		"ann,lee@example.com":              outOfPlace,
		".ann@example.com":                 form,
		"ann.@example.com":                 form,
		"ann@.example.com":                 form,
		"ann@example.com.":                 form,
		"•ann@example.com":                 outOfPlace,
		"ann–lee@example.com":              outOfPlace,
		"ann@example.com–":                 outOfPlace,
		"→ann@example.com":                 outOfPlace,
		"ann@example.com\ufffd":            outOfPlace,
		"a***@example.com":                 "it has **: the export hides a part of it",
		"ann@example":                      domain,
		"an\x00n@example.com":              outOfPlace,
		"ann@-example.com":                 domain,
		"ann(comment)@example.com":         form,
		strings.Repeat("l", 65) + "@x.com": long,
	} {
		if a := readAddress(cell); a.why != want || a.key != "" {
			t.Errorf("%q: %q, want %q", cell, a.why, want)
		}
	}
}

// FuzzAddress: what is accepted is accepted again unchanged, has one key, and
// the short way gives what the long way does.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"ann@example.com", "Ann <ann@example.com>", "'+a@b.example", "a@b.example;c@d.example", "mailto:a@bücher.example", "\u0130an@example.com", "\u023ab@example.com", "\u0130@0.\u0130", "a@stra\u1e9ee.example", "''@0.0", "''+a@b.example", `="a@b.example"`, "A (a@b.example)", "'a@b.example'", `["a@b.example"]`, "SMTP:a@b.example%smtp:c@d.example", "a@b.c ::: d@e.f", "a@xn--0.x", "\u200ba@b.c", "a@b-c.example", "a@-b.example", "a@b-.example", "a@bc--d.example", "a-@b.c", "a@b.c-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		a := readAddress(cell)
		if isPlainAddress(cell) {
			if key, why := check(cell); why != "" || key != a.key {
				t.Errorf("%q is plain with key %q, and checked %q %s", cell, a.key, key, why)
			}
		}
		if a.key == "" {
			return
		}
		again := readAddress(a.email)
		if again.email != a.email || again.key != a.key || again.repair != nil || len(again.others) > 0 {
			t.Errorf("%q gives %+v, and that gives %+v", cell, a, again)
		}
		if lower, _ := Key(strings.ToLower(a.email)); lower != a.key || strings.Count(a.key, "@") != 1 {
			t.Errorf("%q has the key %q, and in lower case %q", cell, a.key, lower)
		}
		if !strings.Contains(a.email, "@") || strings.TrimSpace(a.email) != a.email || strings.ContainsAny(a.email, "\r\n\x00") {
			t.Errorf("%q gives %q", cell, a.email)
		}
	})
}
