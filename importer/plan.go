package importer

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey       *export.Survey
	Options      PlanOptions
	Run          ledger.Run // the run that goes on; Seq 0: a new one would begin
	Resumed      bool
	Finished     outcome.Totals // rows that an earlier session of this run has settled
	Settled      outcome.Totals // other rows for which no account is created or revoked
	Create       int            // rows that would be sent, to create or to revoke
	Resent       int            // of Create, rows whose account the ledger has (--resend-known; revoke, undo)
	Returning    int            // of Resent, rows whose account we have revoked
	OtherAddress int            // of Create, people who are onboarded under another address
	NamesChanged int            // of those who are known, customers whose name has changed, which is only stated
	Fixed        int            // rows that were fixed in a failed file, and imported
	LookUps      int            // account ids that are still to be looked up, of any run
	Missing      []int          // of PlanOptions.Require, counted from 1, those who are in no row
	Access       *AccessPlan
	Roster       *Roster      // sync: who is in the source; nil: another command
	noAccount    map[int]bool // rows that might have been sent, and that have no account in the end

	Listed  bool        // revoke: a column jsm_action says what is to be done; sync wrote it as a list of leavers
	Foreign int         // revoke, undo: of Resent, accounts that were not certainly created by us
	Undoes  *ledger.Run // undo: the run that is undone

	First export.Row                                          // the first that would be sent
	Rows  func(context.Context) iter.Seq2[*export.Row, error] // of the file, or for undo of the ledger
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Job         ledger.Job // without the checksum of the input, which the plan fills in
	ResendKnown bool       // send the rows that the ledger knows, too
	UpdateNames bool       // rename known customers whose name has changed
	Require     []string   // addresses that the file must hold
}

// MakePlan reads the file twice, and the second time holds it against the ledger. It changes nothing. An
// *export.RefusedError also says of a list of leavers that it is out of date.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	o.Export.NeedAccounts = Revokes(o.Job.Command)
	survey, err := file.Survey(ctx, o.Export)
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, Rows: survey.All, Listed: slices.Contains(survey.Own, "jsm_action")}
	for i, address := range o.Require {
		if key, ok := export.Key(address); !ok || !survey.Contains(key) {
			p.Missing = append(p.Missing, i+1)
		}
	}
	if o.Job.Command == "sync" {
		if p.Roster, err = openRoster(ctx, l, o.Job.Source, survey); err != nil {
			return nil, err
		}
	}
	return p, p.decide(ctx, l, o)
}

// decide finds the run that goes on, and asks of each row what it would make of it.
func (p *Plan) decide(ctx context.Context, l *ledger.Ledger, o PlanOptions) (err error) {
	o.Job.InputSHA256 = p.Survey.SHA256
	if p.Run, err = l.FindRun(ctx, o.Job); err != nil {
		return err
	}
	p.Options, p.Resumed = o, p.Run.Seq > 0
	r := NewRun(ctx, nil, l, p, Options{})
	if !r.revokes {
		p.noAccount = map[int]bool{}
		if p.LookUps, err = l.CountLookUps(ctx); err != nil {
			return err
		}
	}
	for t, err := range r.tasks(ctx, p.Rows(ctx)) {
		if err == nil && r.revokes {
			err = upToDate(ctx, l, p.Survey.Path, t.row)
		}
		if err != nil {
			return err
		}
		p.count(t)
		if p.Roster != nil {
			p.Roster.sight(t.result, 0)
		}
	}
	return nil
}

// count adds what a run would make of a row.
func (p *Plan) count(t *task) {
	row, a := t.row, t.Account
	becomes := cmp.Or(t.wants, t.decided.Status, t.result.Status) // when all goes well
	if p.noAccount != nil && row.Sendable() && becomes != outcome.Duplicate && !onboarded(becomes) {
		p.noAccount[row.Number] = true
	}
	switch {
	case t.Outcome != nil && !t.Outcome.Open:
		p.Finished[t.Outcome.Status]++
		return
	case t.Fixed != nil:
		p.Fixed++
		return
	case becomes == outcome.Known && nameChanged(row, *a):
		p.NamesChanged++
	}
	if becomes != outcome.Created && becomes != outcome.Revoked {
		p.Settled[becomes]++
		return
	}
	if p.Create++; p.Create == 1 {
		p.First = *row
	}
	if t.Other != nil {
		p.OtherAddress++
	}
	if a == nil {
		return
	}
	if p.Resent++; !a.RevokedAt.IsZero() {
		p.Returning++
	}
	if !a.Ours() {
		p.Foreign++
	}
}
