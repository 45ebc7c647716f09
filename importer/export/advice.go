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
type sign struct{ headers, values, one, many string }

var signs = []sign{
	{"suspended|is suspended", "true|yes|1", "person looks suspended", "people look suspended"},
	{"deleted|is deleted", "true|yes|1", "person looks deleted", "people look deleted"},
	{"active|is active|enabled|account enabled", "false|no|0", "person looks deactivated", "people look deactivated"},
	{"locked out|blocked|banned|archived|disabled", "true|yes|1", "person looks locked out", "people look locked out"},
	{"status|user status|account status|state|user state",
		"suspended|inactive|deactivated|disabled|deleted|blocked|archived|locked|banned",
		"person looks suspended or deleted", "people look suspended or deleted"},
	{"role|user role|type|user type|roles", "agent|admin|administrator|light agent|contributor|owner|staff",
		"person looks like an agent", "people look like agents"},
	{"agent|is agent|is staff|staff", "true|yes|1", "person looks like an agent", "people look like agents"},
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
		for i, plain := range l.header.plain {
			if !slices.Contains(strings.Split(signs[n].headers, "|"), plain) || l.header.own[i] {
				continue
			}
			for value := range strings.SplitSeq(signs[n].values, "|") {
				a.watches = append(a.watches, watch{at: i, header: l.header.names[i], value: value, sign: &signs[n]})
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
		if !strings.EqualFold(trimBlanks(cellAt(cells, w.at)), w.value) {
			continue
		}
		if w.count++; len(w.places) < maxPlaces {
			w.places = append(w.places, at)
		}
	}
}

func (a *advisor) advice() []Advice {
	var list []Advice
	if a.team && a.rows > 0 {
		list = append(list, Advice{Count: a.rows, Text: fmt.Sprintf("%s (agents), not customers",
			text.Counted(a.rows, "person is a team member", "people are team members"))})
	}
	for _, w := range a.watches {
		if w.count > 0 {
			list = append(list, Advice{
				Count: w.count, Places: w.places,
				Text: fmt.Sprintf("%s (%s=%s)", text.Counted(w.count, w.sign.one, w.sign.many), w.header, w.value),
				Flag: text.CommandLine("--exclude", w.header+"="+w.value),
			})
		}
	}
	return list
}
