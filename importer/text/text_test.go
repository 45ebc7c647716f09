package text

import (
	"testing"
	"time"
)

func TestGrouped(t *testing.T) {
	cases := map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567",
		-5: "-5", -123: "-123", -1234: "-1,234", -123456: "-123,456",
	}
	for n, want := range cases {
		if got := Grouped(n); got != want {
			t.Errorf("Grouped(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows", 3000: "3,000 rows"} {
		if got := Counted(n, "row", "rows"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	cases := map[string]string{
		"":                  "",
		"José 田中 ﷽":         "José 田中 ﷽",
		`C:\users 'x' "y"`:  `C:\users 'x' "y"`,
		"a\x1b[31mb":        `a\x1b[31mb`,
		"two\nlines\t":      `two\nlines\t`,
		"left\u202eright":   `left\u202eright`,
		"zero\u200bwidth":   `zero\u200bwidth`,
		"not \xff UTF-8":    `not \xff UTF-8`,
		"replaced \ufffd":   "replaced \ufffd",
		"C1 \u009b31m":      `C1 \u009b31m`,
		"it's \x1b":         `it's \x1b`,
		"line\u2028divider": `line\u2028divider`,
	}
	for s, want := range cases {
		if got := Printable(s); got != want {
			t.Errorf("Printable(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	cases := []struct {
		s    string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"größere", 4, "grö…"},
		{"x", 1, "x"},
		{"xy", 1, "…"},
		{"xy", 0, ""},
	}
	for _, c := range cases {
		if got := Shorten(c.s, c.n); got != c.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

func TestShellWord(t *testing.T) {
	cases := []struct{ system, word, want string }{
		{"linux", "plain.csv", "plain.csv"},
		{"linux", "email=E-mail", "email=E-mail"},
		{"linux", "=ls", "'=ls'"},
		{"linux", "", "''"},
		{"linux", "two words", "'two words'"},
		{"linux", "it's", `'it'\''s'`},
		{"linux", "$HOME", "'$HOME'"},
		{"linux", `a\b`, `'a\b'`},
		{"linux", "größe", "größe"},
		{"linux", "tab\tx.csv", `$'tab\tx.csv'`},
		{"linux", "it's\n\\\u200b\xff\x01a.csv", `$'it\'s\n\\\u200b\xff\x01a.csv'`},
		{"linux", "https://a.atlassian.net", "https://a.atlassian.net"},
		{"linux", "5%", "5%"},
		{"windows", `C:\data\x.csv`, `C:\data\x.csv`},
		{"windows", "two words", `"two words"`},
		{"windows", "exclude=a,b", `"exclude=a,b"`},
		{"windows", "@home.csv", `"@home.csv"`},
		{"linux", "exclude=a,b@c", "exclude=a,b@c"},
		{"windows", `a"b`, `"a\"b"`},
		{"windows", "cost $x.csv", "'cost $x.csv'"},
		{"windows", "a`b", "'a`b'"},
		{"windows", "it's “$5”, isn’t it", "'it''s “$5”, isn’’t it'"},
		{"windows", "isn’t it", `"isn’t it"`},
	}
	for _, c := range cases {
		if got := shellWord(c.system, c.word); got != c.want {
			t.Errorf("%s: %q becomes %s, want %s", c.system, c.word, got, c.want)
		}
	}
	if got := CommandLine("import", "a b.csv"); got != "import "+ShellWord("a b.csv") {
		t.Errorf("CommandLine: %s", got)
	}
}

func TestMinute(t *testing.T) {
	zone := time.Local
	t.Cleanup(func() { time.Local = zone })
	at := time.Date(2026, 1, 2, 14, 3, 0, 1, time.UTC)
	for _, c := range []struct {
		zone *time.Location
		want string
	}{
		{time.UTC, "14:04 UTC on 2 January"},
		{time.FixedZone("CET", 3600), "15:04 CET on 2 January"},
		{time.FixedZone("+03", 3*3600), "17:04 UTC+03 on 2 January"},
		{time.FixedZone("", 10*3600), "00:04 UTC+1000 on 3 January"},
	} {
		time.Local = c.zone
		if got := Minute(at); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	time.Local = time.UTC
	if got := Minute(at.Add(-1)); got != "14:03 UTC on 2 January" {
		t.Errorf("a whole minute became %q", got)
	}
}

func TestWhenNamesItsZone(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	for zone, want := range map[*time.Location]string{
		time.FixedZone("CET", 3600):    "1 March 2025, 09:00 CET",
		time.FixedZone("-03", -3*3600): "1 March 2025, 05:00 UTC-03",
	} {
		time.Local = zone
		if got := When(time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
