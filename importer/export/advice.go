package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// signs are how sources mark people who have left, or who are no customers.
var signs = []struct{ headers, values, looks string }{
	{"suspended|is suspended", "true|yes|1", "suspended"},
	{"deleted|is deleted", "true|yes|1", "deleted"},
	{"active|is active|enabled|account enabled", "false|no|0", "deactivated"},
	{"locked out|blocked|banned|archived|disabled", "true|yes|1", "locked out"},
	{"status|user status|account status|state|user state",
		"suspended|inactive|deactivated|disabled|deleted|blocked|archived|locked|banned", "suspended or deleted"},
	{"role|user role|type|user type|roles|rolle|rôle|rol|ruolo|papel|função|perfil|typ|tipo",
		"agent|admin|administrator|administrador|light agent|support agent|agente|contributor|owner|staff", "agent"},
	{"agent|is agent|is staff|staff", "true|yes|1", "agent"},
}

// signsIn are the columns and values of a file that may be such signs.
func signsIn(h *header) filter {
	var list filter
	for _, s := range signs {
		for value := range strings.SplitSeq(s.values, "|") {
			for i, plain := range h.plain {
				if !h.own[i] && slices.Contains(strings.Split(s.headers, "|"), plain) {
					p := Problem{Kind: unwanted.Word, Severity: Advised, Text: s.looks}
					list = append(list, condition{Match: Match{Column: h.names[i], Value: value}, at: i, found: p})
				}
			}
		}
	}
	return list
}

// advice points out people whom somebody may not want to onboard. Nothing is left out because of it.
func (f filter) advice() (ps []Problem) {
	for _, c := range f {
		if p := c.found; p.Count > 0 {
			p.Text = fmt.Sprintf("%s %s (%s)", unwanted.Of(p.Count), p.Text, c.Match)
			p.Hint = "leave them out with " + text.CommandLine("--exclude", c.Match.String())
			ps = append(ps, p)
		}
	}
	return ps
}
