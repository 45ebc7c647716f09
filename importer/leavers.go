package importer

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Roster is who is in a source, as of its last complete run and by an export. While a run goes through the export, it
// keeps in the ledger who is in the source now, which takes effect when the run is finished as complete.
type Roster struct {
	Members, Missing int // people who are at the site because of the source, and of them those who are in no row now
	Revoked          int // leavers whom a revocation that was killed has dealt with: no results have it

	ctx    context.Context
	ledger *ledger.Ledger
	source string
	survey *export.Survey
	there  []uint64        // hashes of who is in the source already, sorted
	gone   []ledger.Member // who is in no row of the export any more
	batch  []ledger.Member
	ids    bool              // a row with an external id that can be used was seen
	seen   map[string]string // the rows that have external ids and names of those who have left; "": none has
	fixed  map[string]bool   // keys of those whom rows stand for that were fixed
}

// hashSeed is of the hashes that stand for members and accounts in memory.
var hashSeed = maphash.MakeSeed()

// openRoster reads who was in a source, and holds it against its export. It keeps 8 bytes for each who is in both.
func openRoster(ctx context.Context, l *ledger.Ledger, source string, survey *export.Survey) (*Roster, error) {
	r := &Roster{
		ctx: context.WithoutCancel(ctx), ledger: l, source: source, survey: survey,
		there: make([]uint64, 0, survey.Valid), seen: map[string]string{}, fixed: map[string]bool{},
	}
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return nil, err
		}
		if !m.Aside {
			r.Members++
		}
		if survey.Contains(m.Key) {
			r.there = append(r.there, maphash.Comparable(hashSeed, m))
			continue
		}
		if r.gone = append(r.gone, m); !m.Aside {
			r.Missing++
		}
	}
	slices.Sort(r.there)
	left, err := r.left()
	for _, one := range left {
		r.seen[sameID(one.KnownID)], r.seen[sameName(one.Name)] = "", ""
		if !one.RevokedAt.IsZero() {
			r.Revoked++
		}
	}
	delete(r.seen, sameID(""))
	return r, err
}

// sight notes, while the plan is made, what a row says of those who have left: by the address that it was fixed to, by
// its external id, or without a readable address by any cell, or two side by side, which may be a name.
func (r *Roster) sight(result Result) {
	if r == nil {
		return
	}
	row, who := result.Row, []string(nil)
	if result.fixed != "" {
		r.fixed[result.fixed] = true
	}
	if row.ExternalID != "" {
		r.ids, who = true, append(who, sameID(row.ExternalID))
	}
	if row.Invalid != "" && row.Excluded == "" && row.Key == "" {
		before := ""
		for _, cell := range row.Cells {
			who = append(who, sameName(cell), sameName(before+cell), sameName(cell+before))
			before = cell
		}
	}
	for _, one := range who {
		if place, left := r.seen[one]; left && place == "" {
			r.seen[one] = row.Place.String()
		}
	}
}

// see stages in the ledger whom a row has brought into the source. With an error of it, or of end, no run is complete.
func (r *Roster) see(result Result) error {
	if r == nil {
		return nil
	}
	person := ledger.Member{Key: cmp.Or(result.fixed, result.Row.Key), Aside: !onboarded(result.Status)}
	if !person.Aside {
		person.ExternalID = result.Row.ExternalID
	}
	r.gather(person)
	for _, key := range result.Row.Other {
		r.gather(ledger.Member{Key: key, Aside: true})
	}
	if len(r.batch) < batchRows {
		return nil
	}
	return r.arrive()
}

// gather puts aside for arrive who is not in the source as m already.
func (r *Roster) gather(m ledger.Member) {
	if _, there := slices.BinarySearch(r.there, maphash.Comparable(hashSeed, m)); !there && m.Key != "" {
		r.batch = append(r.batch, m)
	}
}

// arrive stages those who were gathered.
func (r *Roster) arrive() error {
	err := r.ledger.Arrive(r.ctx, r.source, r.batch)
	r.batch = r.batch[:0]
	return err
}

// end stages the last who were gathered, and those who are in no row of the export any more.
func (r *Roster) end(run ledger.Run) error {
	if r == nil {
		return nil
	}
	r.gone = slices.DeleteFunc(r.gone, func(m ledger.Member) bool { return r.fixed[m.Key] })
	return cmp.Or(r.arrive(), r.ledger.Leave(r.ctx, run.Seq, r.source, r.gone))
}

func sameID(id string) string { return "id\x00" + id }

func sameName(name string) string { return "name\x00" + foldName(name) }

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

// Leavers lists who has left the source and what is to be done: by the rows as planned, then by what run made of them.
func (r *Roster) Leavers(run ledger.Run) (list []Leaver, err error) {
	left, err := r.left()
	for _, one := range left {
		elsewhere := cmp.Or(r.seen[sameID(one.KnownID)], r.seen[sameName(one.Name)], one.NewKey)
		action, reason := judgeLeaver(one, elsewhere, r.ids)
		list = append(list, Leaver{
			Email: one.Email, Name: one.Name, AccountID: one.ID, LastSeen: outcome.Day(one.LastSeen),
			Action: action, Reason: reason, Source: r.source, RunID: run.ID,
		})
	}
	return list, err
}

// left is who has left the source and is not back.
func (r *Roster) left() ([]ledger.Leaver, error) {
	all, err := r.ledger.Leavers(r.ctx, r.source, r.gone)
	return slices.DeleteFunc(all, func(one ledger.Leaver) bool {
		return r.survey.Contains(one.Key) || r.fixed[one.Key]
	}), err
}

// judgeLeaver is what is to be done about a leaver, and why. Only an account that was certainly created by us is
// revoked, and only when the person cannot be in the export under another address. elsewhere is a row of the export
// with the external id, or an invalid one with the name, or another address that has the id; ids: some can be used.
func judgeLeaver(one ledger.Leaver, elsewhere string, ids bool) (action, reason string) {
	const byItself = "use a file that has its jsm_account_id alone"
	gone := "in no row of the export since " + outcome.Day(one.LastSeen)
	switch {
	case !one.RevokedAt.IsZero():
		return ActionRevoke, gone + "; " + fmt.Sprintf(outcome.ReasonRevoked, outcome.Day(one.RevokedAt))
	case !one.Ours():
		return ActionReview, fmt.Sprintf("%s; the account is %s, so it was not certainly created by this program; to "+
			"revoke it, %s", gone, one.Status, byItself)
	case one.MemberID != "" && !ids:
		return ActionReview, gone + ", and it has no usable external ids any more, by which another address of the " +
			"same person would be seen: bring that column back; to revoke it all the same, " + byItself
	case elsewhere != "":
		return ActionReview, fmt.Sprintf("the same external id or name is in the export (%s), with another address or "+
			"none that can be used: settle that first; to revoke the old account all the same, %s", elsewhere, byItself)
	}
	return ActionRevoke, gone
}
