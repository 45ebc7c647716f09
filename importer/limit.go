package importer

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is a number of rows, given outright (N) or as a share (P%).
type Limit struct {
	Rows    int     // when Percent is 0
	Percent float64 // of a base that the guard names
	AtLeast int     // the least that a share comes to
	Set     bool    // false: no limit
}

// ParseLimit reads "12" or "2.5%".
func ParseLimit(s string) (Limit, error) {
	number, isShare := strings.CutSuffix(strings.TrimSpace(s), "%")
	if isShare {
		p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return Limit{}, fmt.Errorf("%q is not a share between 0%% and 100%%", s)
		}
		return Limit{Percent: p, Set: true}, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return Limit{}, fmt.Errorf("%q is neither a number of rows (12) nor a share (5%%)", s)
	}
	return Limit{Rows: n, Set: true}, nil
}

// Of is the most rows that the limit allows out of base.
func (l Limit) Of(base int) int {
	if l.Percent == 0 {
		return max(l.Rows, l.AtLeast)
	}
	return max(int(l.Percent*float64(base)/100), l.AtLeast)
}

// Exceeded tells whether n rows out of base are more than the limit allows.
func (l Limit) Exceeded(n, base int) bool { return l.Set && n > l.Of(base) }

func (l Limit) String() string {
	switch {
	case !l.Set:
		return "none"
	case l.Percent == 0:
		return strconv.Itoa(l.Rows)
	case l.AtLeast > 0:
		return fmt.Sprintf("%g%%, at least %d", l.Percent, l.AtLeast)
	}
	return fmt.Sprintf("%g%%", l.Percent)
}
