package cli

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/ledger"
)

// A source is a system whose exports the nightly job goes through.
type source struct {
	number int
	stem   string // of the names of its files

	present *roster   // who is in the export of the night, also if that is torn
	latest  []*roster // of which one was the export of the last complete run
}

// A roster is who is in an export.
type roster struct {
	keys   map[string]bool // of their addresses, further ones too
	people map[int]bool
}

// externalID is how the source calls a person. The other source calls somebody else so.
func (s *source) externalID(p *person) string { return strconv.Itoa(1000 + (p.id+s.number*3)%500) }

// noteExport notes who is in the export of the night.
func (w *world) noteExport(rows []*person) {
	present := &roster{keys: map[string]bool{}, people: map[int]bool{}}
	for _, p := range rows {
		present.people[p.id] = true
		for _, address := range []string{p.email, p.further} {
			present.keys[address], w.whose[address] = true, p.id
		}
	}
	w.source.present = present
}

// noteEnd notes whether the export of the night was the last one that a run of its source has gone through to the end.
func (w *world) noteEnd(args []string, killed bool) {
	if args[0] != "sync" {
		return
	}
	var s summary
	text, err := os.ReadFile(w.path("people.summary.json"))
	if killed || err != nil || json.Unmarshal(text, &s) != nil {
		w.source.latest = append(w.source.latest, w.source.present) // perhaps
	} else if s.Command == "sync" && s.Outcome == ledger.Complete {
		w.source.latest = []*roster{w.source.present}
	}
}

// checkRevoked checks that nobody has lost their access who is in the last complete export of any source, or in the one
// of the source by another address.
func (w *world) checkRevoked(args []string, accounts []jsmtest.Account) {
	w.t.Helper()
	for _, a := range accounts {
		key := strings.ToLower(a.Email)
		if !a.Revoked || w.revoked[key] {
			continue
		}
		w.revoked[key] = true
		if args[0] == "undo" {
			continue
		}
		for _, s := range w.sources {
			there := func(r *roster) bool {
				return r.keys[key] || s == w.source && r.people[w.whose[key]]
			}
			if len(s.latest) > 0 && !slices.ContainsFunc(s.latest, func(r *roster) bool { return !there(r) }) {
				w.t.Errorf("seed %d, %s: the access of %s was taken away, who is in %s", w.script.seed, args[0], a.Email, s.stem)
			}
		}
	}
}
