package importer

import (
	"context"
	"fmt"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey        *export.Survey
	Run           ledger.Run // the run that goes on; Seq 0: a new one would begin
	Resumed       bool
	Finished      int // rows that an earlier sitting of this run has settled
	Create        int // rows that would be sent
	Known         int
	RevokedBefore int
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Identity    ledger.Identity // without the checksum of the input, which the plan fills in
	ResendKnown bool
	Fresh       bool // the ledger is left alone: nothing is known and nothing goes on
}

// MakePlan reads the file once and holds it against the ledger. It changes
// nothing.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	look := &lookBack{ledger: l, resend: o.ResendKnown}
	survey, err := file.Survey(ctx, o.Export, func(row *export.Row) error { return look.at(ctx, row) })
	if err != nil {
		return nil, err
	}
	if err := look.flush(ctx); err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey}
	o.Identity.InputSHA256 = survey.SHA256
	if p.Run, p.Resumed, err = l.Peek(ctx, o.Identity); err != nil {
		return nil, err
	}
	if !p.Resumed {
		p.Run.Identity = o.Identity
	}
	return p, p.hold(ctx, l, look)
}

// hold counts the rows by what would become of them.
func (p *Plan) hold(ctx context.Context, l *ledger.Ledger, look *lookBack) error {
	var finished bitset
	if p.Resumed {
		for o, err := range l.Outcomes(ctx, p.Run.Seq, 0) {
			if err != nil {
				return err
			}
			if o.Status != "" && !o.Open {
				finished.set(o.Row)
				p.Finished++
			}
		}
	}
	skip := finished
	for number := range p.Survey.DuplicateRows() {
		skip.set(number)
	}
	p.Known, p.RevokedBefore = look.known.countWithout(skip), look.revoked.countWithout(skip)
	p.Create = p.Survey.Valid - p.Survey.Duplicates - p.Finished - p.Known - p.RevokedBefore
	if p.Create < 0 {
		return fmt.Errorf("the plan does not add up: %d valid rows, %d duplicates, %d finished, %d known, %d revoked before",
			p.Survey.Valid, p.Survey.Duplicates, p.Finished, p.Known, p.RevokedBefore)
	}
	return nil
}

// lookBack asks the ledger about the rows of the first pass, in batches, and
// keeps two bits a row.
type lookBack struct {
	ledger  *ledger.Ledger
	resend  bool
	batch   []ledger.Query
	known   bitset
	revoked bitset
}

func (k *lookBack) at(ctx context.Context, row *export.Row) error {
	if row.Invalid != "" || row.Excluded != "" {
		return nil
	}
	k.batch = append(k.batch, ledger.Query{Row: row.Number, Key: row.Key})
	if len(k.batch) < batchRows {
		return nil
	}
	return k.flush(ctx)
}

func (k *lookBack) flush(ctx context.Context) error {
	memories, err := k.ledger.Recall(ctx, 0, k.batch)
	if err != nil {
		return err
	}
	for i, m := range memories {
		switch {
		case m.Account == nil:
		case !m.Account.RevokedAt.IsZero():
			k.revoked.set(k.batch[i].Row)
		case !k.resend:
			k.known.set(k.batch[i].Row)
		}
	}
	k.batch = k.batch[:0]
	return nil
}
