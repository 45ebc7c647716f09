package importer

import (
	"context"
	"iter"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey       *export.Survey
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
	ResendKnown  bool         // as asked for
	noAccount    map[int]bool // rows that might have been sent, and that have no account in the end

	Reach  Reach       // revoke, undo: whose accounts those of Create are
	Undoes *ledger.Run // undo: the run that is undone

	First export.Row                                          // the first that would be sent: number, place, person
	Rows  func(context.Context) iter.Seq2[*export.Row, error] // of the file, or for undo of the ledger
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Job         ledger.Job // without the checksum of the input, which the plan fills in
	ResendKnown bool
	UpdateNames bool
	Require     []string // addresses that the file must hold
}

// MakePlan reads the file twice, and the second time holds it against the ledger. It changes nothing.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	survey, err := file.Survey(ctx, o.Export)
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, Rows: survey.All}
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
	return p, p.planImport(ctx, l, o)
}

func (p *Plan) planImport(ctx context.Context, l *ledger.Ledger, o PlanOptions) (err error) {
	if err := p.find(ctx, l, o.Job); err != nil {
		return err
	}
	if p.LookUps, err = l.CountLookUps(ctx); err != nil {
		return err
	}
	p.noAccount, p.ResendKnown = map[int]bool{}, o.ResendKnown
	choices := Options{ResendKnown: o.ResendKnown, UpdateNames: o.UpdateNames}
	return p.decideAll(ctx, newCreation(newRun(ctx, nil, l, p, choices)))
}

// find looks for the run that goes on.
func (p *Plan) find(ctx context.Context, l *ledger.Ledger, job ledger.Job) (err error) {
	job.InputSHA256 = p.Survey.SHA256
	p.Run, err = l.FindRun(ctx, job)
	p.Resumed = p.Run.Seq > 0
	return err
}

// decideAll asks of each row what a run would make of it.
func (p *Plan) decideAll(ctx context.Context, w work) error {
	for batch, err := range inBatches(p.Rows(ctx), batchRows) {
		if err != nil {
			return err
		}
		decisions, err := w.decide(ctx, batch)
		if err != nil {
			return err
		}
		for _, d := range decisions {
			p.count(d)
			p.Roster.sight(d.result.Row, 0)
		}
	}
	return nil
}

// count adds what a run would make of a row.
func (p *Plan) count(d decision) {
	row, a := d.result.Row, d.Account
	if p.noAccount != nil && row.Sendable() && d.becomes != outcome.Duplicate && !onboarded(d.becomes) {
		p.noAccount[row.Number] = true
	}
	switch {
	case d.Outcome != nil && !d.Outcome.Open:
		p.Finished[d.Outcome.Status]++
		return
	case d.Fixed != nil:
		p.Fixed++
		return
	case d.becomes == outcome.Known && nameChanged(row, *a):
		p.NamesChanged++
	}
	if d.becomes != outcome.Created && d.becomes != outcome.Revoked {
		p.Settled[d.becomes]++
		return
	}
	if p.Create++; p.First.Number == 0 {
		p.First = export.Row{Number: row.Number, Place: row.Place}
		p.First.Email, p.First.Name = strings.Clone(row.Email), strings.Clone(row.Name)
	}
	if d.Other != nil {
		p.OtherAddress++
	}
	if a == nil {
		p.Reach.Unknown++
		return
	}
	if p.Resent++; !a.RevokedAt.IsZero() {
		p.Returning++
	}
	if !a.Ours() {
		p.Reach.Foreign++
	}
}
