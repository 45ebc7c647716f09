package ledger

import (
	"context"
)

// Attempt is a request that is about to leave.
type Attempt struct {
	Row, Line                    int
	Key, Email, Name, ExternalID string
	Revoke                       bool // takes access away; else it creates
}

// Outcome is what became of a row.
type Outcome struct {
	Row, Line                    int
	Key, Email, Name, ExternalID string
	Status                       string // "": pending, its attempt is on disk and no more is known
	AccountID, Reason            string
	HTTPStatus, Attempts         int
	Revoke                       bool // of a revocation: rows of these are numbered by themselves
	Open                         bool // may have been carried out, and its answer is not known
	LookUp                       bool // the account id is still to be looked up
	Known                        bool // goes into accounts: a new version, or one that is revoked
	Restored                     bool // Known, and the account is again as it was before it was revoked; not kept with the outcome
	Gone                         bool // Known, of a revocation: the site has the account no more; not kept with the outcome
	Verified                     bool // ours beyond doubt
	AskAgain                     bool // forgotten when a run that stopped for a problem goes on
}

// Begin puts a on disk as pending and returns when it is durable. ctx counts
// only before that: an attempt that may be on disk is never reported as not
// begun. When the row is pending or open already, that earlier attempt's
// answer is lost, and stays so until the row is settled as Known.
func (l *Ledger) Begin(ctx context.Context, run int64, a Attempt) error {
	return l.BeginAll(ctx, run, []Attempt{a})
}

// BeginAll is Begin for several attempts at the cost of one. After an error
// each of them may be on disk or not.
func (l *Ledger) BeginAll(ctx context.Context, run int64, attempts []Attempt) error {
	if err := ctx.Err(); err != nil || len(attempts) == 0 {
		return err
	}
	entries := make([]entry, len(attempts))
	for i, a := range attempts {
		entries[i] = entry{action: begin, run: run, outcome: Outcome{Row: a.Row, Line: a.Line,
			Key: a.Key, Email: a.Email, Name: a.Name, ExternalID: a.ExternalID, Revoke: a.Revoke}}
	}
	return l.write.do(entries...)
}

// Settle records o and calls done, when it is not nil, once o is durable or
// has failed. It does not wait for the disk, except while 4,096 entries wait.
// The callbacks come from one goroutine, in the order of the calls; they must
// not call Begin or Settle. Settling a row again replaces its outcome.
//
// A row's own lost attempt is taken back when o is Known and not Open, and so
// are those of other runs for its key. A refusal takes back only an attempt of
// this sitting: it says nothing of what an earlier one has done.
func (l *Ledger) Settle(run int64, o Outcome, done func(error)) {
	l.hand(entry{action: settle, run: run, outcome: o, done: done})
}

// Withdraw takes back a pending attempt that provably never left. Where the
// answer of an earlier attempt is lost, that stays. done as with Settle.
func (l *Ledger) Withdraw(run int64, row int, done func(error)) {
	l.hand(entry{action: withdraw, run: run, outcome: Outcome{Row: row}, done: done})
}

// WithdrawRevocation is Withdraw for an attempt with Revoke.
func (l *Ledger) WithdrawRevocation(run int64, row int, done func(error)) {
	l.hand(entry{action: withdraw, run: run, outcome: Outcome{Row: row, Revoke: true}, done: done})
}

func (l *Ledger) hand(e entry) {
	err := errReadOnly
	if l.write != nil {
		err = l.write.put(e)
	}
	if err != nil && e.done != nil {
		e.done(err)
	}
}
