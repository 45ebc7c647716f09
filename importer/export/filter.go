package export

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/importer/text"
)

// condition is a value in a column, and what is said of the rows of the first pass that have it, or that none has.
type condition struct {
	Match
	at      int
	include bool
	value   string // as cells are compared
	found   Problem
}

// foldCase is a cell without regard to case, İ and i too, and to how its letters are composed.
func foldCase(cell string) string { return strings.ToLower(norm.NFC.String(trimBlanks(Unguard(cell)))) }

func (c *condition) holds(cells []string) bool { return foldCase(cellAt(cells, c.at)) == c.value }

// filter leaves rows out by --include and --exclude.
type filter []condition

func newFilter(l *layout, o Options) (f filter, err error) {
	for _, m := range slices.Concat(o.Exclude, o.Include) {
		i, include, flag := l.header.index(m.Column), len(f) >= len(o.Exclude), "exclude"
		if i < 0 || slices.Contains(l.header.names[i+1:], l.header.names[i]) {
			return nil, l.header.noColumn(m.Column)
		}
		if include {
			flag = "include"
		}
		none := Problem{Kind: flag + "_matches_none", Severity: Repaired,
			Text: "rows match " + text.CommandLine("--"+flag, m.String()),
			Hint: "check how the value is written in the file"}
		f = append(f, condition{m, i, include, foldCase(m.Value), none})
	}
	return f, nil
}

// signs are how sources mark people who have left, or who are no customers.
var signs = []struct{ headers, values, looks string }{
	{"suspended|is suspended", "true|yes|1", "suspended"},
	{"deleted|is deleted", "true|yes|1", "deleted"},
	{"active|is active|enabled|account enabled", "false|no|0", "deactivated"},
	{"locked out|blocked|banned|archived|disabled", "true|yes|1", "locked out"},
	{"status|user status|account status|state|user state|estado|stato|statut|zustand",
		"suspended|inactive|deactivated|disabled|deleted|blocked|archived|locked|banned|inaktiv|gesperrt|" +
			"deaktiviert|gelöscht|inactif|suspendu|inactivo|suspendido|inativo|suspenso|inattivo|sospeso",
		"suspended or deleted"},
	{"role|user role|type|user type|roles|rolle|rol|ruolo|papel|funcao|perfil|perfil de acesso|profil|角色|権限",
		"agent|agents|admin|administrator|administrador|light agent|support agent|agente|agentes|contributor|" +
			"owner|staff|technician|technicien|techniker|mitarbeiter|客服|エージェント", "agent"},
	{"agent|is agent|is staff|staff|is tech", "true|yes|1", "agent"},
}

// signsIn are the columns and values of a file that may be such signs. Nothing is left out because of them.
func signsIn(h *header) (f filter) {
	for i, plain := range h.plain {
		for _, s := range signs {
			if h.own[i] || !slices.Contains(strings.Split(s.headers, "|"), plain) {
				continue
			}
			for value := range strings.SplitSeq(s.values, "|") {
				m := Match{Column: h.names[i], Value: value}
				f = append(f, condition{m, i, false, value, Problem{Kind: unwanted.Word, Severity: Advised,
					Text: fmt.Sprintf(" %s (%s)", s.looks, m),
					Hint: "leave them out with " + text.CommandLine("--exclude", m.String())}})
			}
		}
	}
	return f
}

// count sees a row of the first pass.
func (f filter) count(r *Row) {
	at, cell := -1, ""
	for i := range f {
		c := &f[i]
		if c.at != at { // the signs of a column stand together
			at, cell = c.at, foldCase(cellAt(r.record.Cells, c.at))
		}
		if c.value == cell {
			c.found.add(r.Place)
		}
	}
}

// problems are the signs that rows have, and the conditions that none has: most likely the
// value is written another way in the file.
func (f filter) problems() (ps []Problem) {
	for _, c := range f {
		if p := c.found; (p.Count > 0) == (p.Severity == Advised) {
			if p.Count > 0 {
				p.Text = unwanted.Of(p.Count) + p.Text
			}
			ps = append(ps, p)
		}
	}
	return ps
}

// reason says why a row is left out; "" when it is not. A row is in when for
// each column of --include one of its values holds, and no --exclude does.
func (f filter) reason(cells []string) string {
	for _, c := range f {
		holds := c.holds(cells)
		var values []string
		for _, other := range f {
			if c.include && other.include && other.at == c.at {
				holds = holds || other.holds(cells)
				values = append(values, other.Value)
			}
		}
		switch {
		case c.include && !holds:
			return fmt.Sprintf("%s is not %s", c.Column, strings.Join(values, " or "))
		case !c.include && holds:
			return c.Match.String() + " is excluded"
		}
	}
	return ""
}
