package importer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Roster compares who was in a source at its last complete run with who is in an export. While a run goes through the
// export, it stages the changes in the ledger; they take effect when the run is finished as complete.
type Roster struct {
	Members int  // people onboarded because of the source
	Left    int  // people who had left it before, or were missing
	Revoked int  // of the Leavers, those whom a killed revocation has revoked already: no results show it
	Held    bool // one of the Leavers is left to review by Hold alone

	unreadable string // where addresses could not be read, and were not fixed: the first rows, or the end; "": nowhere
	earlier    string // the id of the run that had this very export, before the last one had another; "": none
	ctx        context.Context
	ledger     *ledger.Ledger
	source     string
	survey     *export.Survey
	gone       map[string]ledger.Member // by key, who is in no row of the export any more
	batch      []ledger.Member
	sampledIDs int               // how many external ids of members who are in the export are looked for in it
	unseenIDs  map[string]bool   // of these, those that no row has had
	hasIDs     bool              // a row with an external id that can be used was seen
	unsettled  bool              // there are leavers who may be found by their external ids
	leaverRows map[string]string // by what identifies each leaver, a row that has it; "": none
	fixedKeys  map[string]bool   // keys that rows were onboarded with once they were fixed
}

// openRoster reads who was in a source, and compares that with its export.
func openRoster(ctx context.Context, l *ledger.Ledger, source string, survey *export.Survey) (r *Roster, err error) {
	r = &Roster{
		ctx: context.WithoutCancel(ctx), ledger: l, source: source, survey: survey,
		leaverRows: map[string]string{}, fixedKeys: map[string]bool{}, unseenIDs: map[string]bool{},
		gone: map[string]ledger.Member{},
	}
	r.earlier, err = l.EarlierRun(ctx, source, survey.SHA256)
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return nil, err
		}
		if !m.Aside && !m.Missing {
			r.Members++
		}
		if !survey.Contains(m.Key) {
			r.gone[m.Key] = m
		} else if m.ExternalID != "" && len(r.unseenIDs) < 10_000 { // enough of them to see what became of all
			r.unseenIDs[sameID(m.ExternalID)] = true
		}
	}
	r.sampledIDs = len(r.unseenIDs)
	left, leftErr := r.left()
	for _, one := range left {
		for _, same := range identities(one) {
			r.leaverRows[same] = ""
		}
		if m, now := r.gone[one.Key]; !now || m.Missing {
			r.Left++
		}
		r.unsettled = r.unsettled || one.Ours() && one.MemberID != ""
	}
	delete(r.leaverRows, "") // of a name without letters
	for _, line := range survey.Around {
		r.matchLeavers(Result{Row: line})
	}
	cut := slices.IndexFunc(survey.Problems, func(p export.Problem) bool { return p.Kind == "cut_off" })
	if cut >= 0 {
		r.unreadable = fmt.Sprintf("after %s, where the file was perhaps cut off", survey.Problems[cut].Places[0])
	}
	return r, cmp.Or(err, leftErr)
}

// Hold is why no leaver is to be revoked because of this export; "": they may be.
func (r *Roster) Hold() string {
	switch {
	case r.unreadable != "":
		return "addresses could not be read (" + r.unreadable + "), and may be those of leavers"
	case r.earlier != "":
		return "it is the export of run " + r.earlier + " again, after another one (if it is right, sync it again)"
	}
	return ""
}

// usableIDs reports whether external ids tell who is there: most of the members who are still have theirs.
func (r *Roster) usableIDs() bool { return r.hasIDs && 2*len(r.unseenIDs) <= r.sampledIDs }

// matchLeavers looks, while the plan is made, for leavers in a row: by the address that it was fixed to, by its
// external id, or without a readable address, by any cell or word, or two side by side, that may be name or address.
func (r *Roster) matchLeavers(result Result) {
	row, who := result.Row, []string(nil)
	r.fixedKeys[result.fixedKey] = true // "" is nobody's
	delete(r.gone, result.fixedKey)
	if row.ExternalID != "" {
		id := sameID(row.ExternalID)
		r.hasIDs, who = true, append(who, id)
		delete(r.unseenIDs, id)
	}
	if row.NoAddress && result.fixedKey == "" && len(r.unreadable) < 60 {
		r.unreadable = strings.TrimPrefix(r.unreadable+", "+row.Place.String(), ", ")
	}
	if row.Key == "" && len(r.leaverRows) > 0 {
		before, words := "", between.Split(strings.Join(row.Cells, " "), 200)
		for _, cell := range slices.Concat(row.Cells, words, []string{row.Name}) {
			cell = sameText(cell)
			who = append(who, cell, before+cell, cell+before)
			before = cell
		}
	}
	for _, one := range who {
		if place, left := r.leaverRows[one]; left && place == "" {
			r.leaverRows[one] = row.Place.String()
		}
	}
}

// stage stages whom a row adds to the source. After an error of it, or of finish, the run must not become complete.
func (r *Roster) stage(result Result) (err error) {
	person := ledger.Member{Key: cmp.Or(result.fixedKey, result.Row.Key)}
	person.Aside = !onboarded(result.Status) && result.Status != outcome.Unknown && !result.isRename
	if !person.Aside && (r.usableIDs() || !r.unsettled) { // else the ids by which leavers may be found are kept
		person.ExternalID = result.Row.ExternalID
	}
	r.batch = append(r.batch, person)
	for _, key := range result.Row.Other {
		r.batch = append(r.batch, ledger.Member{Key: key, Aside: true})
	}
	if len(r.batch) >= batchRows {
		err, r.batch = r.ledger.StageMembers(r.ctx, r.source, r.batch), r.batch[:0]
	}
	return err
}

// finish stages the last batch, and who is in no row of the export any more: gone, or missing if perhaps there.
func (r *Roster) finish() error {
	left, err := r.left()
	perhaps := make(map[string]bool, len(left))
	for _, one := range left {
		perhaps[one.Key] = r.trace(one) != ""
	}
	for key, m := range r.gone {
		m.Missing = perhaps[key] || r.Hold() != ""
		m.Gone = !m.Missing
		r.batch = append(r.batch, m)
	}
	return cmp.Or(err, r.ledger.StageMembers(r.ctx, r.source, r.batch))
}

// sameID makes external ids equal that other programs have changed the zeros or capitals of: 0042, 42, 42.0.
func sameID(id string) string {
	return "id\x00" + zeros.ReplaceAllString(strings.ToLower(strings.TrimSuffix(id, ".0")), "$1")
}

// sameText makes names equal, and addresses with mistyped ones, that have the same letters and digits: ann@x,example.
func sameText(s string) string { return signs.ReplaceAllString(foldName(s), "") }

// identities are what a row may have of a leaver: external id, name, and the address, also cut off as in ann@firm.
func identities(one ledger.Leaver) []string {
	cut := domainEnd.ReplaceAllString(one.Email, "$1")
	return []string{sameID(one.KnownID), sameText(one.Name), sameText(one.Email), sameText(cut)}
}

var (
	zeros     = regexp.MustCompile(`^0+(\w)`)
	signs     = regexp.MustCompile(`\(at\)|[^\pL\pM\pN]`)
	between   = regexp.MustCompile(`[\s<>;|]+`) // words, of which a row may have very many
	domainEnd = regexp.MustCompile(`(@[^.]*).*`)
)

const ActionRevoke, ActionReview = "revoke", "review" // what is to be done about a leaver

// A Leaver is somebody who was in a source and no longer is.
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

// Leavers lists who has left the source and what is to be done: as planned, or after run, by what became of its rows.
func (r *Roster) Leavers(run ledger.Run) (list []Leaver, err error) {
	left, err := r.left()
	r.Revoked, r.Held = 0, false
	for _, one := range slices.DeleteFunc(left, func(one ledger.Leaver) bool { return one.Stays }) {
		action, reason := r.judge(one)
		list = append(list, Leaver{
			Email: one.Email, Name: one.Name, AccountID: one.ID, LastSeen: outcome.Day(one.LastSeen),
			Action: action, Reason: reason, Source: r.source, RunID: run.ID,
		})
	}
	return list, err
}

// trace is why somebody may be in the export all the same: its external ids are not usable, or it has a row that may be
// theirs, or another address with their id; "": they are not in it.
func (r *Roster) trace(one ledger.Leaver) string {
	if one.MemberID != "" && !r.usableIDs() {
		return "the external ids of the export, by which another address of the same person would be seen, are " +
			"missing or not those of earlier runs: bring them back"
	}
	where := one.NewKey
	for _, same := range slices.Backward(identities(one)) {
		where = cmp.Or(r.leaverRows[same], where)
	}
	if where == "" {
		return ""
	}
	return "the same external id, name or mistyped address is in the export (" + where + "), with another address or " +
		"none that can be used: settle that first"
}

// left is who has left the source and is not back.
func (r *Roster) left() ([]ledger.Leaver, error) {
	all, err := r.ledger.Leavers(r.ctx, r.source, slices.Collect(maps.Keys(r.gone)))
	back := func(one ledger.Leaver) bool { return r.survey.Contains(one.Key) || r.fixedKeys[one.Key] }
	return slices.DeleteFunc(all, back), err
}

// judge decides about a leaver, and notes who is Held or Revoked. Only an account certainly created by us is revoked,
// and only if the person cannot be in the export.
func (r *Roster) judge(one ledger.Leaver) (action, reason string) {
	byItself := "use a file that has its jsm_account_id alone"
	if one.ID == "" {
		byItself = "find the customer in Jira, as the account id is not known"
	}
	gone := "in no row of the export since " + outcome.Day(one.LastSeen)
	revoked := gone + "; " + fmt.Sprintf(outcome.ReasonRevoked, outcome.Day(one.RevokedAt))
	switch perhaps, hold := r.trace(one), r.Hold(); {
	case !one.RevokedAt.IsZero() && one.LastSeen.After(one.RevokedAt):
		return ActionReview, revoked + ", but they were in an export since, and may have access again: look in Jira, " +
			"and to revoke it, " + byItself
	case !one.RevokedAt.IsZero():
		r.Revoked++
		return ActionRevoke, revoked
	case one.SameAccount != "":
		return ActionReview, "the same account has another address, " + one.SameAccount + ": whoever uses it would " +
			"lose access; take it away only if that address has left, too"
	case !one.Ours():
		return ActionReview, fmt.Sprintf("%s; the account is %s, so it was not certainly created by this program; to "+
			"revoke it, %s", gone, one.Status, byItself)
	case perhaps != "":
		return ActionReview, perhaps + "; to revoke the old account, " + byItself
	case hold != "":
		r.Held = true
		return ActionReview, gone + ", but " + hold + ": settle that first"
	}
	return ActionRevoke, gone
}
