package importer

import (
	"context"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// A task is one row for which a request has to be made.
type task struct {
	row  *export.Row
	lost *ledger.Lost    // an earlier attempt of ours whose answer was never learned
	had  *ledger.Account // what the ledger has for this address already (--resend-known; revoke)

	begun   bool   // its attempt is on disk
	id, key string // revoke: the account, and the address under which the ledger has it
}

// creation is the trade of import and sync: a customer for each row.
type creation struct {
	books
	desk    Desk
	options Options
}

// decide settles what needs no request: rows that must not be sent, rows that
// an earlier sitting of this run has settled, and customers that the ledger
// knows.
func (c *creation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	decisions := make([]decision, len(rows))
	var ask []ledger.Query
	var asked []int
	for i, row := range rows {
		if o, ok := unsendable(row); ok {
			decisions[i].outcome = o
			continue
		}
		ask = append(ask, ledger.Query{Row: row.Number, Key: row.Key})
		asked = append(asked, i)
	}
	memories, err := c.ledger.Recall(ctx, c.run.Seq, ask)
	if err != nil {
		return nil, err
	}
	for n, i := range asked {
		if decisions[i], err = c.remember(rows[i], memories[n]); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// remember decides on one row by what the ledger knows of it.
func (c *creation) remember(row *export.Row, m ledger.Memory) (decision, error) {
	if m.Outcome != nil {
		o, err := recalled(row, *m.Outcome)
		return decision{outcome: o}, err
	}
	if m.Account != nil && !c.options.ResendKnown {
		return decision{outcome: knownOutcome(row, *m.Account)}, nil
	}
	return decision{task: &task{row: row, lost: m.Lost, had: m.Account}}, nil
}

// perform makes one customer: leave, pending on disk, request, outcome on disk.
// The leave comes first (unless nothing is paced, see ahead): a row that only
// waits for it is not in flight, and a process that is killed then leaves no
// doubt about it.
func (c *creation) perform(ctx context.Context, t *task, done func(Outcome, *Stop)) {
	if ctx.Err() != nil {
		c.withdraw(t, nil, done)
		return
	}
	row, unrecorded := t.row, error(nil)
	made, call, err := c.desk.CreateCustomer(ctx, apiclient.NewCustomer{Email: row.Email, DisplayName: row.Name}, func() error {
		if !t.begun {
			unrecorded = c.begin(ctx, t)
		}
		return unrecorded
	})
	if unrecorded != nil {
		done(c.unattempted(t), brokenLedger(unrecorded))
		return
	}
	v := judgeCreate(t.lost != nil, call, err)
	stop := c.observe(v.status, err)
	if v.withdraw {
		c.withdraw(t, stop, done)
		return
	}
	o := c.resolve(ctx, t, v, c.record(t, v, made, call))
	c.ledger.Settle(c.run.Seq, o, func(e error) {
		done(c.told(row, o, call, e), firstStop(stop, brokenLedger(e)))
	})
}

// ahead puts the attempts of tasks on disk together, before their turn comes,
// as long as nothing is paced: then the disk is all that a request waits for.
func (c *creation) ahead(ctx context.Context, tasks []*task) error {
	if !c.desk.Unpaced() {
		return nil
	}
	return c.begin(ctx, tasks...)
}

// begin puts the attempts of tasks on disk.
func (c *creation) begin(ctx context.Context, tasks ...*task) error {
	attempts := make([]ledger.Attempt, len(tasks))
	for i, t := range tasks {
		row := t.row
		attempts[i] = ledger.Attempt{Row: row.Number, Line: row.Line, Key: row.Key, Email: row.Email, Name: row.Name, ExternalID: row.ExternalID}
	}
	err := c.ledger.BeginAll(context.WithoutCancel(ctx), c.run.Seq, attempts)
	for _, t := range tasks {
		t.begun = err == nil
	}
	return err
}

// withdraw is the end of a task whose request has not left.
func (c *creation) withdraw(t *task, stop *Stop, done func(Outcome, *Stop)) {
	o := c.unattempted(t)
	if !t.begun {
		done(o, stop)
		return
	}
	c.ledger.Withdraw(c.run.Seq, t.row.Number, func(e error) {
		done(o, firstStop(stop, brokenLedger(e)))
	})
}

// resolve looks up the account behind a conflict. What follows a lost attempt
// is looked up at the end: the site may need a moment to know a new account.
func (c *creation) resolve(ctx context.Context, t *task, v verdict, o ledger.Outcome) ledger.Outcome {
	switch {
	case v.status == Conflict && o.LookUp:
		c.ledger.Settle(c.run.Seq, o, nil) // a definite answer: from here on it is no lost attempt, whatever happens
		found, err := c.desk.FindAccount(ctx, t.row.Email)
		if !cutShort(err) {
			return judgeFound(o, t.had, nil, found, err)
		}
	case v.lookUp && !o.LookUp && t.returns():
		return judgeFound(o, t.had, nil, apiclient.Account{}, errNotLookedUp)
	}
	return o
}

// record is the outcome as the ledger keeps it.
func (c *creation) record(t *task, v verdict, made apiclient.Customer, call apiclient.Call) ledger.Outcome {
	row, name := t.row, t.row.Name
	if v.status == CreatedUnconfirmed && t.lost != nil && !call.Lost {
		name = t.lost.Name // if the account is ours, the lost attempt made it, under the name that it sent
	}
	return ledger.Outcome{Row: row.Number, Line: row.Line, Key: row.Key, Email: row.Email, Name: name,
		ExternalID: row.ExternalID, Status: v.status.String(), AccountID: made.AccountID, Reason: v.reason,
		HTTPStatus: call.Status, Attempts: call.Attempts, Open: v.open, Verified: v.verified,
		LookUp: v.lookUp && c.options.ResolveConflicts, AskAgain: v.status == Failed,
		Known: v.known && !(t.had != nil && v.lookUp)} // what the ledger has stays what it is, unless the look-up finds another account
}

func brokenLedger(err error) *Stop {
	if err == nil {
		return nil
	}
	return &Stop{Cause: Broken, What: err.Error(), Err: err,
		Hint: "make room on the disk (or mend what the message names), then run the same command again; it goes on where it stopped"}
}

func firstStop(stops ...*Stop) *Stop {
	for _, s := range stops {
		if s != nil {
			return s
		}
	}
	return nil
}
