package importer

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// A Roster tells the ledger who is in a source, while a run goes through its
// export. It takes effect when the run is finished as complete.
type Roster struct {
	ctx    context.Context
	ledger *ledger.Ledger
	run    ledger.Run
	seed   maphash.Seed
	there  [256][]uint64 // hashes of who is in the source already, as members, by their first byte; sorted
	read   chan struct{} // closed when there is what was read
	batch  []ledger.Member
	idless bool     // the export has no column of external ids
	ids    bool     // a row with an external id was seen
	aside  []placed // external ids of rows that put nobody into the source
	err    error
}

// placed is where an external id stands.
type placed struct {
	id     uint64 // its hash
	line   int
	status Status
}

// OpenRoster begins to read who was in the source of run, and stages those who
// are in no row of the export any more. It keeps 8 bytes for each of the
// others. Close it.
func OpenRoster(ctx context.Context, l *ledger.Ledger, run ledger.Run, survey *export.Survey) *Roster {
	r := &Roster{ctx: ctx, ledger: l, run: run, seed: maphash.MakeSeed(), read: make(chan struct{}),
		idless: !slices.ContainsFunc(survey.Columns, func(c export.Column) bool { return c.Field == export.ExternalID })}
	go func() {
		defer close(r.read)
		_, r.err = l.Leave(ctx, run.Seq, run.Source, func(m ledger.Member) bool {
			if !survey.Contains(m.Key) {
				return false
			}
			if r.idless {
				m.ExternalID = ""
			}
			h := r.hash(m)
			r.there[h>>56] = append(r.there[h>>56], h)
			return true
		})
		for _, bucket := range r.there {
			slices.Sort(bucket)
		}
	}()
	return r
}

func (r *Roster) hash(m ledger.Member) uint64 { return maphash.Comparable(r.seed, m) }

func (r *Roster) text(s string) uint64 { return maphash.String(r.seed, s) }

// See takes the outcome of one row.
func (r *Roster) See(o Outcome) {
	row := o.Row
	r.ids = r.ids || row.ExternalID != ""
	in := onboarded(o.Status) && row.Key != ""
	switch {
	case in:
		r.see(ledger.Member{Key: row.Key, ExternalID: row.ExternalID})
	case row.Key != "" && o.Status != Duplicate:
		r.see(ledger.Member{Key: row.Key, Aside: true})
	}
	if !in && row.ExternalID != "" {
		r.aside = append(r.aside, placed{r.text(row.ExternalID), row.Line, o.Status})
	}
	for _, key := range row.Other {
		r.see(ledger.Member{Key: key, Aside: true})
	}
}

func (r *Roster) see(m ledger.Member) {
	<-r.read
	h := r.hash(m)
	if _, there := slices.BinarySearch(r.there[h>>56], h); there {
		return
	}
	if r.batch = append(r.batch, m); len(r.batch) == batchRows {
		r.arrive()
	}
}

// onboarded tells whether somebody is in the source because of a row that
// ended so.
func onboarded(s Status) bool {
	return s == Created || s == CreatedUnconfirmed || s == Conflict || s == Known
}

func (r *Roster) arrive() {
	if r.err == nil && len(r.batch) > 0 {
		r.err = r.ledger.Arrive(r.ctx, r.run.Seq, r.run.Source, r.batch)
	}
	r.batch = r.batch[:0]
}

// Close ends the roster; nil: the ledger has it all. Else the run must not be
// finished as complete.
func (r *Roster) Close() *Stop {
	<-r.read
	r.arrive()
	slices.SortStableFunc(r.aside, func(a, b placed) int { return cmp.Compare(a.id, b.id) })
	return brokenLedger(r.err)
}

// Elsewhere is the line of the first row that has the external id of a leaver
// and put nobody into the source, such as one with a slip in its address, and
// what became of it; 0: there is none. For use after Close.
func (r *Roster) Elsewhere(one ledger.Leaver) (line int, status Status) {
	id := cmp.Or(one.MemberID, one.ExternalID)
	i, found := slices.BinarySearchFunc(r.aside, r.text(id), func(p placed, id uint64) int { return cmp.Compare(p.id, id) })
	if !found {
		return 0, 0
	}
	return r.aside[i].line, r.aside[i].status // no id there is ""
}

// Untold tells whether a leaver had an external id in the source, and the export
// has none at all: it cannot be seen whether they are there under another
// address. For use after Close.
func (r *Roster) Untold(one ledger.Leaver) bool { return !r.ids && one.MemberID != "" }
