package importer

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey        *export.Survey
	Run           ledger.Run // the run that goes on; Seq 0: a new one would begin
	Resumed       bool
	Finished      int // rows that an earlier session of this run has settled
	Create        int // rows that would be sent
	LookUps       int // account ids that are still to be looked up, of any run
	Known         int
	RevokedBefore int
	Fixed         int   // rows that were fixed in a failed file, and imported
	Returning     int   // of Create, rows whose account we have revoked (--resend-known)
	Renames       int   // of Known, customers who would be renamed
	NamesChanged  int   // of Known, customers whose name has changed, which is only stated
	OtherAddress  int   // of Create, people who are onboarded under another address
	Missing       []int // of PlanOptions.Require, counted from 1, those who are in no row
	Access        *AccessPlan

	Settled outcome.Totals // revoke, undo: rows for which nothing would be sent
	Reach   Reach          // revoke, undo: whose accounts those of Create are
	Undoes  *ledger.Run    // undo: the run that is undone

	first FirstRow
	rows  func(context.Context) iter.Seq2[*export.Row, error]
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Job         ledger.Job // without the checksum of the input, which the plan fills in
	ResendKnown bool
	UpdateNames bool
	Require     []string // addresses that the file must hold
}

// Rows yields the rows of the run: of the file, or for undo of the ledger.
func (p *Plan) Rows(ctx context.Context) iter.Seq2[*export.Row, error] { return p.rows(ctx) }

// FirstRow is the first row of a file that would be sent.
type FirstRow struct {
	Number      int // 0: there is none
	Place       export.Place
	Email, Name string
}

// First returns the first row that would be sent. It is the one that a run with [Options].Only sends.
func (p *Plan) First(context.Context) (FirstRow, error) { return p.first, nil }

// MakePlan reads the file twice, and the second time holds it against the ledger. It changes nothing.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	survey, err := file.Survey(ctx, o.Export)
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, rows: survey.All}
	return p, p.decideImport(ctx, l, o)
}

// decideImport asks of each row what a run would make of it.
func (p *Plan) decideImport(ctx context.Context, l *ledger.Ledger, o PlanOptions) error {
	if err := p.find(ctx, l, o.Job); err != nil {
		return err
	}
	c := newCreation(nil, l, p, Options{ResendKnown: o.ResendKnown, UpdateNames: o.UpdateNames})
	missing := map[string]int{} // by key
	for i, address := range o.Require {
		key, _ := export.Key(address)
		missing[cmp.Or(key, address)] = i + 1
	}
	for batch, err := range inBatches(p.Rows(ctx), batchRows) {
		if err != nil {
			return err
		}
		known, err := recall(ctx, l, p.Run.Seq, batch)
		if err != nil {
			return err
		}
		for i, row := range batch {
			delete(missing, row.Key) // also of one that is excluded: it shows that the export is whole
			m := known[i]
			m.Outcome = p.standing(m.Outcome)
			p.count(row, m, c.one(row, m))
		}
	}
	p.Missing = slices.Sorted(maps.Values(missing))
	var err error
	p.LookUps, err = countLookUps(ctx, l)
	return err
}

// find looks for the run that goes on.
func (p *Plan) find(ctx context.Context, l *ledger.Ledger, job ledger.Job) (err error) {
	job.InputSHA256 = p.Survey.SHA256
	p.Run, err = l.FindRun(ctx, job)
	p.Resumed = p.Run.Seq > 0
	return err
}

// standing is an outcome of an earlier session, unless it is forgotten when the run goes on.
func (p *Plan) standing(o *outcome.Outcome) *outcome.Outcome {
	if o != nil && p.Run.Retry && o.Retry {
		return nil
	}
	return o
}

func (p *Plan) count(row *export.Row, m memory, d decision) {
	switch {
	case m.fixed != nil:
		p.Fixed++
	case m.Outcome != nil:
		p.Finished++
	case d.result.Status == outcome.RevokedBefore:
		p.RevokedBefore++
	case d.result.Status == outcome.Known:
		p.Known++
		if d.do != nil {
			p.Renames++
		} else if nameChanged(row, *m.Account) {
			p.NamesChanged++
		}
	case d.do != nil:
		p.countCreate(row, m)
	}
}

func (p *Plan) countCreate(row *export.Row, m memory) {
	if p.Create++; p.first.Number == 0 {
		p.first = FirstRow{row.Number, row.Place, strings.Clone(row.Email), strings.Clone(row.Name)}
	}
	switch {
	case m.Account == nil && m.other != nil:
		p.OtherAddress++
	case m.Account != nil && !m.Account.RevokedAt.IsZero():
		p.Returning++
	}
}
