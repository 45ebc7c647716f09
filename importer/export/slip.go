package export

import (
	"slices"
	"strings"
)

// providers are domains in which many people have their mail, and which are
// often mistyped.
var providers = []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com", "protonmail.com"}

// neighbours are domains of others that look like a slip in one of those.
var neighbours = []string{"mail.com", "email.com", "ymail.com", "gmx.com", "gmx.de", "fmail.com", "cloud.com"}

// slipOf is the provider that a domain, in lower case, is one slip of the
// keyboard away from: a letter too many, too few or another one, or two swapped;
// "" when there is none.
func slipOf(domain string) string {
	if slices.Contains(providers, domain) || slices.Contains(neighbours, domain) {
		return ""
	}
	for _, p := range providers {
		if isSlip(domain, p) {
			return p
		}
	}
	return ""
}

// isSlip compares from both ends: what differs in between must be one slip. In
// a name as short as live only swapped letters are one, for five.com and love.com exist.
func isSlip(s, of string) bool {
	if len(s) < len(of)-1 || len(s) > len(of)+1 {
		return false
	}
	start := 0
	for start < len(s) && start < len(of) && s[start] == of[start] {
		start++
	}
	a, b := s[start:], of[start:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 2 && len(b) == 2 {
		return a[0] == b[1] && a[1] == b[0]
	}
	label := strings.IndexByte(of, '.')
	return len(a) <= 1 && len(b) <= 1 && (label > 4 || start > label)
}

// slips counts the domains of addresses that look mistyped.
type slips []slip

type slip struct {
	domain, provider string
	count            int
	lines            []int
}

const maxSlips = 10 // domains that are told of

// look counts an address, as a key.
func (list *slips) look(key string, line int) {
	domain := key[strings.LastIndexByte(key, '@')+1:]
	provider := slipOf(domain)
	if provider == "" {
		return
	}
	i := slices.IndexFunc(*list, func(s slip) bool { return s.domain == domain })
	if i < 0 {
		if len(*list) == maxSlips {
			return
		}
		i = len(*list)
		*list = append(*list, slip{domain: domain, provider: provider})
	}
	s := &(*list)[i]
	if s.count++; len(s.lines) < problemLines {
		s.lines = append(s.lines, line)
	}
}

func (list slips) advice() []Advice {
	var all []Advice
	for _, s := range list {
		all = append(all, Advice{Count: s.count, Lines: s.lines,
			Text: counted(s.count, "address ends", "addresses end") + " in @" + s.domain + " (a slip for @" + s.provider + "?)"})
	}
	return all
}
