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

// signs are how sources mark people who have left, or who are no customers.
var signs = []struct{ headers, values, looks string }{
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

// watch counts the rows in which a column has a value that is a sign.
type watch struct {
	condition
	looks  string
	places []Place
}

func watches(h *header) []watch {
	var list []watch
	for _, s := range signs {
		for value := range strings.SplitSeq(s.values, "|") {
			for i, plain := range h.plain {
				if !h.own[i] && slices.Contains(strings.Split(s.headers, "|"), plain) {
					m := Match{Column: h.names[i], Value: value}
					list = append(list, watch{condition: condition{Match: m, at: i}, looks: s.looks})
				}
			}
		}
	}
	return list
}

// look sees a row that would be sent.
func (w *watch) look(cells []string, at Place) {
	if !w.holds(cells) {
		return
	}
	if w.matched++; len(w.places) < maxPlaces {
		w.places = append(w.places, at)
	}
}

func adviceOf(list []watch) []Advice {
	var all []Advice
	for _, w := range list {
		if w.matched > 0 {
			people := text.Counted(w.matched, "person looks", "people look")
			all = append(all, Advice{
				Count: w.matched, Places: w.places, Text: fmt.Sprintf("%s %s (%s)", people, w.looks, w.Match),
				Flag: text.CommandLine("--exclude", w.Match.String()),
			})
		}
	}
	return all
}
