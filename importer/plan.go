package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	LookUps       int // finished rows whose account id is still to be looked up
	Known         int
	RevokedBefore int
	Returning     int      // of Create, rows whose account we have revoked (--resend-known)
	Missing       []string // of PlanOptions.Require, those who are in no row

	unsent  bitset            // import: rows for which nothing would be sent, but for those that say so themselves
	Settled Totals            // revoke: rows for which nothing would be sent, by status
	Reach   Reach             // revoke: whose accounts those are
	keys    map[string]string // revoke: under which address the ledger has an account id
}

// FirstRow is the first row of a file that would be sent.
type FirstRow struct {
	Number, Line int // 0: there is none
	Email, Name  string
}

// First reads the file again, as far as the first row that would be sent. It
// is the one that a run with [Options].Only sends.
func (p *Plan) First(ctx context.Context) (FirstRow, error) {
	for row, err := range p.Survey.All(ctx) {
		if err != nil {
			return FirstRow{}, err
		}
		if _, fixed := unsendable(row); !fixed && !p.unsent.has(row.Number) {
			return FirstRow{row.Number, row.Line, strings.Clone(row.Email), strings.Clone(row.Name)}, nil
		}
	}
	return FirstRow{}, nil
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Identity    ledger.Identity // without the checksum of the input, which the plan fills in
	ResendKnown bool
	Fresh       bool     // the ledger is left alone: nothing is known and nothing goes on
	Require     []string // addresses that the file must hold
}

// MakePlan reads the file once and holds it against the ledger. It changes
// nothing.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	look := &lookBack{ledger: l, resend: o.ResendKnown, require: newRequired(o.Require)}
	survey, err := file.Survey(ctx, o.Export, func(row *export.Row) error { return look.at(ctx, row) })
	if err != nil {
		return nil, err
	}
	if err := look.flush(ctx); err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, Missing: look.require.missing()}
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
			if o.Status != "" && !o.Open && !(p.Run.AskAgain && o.AskAgain) {
				finished.set(o.Row)
				p.Finished++
			}
			if o.LookUp {
				p.LookUps++
			}
		}
	}
	skip := finished
	for number := range p.Survey.DuplicateRows() {
		skip.set(number)
	}
	p.Known, p.RevokedBefore = look.known.countWithout(skip), look.revoked.countWithout(skip)
	p.unsent = finished
	p.unsent.add(look.known)
	if look.resend {
		p.RevokedBefore, p.Returning = 0, p.RevokedBefore
	} else {
		p.unsent.add(look.revoked)
	}
	p.Create = p.Survey.Valid - p.Survey.Duplicates - p.Finished - p.Known - p.RevokedBefore
	if p.Create < 0 {
		return fmt.Errorf("the plan does not add up: %d valid rows, %d duplicates, %d finished, %d known, %d revoked before",
			p.Survey.Valid, p.Survey.Duplicates, p.Finished, p.Known, p.RevokedBefore)
	}
	return nil
}

// required are the addresses that the file must hold and that were not seen
// yet, by key.
type required map[string]string

func newRequired(addresses []string) required {
	r := required{}
	for _, address := range addresses {
		key, ok := export.Key(address)
		if !ok {
			key = address
		}
		r[key] = address
	}
	return r
}

// see counts any row with the address: one that is excluded shows, too, that
// the export is whole.
func (r required) see(row *export.Row) {
	if len(r) > 0 {
		delete(r, row.Key)
	}
}

func (r required) missing() []string { return slices.Sorted(maps.Values(r)) }

// manyRows is from how many rows on it pays to read all of the ledger's
// accounts at once.
const manyRows = 20_000

// lookBack asks the ledger about the rows of the first pass, in batches, and
// keeps two bits a row.
type lookBack struct {
	require required
	ledger  *ledger.Ledger
	resend  bool
	rows    []*export.Row
	keys    []string
	asked   int
	known   bitset
	revoked bitset
}

func (k *lookBack) at(ctx context.Context, row *export.Row) error {
	k.require.see(row)
	if row.Invalid != "" || row.Excluded != "" {
		return nil
	}
	k.rows, k.keys = append(k.rows, row), append(k.keys, row.Key)
	if len(k.rows) < batchRows {
		return nil
	}
	return k.flush(ctx)
}

func (k *lookBack) flush(ctx context.Context) error {
	if k.asked += len(k.rows); k.asked > manyRows {
		if err := k.ledger.Index(ctx); err != nil {
			return err
		}
	}
	standings, err := k.ledger.Standings(ctx, k.keys)
	if err != nil {
		return err
	}
	for i, standing := range standings {
		row := k.rows[i]
		switch {
		case standing == ledger.Revoked:
			k.revoked.set(row.Number)
		case standing == ledger.Held && !k.resend:
			k.known.set(row.Number)
		}
	}
	k.rows, k.keys = k.rows[:0], k.keys[:0]
	return nil
}
