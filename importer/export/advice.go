package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// Advice points out people whom somebody may not want to onboard. Nothing is
// left out because of it.
type Advice struct {
	Count  int     `json:"count"`
	Places []Place `json:"places,omitempty"` // the first five
	Text   string  `json:"text"`
	Flag   string  `json:"flag,omitempty"` // what leaves them out
}

// sign is how sources mark people who have left, or who are no customers.
type sign struct {
	headers, values string
	one, many       string
}

const yes, no = "true|yes|1", "false|no|0"

var signs = []sign{
	{"suspended|is suspended", yes, "person looks suspended", "people look suspended"},
	{"deleted|is deleted", yes, "person looks deleted", "people look deleted"},
	{"active|is active|enabled|account enabled", no, "person looks deactivated", "people look deactivated"},
	{"locked out|blocked|banned|archived|disabled|deactivated", yes, "person looks locked out",
		"people look locked out"},
	{"status|user status|account status|state|user state|contact status",
		"suspended|inactive|deactivated|disabled|deleted|blocked|archived|terminated|locked|banned|removed",
		"person looks suspended or deleted", "people look suspended or deleted"},
	{"role|user role|type|user type|roles|agent type",
		"agent|admin|administrator|light agent|contributor|owner|staff|account owner|account administrator|team member",
		"person looks like an agent", "people look like agents"},
	{"agent|is agent|is staff|staff", yes, "person looks like an agent", "people look like agents"},
}

// advisor counts such people while the file is read.
type advisor struct {
	watches []watch
	team    bool
	rows    int
}

// watch is one value of one column.
type watch struct {
	at            int // in the record
	header, value string
	sign          *sign
	count         int
	places        []Place
}

func newAdvisor(l *layout) *advisor {
	a := &advisor{team: l.columns.preset != nil && l.columns.preset.team}
	for n := range signs {
		s := &signs[n]
		for name := range strings.SplitSeq(s.headers, "|") {
			for i, key := range l.header.keys {
				if key != squeeze(name) || l.header.own[i] {
					continue
				}
				for value := range strings.SplitSeq(s.values, "|") {
					a.watches = append(a.watches, watch{at: i, header: l.header.names[i], value: value, sign: s})
				}
			}
		}
	}
	return a
}

// look counts a row that would be sent.
func (a *advisor) look(cells []string, at Place) {
	a.rows++
	for i := range a.watches {
		w := &a.watches[i]
		value := trimBlanks(cellAt(cells, w.at))
		if len(value) != len(w.value) || !strings.EqualFold(value, w.value) {
			continue
		}
		if w.count++; len(w.places) < problemPlaces {
			w.places = append(w.places, at)
		}
	}
}

func (a *advisor) advice() []Advice {
	var list []Advice
	switch {
	case a.team && a.rows == 1:
		list = append(list, Advice{Count: 1, Text: "the only person is a team member (agent), no customer"})
	case a.team && a.rows > 0:
		list = append(list, Advice{Count: a.rows,
			Text: fmt.Sprintf("all %d people are team members (agents), not customers", a.rows)})
	}
	for _, w := range a.watches {
		if w.count > 0 {
			list = append(list, Advice{
				Count: w.count, Places: slices.Clone(w.places),
				Text: fmt.Sprintf("%s (%s=%s)", text.Counted(w.count, w.sign.one, w.sign.many), w.header, w.value),
				Flag: text.CommandLine("--exclude", w.header+"="+w.value),
			})
		}
	}
	return list
}
