package importer

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Roster keeps in the ledger who is in a source, while a run goes through its export. It takes effect when the run
// is finished as complete.
type Roster struct {
	ctx    context.Context
	ledger *ledger.Ledger
	run    ledger.Run
	seed   maphash.Seed
	there  []uint64 // hashes of who is in the source already, sorted
	batch  []ledger.Member
	useIDs bool              // the export has external ids that can be used
	ids    bool              // a row with one was seen
	aside  map[uint64]placed // rows that put nobody into the source, by hashes of whom they may name
	err    error
}

// placed is where an external id stands.
type placed struct {
	place  export.Place
	status outcome.Status
}

// OpenRoster reads who was in the source of run, and stages those who are in no row of the export any more. It keeps 8
// bytes for each of the others. Close it.
func OpenRoster(ctx context.Context, l *ledger.Ledger, run ledger.Run, survey *export.Survey) *Roster {
	r := &Roster{
		ctx:    ctx,
		ledger: l,
		run:    run,
		seed:   maphash.MakeSeed(),
		aside:  map[uint64]placed{},
		useIDs: survey.OneExternalID == "" && slices.ContainsFunc(survey.Columns, func(c export.Column) bool {
			return c.Field == export.ExternalID
		}),
	}
	_, r.err = l.Leave(ctx, run.Seq, run.Source, func(m ledger.Member) bool {
		if !survey.Contains(m.Key) {
			return false
		}
		if !r.useIDs {
			m.ExternalID = ""
		}
		r.there = append(r.there, maphash.Comparable(r.seed, m))
		return true
	})
	slices.Sort(r.there)
	return r
}

// CountMissing counts the people who are in a source as of its last complete run, and of them those who are in no row
// of the export any more.
func CountMissing(ctx context.Context, l *ledger.Ledger, source string,
	survey *export.Survey) (all, missing int, err error) {
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return 0, 0, err
		}
		if !m.Aside {
			all++
		}
		if !m.Aside && !survey.Contains(m.Key) {
			missing++
		}
	}
	return all, missing, nil
}

// See takes the result of one row.
func (r *Roster) See(result Result) {
	row, id := result.Row, ""
	if r.useIDs {
		id = result.Row.ExternalID
	}
	r.ids = r.ids || id != ""
	in := onboarded(result.Status) && row.Key != ""
	switch {
	case in:
		r.see(ledger.Member{Key: row.Key, ExternalID: id})
	case row.Key != "" && result.Status != outcome.Duplicate:
		r.see(ledger.Member{Key: row.Key, Aside: true})
	}
	hash := maphash.String(r.seed, id)
	if _, before := r.aside[hash]; !in && id != "" && !before {
		r.aside[hash] = placed{row.Place, result.Status}
	}
	if result.Status == outcome.Invalid && row.Key == "" {
		r.mayBe(row)
	}
	for _, key := range row.Other {
		r.see(ledger.Member{Key: key, Aside: true})
	}
}

// mayBe notes whom a row without a readable address may name: by any of its cells, or two side by side.
func (r *Roster) mayBe(row *export.Row) {
	before := ""
	for _, cell := range row.Cells {
		for _, name := range []string{cell, before + " " + cell, cell + " " + before} {
			r.aside[r.nameHash(name)] = placed{row.Place, outcome.Invalid}
		}
		before = cell
	}
}

func (r *Roster) nameHash(name string) uint64 {
	return maphash.String(r.seed, "name\x00"+strings.ToLower(strings.Join(strings.Fields(name), " ")))
}

func (r *Roster) see(m ledger.Member) {
	if _, there := slices.BinarySearch(r.there, maphash.Comparable(r.seed, m)); there {
		return
	}
	if r.batch = append(r.batch, m); len(r.batch) == batchRows {
		r.arrive()
	}
}

func (r *Roster) arrive() {
	if r.err == nil && len(r.batch) > 0 {
		r.err = r.ledger.Arrive(r.ctx, r.run.Source, r.batch)
	}
	r.batch = r.batch[:0]
}

// Close ends the roster; nil: the ledger has it all. Else the run must not be finished as complete.
func (r *Roster) Close() *Stop {
	r.arrive()
	return brokenLedger(r.err)
}

// What is to be done about a leaver.
const (
	ActionRevoke = "revoke"
	ActionReview = "review"
)

// A Leaver is somebody who was in a source and is no more.
type Leaver struct {
	Email     string `csv:"email"`
	Name      string `csv:"name"`
	AccountID string `csv:"jsm_account_id"`
	Action    string `csv:"jsm_action"`
	Reason    string `csv:"jsm_reason"`
	LastSeen  string `csv:"last_seen"` // the day, in UTC
	Source    string `csv:"jsm_source"`
	RunID     string `csv:"jsm_run_id"`
}

// LeaversOf lists who has left the source of run, whose roster is closed, and decides what is to be done.
func LeaversOf(ctx context.Context, l *ledger.Ledger, run ledger.Run, r *Roster) ([]Leaver, error) {
	leavers, err := l.Leavers(ctx, run.Seq, run.Source)
	var list []Leaver
	for _, one := range leavers {
		leaver := Leaver{
			Email:     one.Email,
			Name:      one.Name,
			AccountID: one.ID,
			LastSeen:  outcome.Day(one.LastSeen),
			Source:    run.Source,
			RunID:     run.ID,
		}
		elsewhere, found := r.aside[maphash.String(r.seed, one.KnownID)]
		if !found {
			elsewhere = r.aside[r.nameHash(one.Name)]
		}
		leaver.Action, leaver.Reason = judgeLeaver(one, elsewhere, r.ids)
		list = append(list, leaver)
	}
	return list, err
}

// judgeLeaver is what is to be done about a leaver, and why. Only an account that was certainly created by us is
// revoked, and only when the person cannot be in the export under another address. elsewhere is a row of the export
// with the person's external id, or an invalid one with the name; ids says that the export has usable external ids.
func judgeLeaver(one ledger.Leaver, elsewhere placed, ids bool) (action, reason string) {
	const byItself = "; to revoke it, use a file that has its jsm_account_id alone"
	gone := "in no row of the export since " + outcome.Day(one.LastSeen)
	switch {
	case !one.Ours():
		return ActionReview, fmt.Sprintf("%s; the account is %s, so it was not certainly created by this program%s",
			gone, one.Status, byItself)
	case one.MemberID != "" && !ids:
		return ActionReview, gone + ", and it has no usable external ids any more, by which another address of the " +
			"same person would be seen: bring that column back" + byItself
	case one.NewKey != "" || elsewhere.status == outcome.Duplicate || elsewhere.status == outcome.RevokedBefore:
		return ActionReview, fmt.Sprintf("the same external id is in the export with another address (%s): check that "+
			"nothing is lost with the old account%s", cmp.Or(one.NewKey, elsewhere.place.String()), byItself)
	case elsewhere.status != 0:
		return ActionReview, fmt.Sprintf("the same external id or name is in %s of the export, which is %s: settle "+
			"that row first; it may be a typing error, or another address of the person",
			elsewhere.place, elsewhere.status)
	}
	return ActionRevoke, gone
}

// outdated refuses a row of a list of leavers when its source was read since, or the person is back.
func (v *revocation) outdated(ctx context.Context, t target) error {
	source, listed := t.row.Own["jsm_source"]
	if v.list == "" || !listed {
		return nil
	}
	if v.latest.Seq == 0 || v.latest.Source != source {
		var err error
		if v.latest, err = v.ledger.LastComplete(ctx, source); err != nil {
			return err
		}
	}
	back, err := v.ledger.Present(ctx, t.key)
	why, by := "this person is in the latest run of the source "+back, t.row.Own["jsm_run_id"]
	switch {
	case err != nil || back == "" && v.latest.ID == by:
		return err
	case v.latest.ID != by:
		why = fmt.Sprintf("run %s has listed this leaver, and it is not the last complete run of the source %q (%s)",
			by, source, cmp.Or(v.latest.ID, "there is none"))
	}
	return &export.RefusedError{
		Path:  v.list,
		Place: t.row.Place,
		What:  why,
		Hint: "the list of leavers is out of date: run jsm-onboard sync again on the newest export, and use the list " +
			"that it writes",
	}
}
