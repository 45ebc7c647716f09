package importer

import (
	"cmp"
	"context"
	"fmt"
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
	Members    int    // people onboarded because of the source
	Revoked    int    // leavers whom a killed revocation has revoked already: no results show it
	Unreadable string // where addresses could not be read, and were not fixed: the first rows, or the end; "": nowhere
	Held       bool   // for these rows, a leaver on the list is not to be revoked

	ctx        context.Context
	ledger     *ledger.Ledger
	source     string
	survey     *export.Survey
	gone       []ledger.Member // who is in no row of the export any more
	batch      []ledger.Member
	hasIDs     bool              // a row with an external id that can be used was seen
	leaverRows map[string]string // by what identifies each leaver, a row that has it; "": none
	fixedKeys  map[string]bool   // keys that rows were onboarded with once they were fixed
}

// openRoster reads who was in a source, and compares that with its export.
func openRoster(ctx context.Context, l *ledger.Ledger, source string, survey *export.Survey) (*Roster, error) {
	r := &Roster{
		ctx: context.WithoutCancel(ctx), ledger: l, source: source, survey: survey,
		leaverRows: map[string]string{}, fixedKeys: map[string]bool{},
	}
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return nil, err
		}
		if !m.Aside {
			r.Members++
		}
		if !survey.Contains(m.Key) {
			r.gone = append(r.gone, m)
		}
	}
	left, err := r.left()
	for _, one := range left {
		for _, same := range identities(one) {
			r.leaverRows[same] = ""
		}
		if !one.RevokedAt.IsZero() {
			r.Revoked++
		}
	}
	delete(r.leaverRows, "") // of a name without letters
	for _, line := range survey.Around {
		r.matchLeavers(Result{Row: line})
	}
	cut := slices.IndexFunc(survey.Problems, func(p export.Problem) bool { return p.Kind == "cut_off" })
	if cut >= 0 {
		r.Unreadable = fmt.Sprintf("after %s, where the file was perhaps cut off", survey.Problems[cut].Places[0])
	}
	return r, err
}

// matchLeavers looks, while the plan is made, for leavers in a row: by the address that it was fixed to, by its
// external id, or without a readable address, by any cell or word, or two side by side, that may be name or address.
func (r *Roster) matchLeavers(result Result) {
	row, who := result.Row, []string(nil)
	r.fixedKeys[result.fixedKey] = true // "" is nobody's
	if row.ExternalID != "" {
		r.hasIDs, who = true, append(who, sameID(row.ExternalID))
	}
	if row.NoAddress && result.fixedKey == "" && len(r.Unreadable) < 60 {
		r.Unreadable = strings.TrimPrefix(r.Unreadable+", "+row.Place.String(), ", ")
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
func (r *Roster) stage(result Result) error {
	person := ledger.Member{Key: cmp.Or(result.fixedKey, result.Row.Key)}
	person.Aside = !onboarded(result.Status) && result.Status != outcome.Unknown && !result.isRename // no account
	if !person.Aside {
		person.ExternalID = result.Row.ExternalID
	}
	r.batch = append(r.batch, person)
	for _, key := range result.Row.Other {
		r.batch = append(r.batch, ledger.Member{Key: key, Aside: true})
	}
	if len(r.batch) < batchRows {
		return nil
	}
	err := r.ledger.StageMembers(r.ctx, r.source, r.batch)
	r.batch = r.batch[:0]
	return err
}

// finish stages the last batch, and those who are in no row of the export any more.
func (r *Roster) finish(run ledger.Run) error {
	r.gone = slices.DeleteFunc(r.gone, func(m ledger.Member) bool { return r.fixedKeys[m.Key] })
	return cmp.Or(r.ledger.StageMembers(r.ctx, r.source, r.batch),
		r.ledger.StageLeavers(r.ctx, run.Seq, r.source, r.gone))
}

// sameID makes external ids equal that a spreadsheet or another export has changed the zeros or capitals of: 0042, 42.
func sameID(id string) string { return "id\x00" + zeros.ReplaceAllString(strings.ToLower(id), "$1") }

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
	for _, one := range left {
		elsewhere := one.NewKey
		for _, same := range slices.Backward(identities(one)) {
			elsewhere = cmp.Or(r.leaverRows[same], elsewhere)
		}
		action, reason := judgeLeaver(one, elsewhere, r.hasIDs)
		if r.Unreadable != "" && action == ActionRevoke && one.RevokedAt.IsZero() {
			r.Held, action = true, ActionReview
			reason += ", but an address cannot be read (" + r.Unreadable + "), and may be this one: fix that first"
		}
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
	back := func(one ledger.Leaver) bool { return r.survey.Contains(one.Key) || r.fixedKeys[one.Key] }
	return slices.DeleteFunc(all, back), err
}

// judgeLeaver decides about a leaver. Only an account certainly created by us is revoked, and only if the person cannot
// be in the export: elsewhere is a row that may be theirs, or another address with the id; ids: some can be used.
func judgeLeaver(one ledger.Leaver, elsewhere string, ids bool) (action, reason string) {
	byItself := "use a file that has its jsm_account_id alone"
	if one.ID == "" {
		byItself = "find the customer in Jira, as the account id is not known"
	}
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
		return ActionReview, fmt.Sprintf("the same external id, name or mistyped address is in the export (%s), with "+
			"another address or none that can be used: settle that first; to revoke the old account all the same, %s",
			elsewhere, byItself)
	}
	return ActionRevoke, gone
}
