package importer

import "testing"

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -5: "-5", -1234: "-1,234", -123456: "-123,456"} {
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
