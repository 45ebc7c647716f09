package export

import (
	"fmt"
	"strings"
)

// Advice points out people whom somebody may not want to onboard. Nothing is
// left out because of it.
type Advice struct {
	Count int    `json:"count"`
	Lines []int  `json:"lines,omitempty"` // the first five physical lines
	Text  string `json:"text"`
	Flag  string `json:"flag,omitempty"` // what leaves them out
}

// mark is how sources mark people who are gone, or who are no customers.
type mark struct {
	headers, values string
	one, many       string
}

var adviceTable = []mark{
	{"suspended|is suspended", "true|yes|1", "person looks suspended", "people look suspended"},
	{"deleted|is deleted", "true|yes|1", "person looks deleted", "people look deleted"},
	{"active|is active|enabled|account enabled", "false|no|0", "person looks deactivated", "people look deactivated"},
	{"locked out|blocked|banned|archived|disabled|deactivated", "true|yes|1", "person looks locked out", "people look locked out"},
	{"status|user status|account status|state|user state", "suspended|inactive|deactivated|disabled|deleted|blocked|archived|terminated|locked|banned|removed",
		"person looks suspended or deleted", "people look suspended or deleted"},
	{"role|user role|type|user type|roles|agent type", "agent|admin|administrator|light agent|contributor|owner|staff|account owner|account administrator|team member",
		"person looks like an agent", "people look like agents"},
	{"agent|is agent|is staff|staff", "true|yes|1", "person looks like an agent", "people look like agents"},
}

// counted is a number with its word.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// advisor counts such people while the file is read.
type advisor struct {
	watches []watch
	slips   slips
	sends   bool // addresses are to be sent, not taken back
	team    bool
	rows    int
}

// watch is one value of one column.
type watch struct {
	at            int // in the cells of a row, which has no jsm_ columns
	header, value string
	mark          *mark
	count         int
	lines         []int
}

func newAdvisor(h *header, c *columns) *advisor {
	a := &advisor{sends: !c.needAccounts, team: c.preset != nil && c.preset.team}
	for n := range adviceTable {
		m := &adviceTable[n]
		for name := range strings.SplitSeq(m.headers, "|") {
			for _, i := range h.all(squeeze(name)) {
				for value := range strings.SplitSeq(m.values, "|") {
					a.watches = append(a.watches, watch{at: i - countTrue(h.own[:i]), header: h.names[i], value: value, mark: m})
				}
			}
		}
	}
	return a
}

func countTrue(list []bool) int {
	n := 0
	for _, yes := range list {
		if yes {
			n++
		}
	}
	return n
}

// look counts a row that would be sent.
func (a *advisor) look(r *Row) {
	a.rows++
	if a.sends {
		a.slips.look(r.Key, r.Line)
	}
	for i := range a.watches {
		w := &a.watches[i]
		value := trimBlanks(cellAt(r.Cells, w.at))
		if len(value) != len(w.value) || !strings.EqualFold(value, w.value) {
			continue
		}
		if w.count++; len(w.lines) < problemLines {
			w.lines = append(w.lines, r.Line)
		}
	}
}

func (a *advisor) advice() []Advice {
	var list []Advice
	switch {
	case a.team && a.rows == 1:
		list = append(list, Advice{Count: 1, Text: "the only person is a team member (agent), no customer"})
	case a.team && a.rows > 0:
		list = append(list, Advice{Count: a.rows, Text: fmt.Sprintf("all %d people are team members (agents), not customers", a.rows)})
	}
	for _, w := range a.watches {
		if w.count == 0 {
			continue
		}
		list = append(list, Advice{
			Count: w.count, Lines: w.lines, Text: fmt.Sprintf("%s (%s=%s)", counted(w.count, w.mark.one, w.mark.many), w.header, w.value),
			Flag: "--exclude " + shellWord(w.header+"="+w.value),
		})
	}
	return append(list, a.slips.advice()...)
}
