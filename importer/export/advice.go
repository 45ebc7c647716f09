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
type sign struct{ headers, values, looks string }

var signs = []sign{
	{"suspended|is suspended", "true|yes|1", "suspended"},
	{"deleted|is deleted", "true|yes|1", "deleted"},
	{"active|is active|enabled|account enabled", "false|no|0", "deactivated"},
	{"locked out|blocked|banned|archived|disabled", "true|yes|1", "locked out"},
	{"status|user status|account status|state|user state",
		"suspended|inactive|deactivated|disabled|deleted|blocked|archived|locked|banned", "suspended or deleted"},
	{"role|user role|type|user type|roles", "agent|admin|administrator|light agent|contributor|owner|staff",
		"like agents"},
	{"agent|is agent|is staff|staff", "true|yes|1", "like agents"},
}

// advisor counts such people while the file is read.
type advisor struct{ watches []watch }

// watch is one value of one column.
type watch struct {
	Advice
	at                   int // in the record
	header, value, looks string
}

func newAdvisor(l *layout) *advisor {
	a := &advisor{}
	for _, s := range signs {
		for i, plain := range l.header.plain {
			if !slices.Contains(strings.Split(s.headers, "|"), plain) || l.header.own[i] {
				continue
			}
			for value := range strings.SplitSeq(s.values, "|") {
				a.watches = append(a.watches, watch{at: i, header: l.header.names[i], value: value, looks: s.looks})
			}
		}
	}
	return a
}

// look counts a row that would be sent.
func (a *advisor) look(cells []string, at Place) {
	for i := range a.watches {
		w := &a.watches[i]
		if !strings.EqualFold(trimBlanks(cellAt(cells, w.at)), w.value) {
			continue
		}
		if w.Count++; len(w.Places) < maxPlaces {
			w.Places = append(w.Places, at)
		}
	}
}

func (a *advisor) advice() []Advice {
	var list []Advice
	for _, w := range a.watches {
		if w.Count > 0 {
			people := text.Counted(w.Count, "person looks", "people look")
			w.Text = fmt.Sprintf("%s %s (%s=%s)", people, w.looks, w.header, w.value)
			w.Flag = text.CommandLine("--exclude", w.header+"="+w.value)
			list = append(list, w.Advice)
		}
	}
	return list
}
