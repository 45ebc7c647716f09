package export

import "testing"

// Footers and rows that will be rejected must not speak for another dialect.
func TestFit(t *testing.T) {
	for text, want := range map[string]float64{
		ab + "a@example.com,Ann\nb@example.com,Bob\n":                                   1,
		ab + "a@example.com,Ann\n\nGrand Totals (1 records)\nConfidential\nCopyright\n": 1,
		ab + "a@example.com,Lee, Ann\nb@example.com,Bob\n":                              0.5,
	} {
		g, err := sniff("x.csv", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if g.fit != want {
			t.Errorf("%q: %v of the rows fit, want %v", text, g.fit, want)
		}
	}
	g, err := sniff("x.csv", []byte("a@example.com,Ann\n"), Options{NoHeader: true})
	if err != nil || g.fit != 1 {
		t.Errorf("a row without header: %v fit, %v", g.fit, err)
	}
}
