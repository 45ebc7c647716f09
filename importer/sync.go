package importer

import (
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
	there  []uint64      // hashes of who is in the source already, with external ids; sorted
	read   chan struct{} // closed when there is what was read
	batch  []ledger.Member
	err    error
}

// OpenRoster begins to read who was in the source of run, and stages those who
// are in no row of the export any more. It keeps 8 bytes for each of the
// others. Close it.
func OpenRoster(ctx context.Context, l *ledger.Ledger, run ledger.Run, survey *export.Survey) *Roster {
	r := &Roster{ctx: ctx, ledger: l, run: run, seed: maphash.MakeSeed(), read: make(chan struct{})}
	go func() {
		defer close(r.read)
		_, r.err = l.Leave(ctx, run.Seq, run.Source, func(m ledger.Member) bool {
			if !survey.Contains(m.Key) {
				return false
			}
			r.there = append(r.there, r.hash(m))
			return true
		})
		slices.Sort(r.there)
	}()
	return r
}

func (r *Roster) hash(m ledger.Member) uint64 { return maphash.Comparable(r.seed, m) }

// See takes the outcome of one row.
func (r *Roster) See(o Outcome) {
	if !onboarded(o.Status) || o.Row.Key == "" {
		return
	}
	<-r.read
	m := ledger.Member{Key: o.Row.Key, ExternalID: o.Row.ExternalID}
	if _, there := slices.BinarySearch(r.there, r.hash(m)); there {
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
	return brokenLedger(r.err)
}
