package csvtext

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// endless repeats a line for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, e)
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return len(p), nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, line := range []endless{"x", "\"x", "\"x\"y", "\"\"", "x,\"y\n", "\"x\\\"\n", "\r"} {
		s := newReader(line, Dialect{Delimiter: ','})
		s.Width = 2
		for range 200 {
			if _, err := s.Next(); err != nil {
				if _, ok := errors.AsType[*RefusedError](err); !ok {
					t.Errorf("%q: %v", line, err)
				}
				break
			}
		}
		if held := cap(s.buf); held > 4*maxRow {
			t.Errorf("%q: %d bytes are held", line, held)
		}
	}
}

func TestQuotesAndBounds(t *testing.T) {
	commas := strings.Repeat(",", MaxColumns+100)
	long := strings.Repeat("x", maxCell+1)
	for name, tt := range map[string]struct {
		text     string
		cells    string // of the first record, joined with |
		repaired bool
		fault    string
	}{
		"plain":                   {"a,b\n", "a|b", false, ""},
		"surplus empty cells":     {"a,b" + commas + "\n", "a|b", false, ""},
		"surplus, quoted":         {"\"a\",b" + commas + "\n", "a|b", false, ""},
		"escaped":                 {`"a \"x\" ",b` + "\n", `a "x" |b`, true, ""},
		"escaped before a blank":  {`"21\" ,x",b` + "\n", `21" ,x|b`, true, ""},
		"blanks around":           {`"a" , "b"` + "\n", "a|b", true, ""},
		"a blank before":          {` "a","b"` + "\n", "a|b", true, ""},
		"a blank after":           {`"a" ,"b"` + "\n", "a|b", true, ""},
		"text after a quote":      {`"Lee, Ann" <a@b.c>,b` + "\n", `"Lee| Ann" <a@b.c>|b`, false, QuotesUnclear},
		"bare":                    {`5" pipe,b` + "\n", `5" pipe|b`, true, ""},
		"bare, and a folder":      {`x "y" z,"C:\tmp\"` + "\n", `x "y" z|C:\tmp\`, true, ""},
		"never closed":            {"\"a,b\nc,d\n", `"a|b`, false, QuotesUnclear},
		"unclear":                 {`"a"x"y",b,"c"` + "\nc,d\n", `"a"x"y"|b|"c"`, false, QuotesUnclear},
		"another opens":           {"\"a,b\n\"c,d\",e\n\"f\"\"", `"a|b`, false, QuotesUnclear},
		"another's quote closes":  {"1,\"y\nb@c.d,\"\nlow\",z\n", "1|y\nb@c.d,", false, SwallowedRows},
		"one cell too many":       {"\"a\nb\",c,d\n", `"a`, false, QuotesUnclear},
		"its own quote closes":    {"1,\"y\n2,\"\nlow,z\n", "1|y\n2,", false, ""},
		"rows swallowed":          {"\"a\nb@c.d,e\nf@g.h,i\",b\n", "a\nb@c.d,e\nf@g.h,i|b", false, SwallowedRows},
		"a cell too long":         {long + ",b\n", long + "|b", false, CellTooLong},
		"a quoted cell too long":  {`"` + long + `",b` + "\n", `"` + long + `"|b`, false, CellTooLong},
		"Ctrl-Z at the end":       {"a,\"b\"\x1a\x1a", "a|b", false, ""},
		"a line end is not known": {"a,b\r", "a|b", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rec := records(t, tt.text, 2)[0]
			if got := strings.Join(rec.Cells, "|"); got != tt.cells || slices.Contains(rec.Repairs, QuotesRepaired) != tt.repaired || rec.Fault != tt.fault {
				t.Errorf("%.200q, repaired %v, fault %v", got, rec.Repairs, rec.Fault)
			}
		})
	}
	for _, first := range []string{"a", `"a"`} {
		rec := records(t, first+commas+"x\n", 2)[0]
		last := len(rec.Cells) - 1
		if rec.Fault != TooManyColumns || last != MaxColumns || rec.Cells[last][99:] != ",x" {
			t.Errorf("fault %v, %d cells, the last is %q", rec.Fault, len(rec.Cells), rec.Cells[last])
		}
	}
}

func TestHugeLinesAreRefused(t *testing.T) {
	r := newReader(strings.NewReader("a,b\n"+strings.Repeat("x", maxRow+1)+"\n"), Dialect{Delimiter: ','})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Next()
	if e, ok := errors.AsType[*RefusedError](err); !ok || e.Place.Line != 2 {
		t.Errorf("got %v", err)
	}
}

// Rows that are all shorter than the header swallow others, too.
func TestShortRowsSwallowOthers(t *testing.T) {
	rec := records(t, "1,\"y\nb@c.d,2,z\n3,x,\"\n", 4)[0]
	if got := strings.Join(rec.Cells, "|"); rec.Fault != SwallowedRows || got != "1|y\nb@c.d,2,z\n3,x," {
		t.Errorf("%q, fault %q", got, rec.Fault)
	}
}
