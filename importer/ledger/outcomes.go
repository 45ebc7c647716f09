package ledger

import (
	"context"
	"iter"
)

// pageRows is how many rows are read at a time. Between pages nothing is held,
// so that a slow reader does not keep the log from being emptied.
const pageRows = 1000

// Outcomes yields what became of the rows of run from row number from on, in
// row order; a row that is pending has Status "".
func (l *Ledger) Outcomes(ctx context.Context, run int64, from int) iter.Seq2[Outcome, error] {
	return l.outcomes(ctx, allOutcomes, run, 0, from)
}

// Revocations is Outcomes for the run's revocations.
func (l *Ledger) Revocations(ctx context.Context, run int64, from int) iter.Seq2[Outcome, error] {
	return l.outcomes(ctx, allOutcomes, run, 1, from)
}

// ToLookUp yields the outcomes of run from row number from on whose account id
// is still to be looked up, in row order. They may be settled meanwhile.
func (l *Ledger) ToLookUp(ctx context.Context, run int64, from int) iter.Seq2[Outcome, error] {
	return l.outcomes(ctx, "SELECT "+outcomeColumns+` FROM outcomes
		WHERE run = ? AND revoke = ? AND row >= ? AND look_up = 1 ORDER BY row LIMIT ?`, run, 0, from)
}

const (
	unanswered = "run, revoke, row, line, key, email, name, external_id, '', '', '', 0, 0, 1, 0, 0, 0, 0"
	noOutcome  = "NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.run = a.run AND o.revoke = a.revoke AND o.row = a.row)"
)

const allOutcomes = "SELECT " + outcomeColumns + ` FROM outcomes WHERE run = ?1 AND revoke = ?2 AND row >= ?3
	UNION ALL SELECT ` + unanswered + ` FROM lost a WHERE run = ?1 AND revoke = ?2 AND row >= ?3 AND ` + noOutcome + `
	UNION ALL SELECT ` + unanswered + ` FROM pending a WHERE run = ?1 AND revoke = ?2 AND row >= ?3 AND ` + noOutcome + `
	AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.run = a.run AND l.revoke = a.revoke AND l.row = a.row)
	ORDER BY 3 LIMIT ?4`

func (l *Ledger) outcomes(ctx context.Context, query string, run int64, kind, from int) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		for {
			rows, err := l.read.QueryContext(ctx, query, run, kind, from, pageRows)
			if err != nil {
				yield(Outcome{}, wrap(l.path, err))
				return
			}
			page, err := collect(rows, scanOutcome)
			if err != nil {
				yield(Outcome{}, wrap(l.path, err))
				return
			}
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
			from = page[len(page)-1].Row + 1
		}
	}
}

func scanOutcome(s scanner) (Outcome, error) {
	var o Outcome
	var run int64
	err := s.Scan(&run, &o.Revoke, &o.Row, &o.Line, &o.Key, &o.Email, &o.Name, &o.ExternalID, &o.Status, &o.AccountID,
		&o.Reason, &o.HTTPStatus, &o.Attempts, &o.Open, &o.LookUp, &o.Known, &o.Verified, &o.AskAgain)
	if o.Email == "" {
		o.Email = o.Key
	}
	return o, err
}
