package export

import "testing"

func TestGuard(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "Ann": "Ann", "a=b": "a=b", "'Ann'": "'Ann'", "  Ann": "  Ann", "'": "'", " '=1": " '=1",
		"=1": "'=1", "+49": "'+49", "-a": "'-a", "@home": "'@home", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "\x00": "'\x00", "＝1": "'＝1", "＠x": "'＠x",
		"  =1": "'  =1", "\u00a0+1": "'\u00a0+1", "\u3000-1": "'\u3000-1", "\u2003@x": "'\u2003@x", "\u200b=1": "'\u200b=1", "\ufeff=1": "'\ufeff=1", "\v=1": "'\v=1", "\u2028 =1": "'\u2028 =1",
		"'=1": "''=1", "''@x": "'''@x", "' =1": "'' =1", "'\u200b-1": "''\u200b-1",
	} {
		if got := Guard(cell); got != want || Unguard(got) != cell {
			t.Errorf("%q is written as %q, want %q, and read back as %q", cell, got, want, Unguard(got))
		}
	}
}

// FuzzGuard: what is written comes back, and no spreadsheet takes it for a formula.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{"=1", "'=1", "  +x", "''@", "＝x", "-", "\tx", "", "'", "plain", "\u2003=1", "\u200b=1", "'\ufeff\u2003@x", "\v-1", "' +"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		written := Guard(cell)
		if got := Unguard(written); got != cell {
			t.Errorf("%q comes back as %q", cell, got)
		}
		if bare := trimBlanks(written); bare != "" && bare[0] != '\'' && formula.MatchString(bare) {
			t.Errorf("%q is written as the formula %q", cell, written)
		}
	})
}
