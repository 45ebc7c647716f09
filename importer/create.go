package importer

import (
	"cmp"
	"context"
	"fmt"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// creation is the work of import and sync: a customer for each row.
type creation struct {
	*Run
	renames requests
}

func newCreation(r *Run) *creation {
	r.rules = stopRules{maxErrors: r.options.MaxErrors, action: "create customers"}
	r.rules.few = min(r.plan.Create, sameRefusals)
	if !r.options.ResolveConflicts {
		r.searches.refused.Store(&errNotLookedUp)
	}
	return &creation{Run: r}
}

// after looks up what is open and gives the access that was asked for, once every row has a result.
func (c *creation) after(ctx context.Context, end *End) {
	still := context.WithoutCancel(ctx)
	end.Stop = cmp.Or(end.Stop, brokenLedger(c.ledger.KeepFixed(still, c.plan.Run.Seq, c.fixes.rows)))
	if end.Stop == nil && c.options.ResolveConflicts {
		end.Revised, end.Stop = c.lookUps(ctx)
	}
	if c.plan.Access != nil {
		end.Stop = c.giveAccess(ctx, end)
	}
	end.Notes = c.notes(still, end)
}

// notes are what has to be said besides the rows.
func (c *creation) notes(ctx context.Context, end *End) (notes []string) {
	if off := c.renames.refused.Load(); off != nil {
		notes = append(notes, "names were not changed: "+notAllowed(*off))
	}
	if n := c.plan.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address, going by the external ids; the results name it")
	}
	if open, err := c.ledger.CountLookUps(ctx); err == nil && open > 0 && c.options.ResolveConflicts {
		then := "the next command on this ledger does it first"
		if refused := c.searches.refused.Load(); refused != nil {
			then = "the token may not do that (" + oneLine(*refused) + ")"
		}
		notes = append(notes, text.Counted(open, "account id is", "account ids are")+" still to be looked up; "+then)
	}
	if end.Access != nil {
		notes = append(notes, end.Access.Refused...)
	}
	return notes
}

// query asks about the customer, unless the row is not sent; and about a row that was fixed.
func (c *creation) query(row *export.Row) ledger.Query {
	q := ledger.Query{Mark: fixedMark(row)}
	if row.Sendable() && row.DuplicateOf == (export.Place{}) {
		q.Key, q.ExternalID = row.Key, row.ExternalID
	}
	return q
}

// decide makes no request for rows that must not be sent, rows that an earlier session of this run has settled, and
// customers that the ledger knows.
func (c *creation) decide(t *task) {
	o, done := settled(t.row, t.Memory)
	switch a := t.Account; {
	case done:
	case a == nil || t.Outcome != nil || c.options.ResendKnown:
		t.wants = outcome.Created
	default:
		o = knownAs(t.row, *a)
		if c.options.UpdateNames && o.Status == outcome.Known && nameChanged(t.row, *a) && a.Ours() && a.ID != "" {
			t.wants = outcome.Renamed
		}
	}
	t.result = resultOf(t.row, o)
}

// send creates the customer, or renames a known one. A rename may be repeated: no attempt goes on record.
func (c *creation) send(ctx context.Context, t *task, record apiclient.Record) (string, apiclient.Call, error) {
	if t.wants == outcome.Created {
		customer := apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}
		made, call, err := c.api.CreateCustomer(ctx, customer, record)
		return made.ID, call, err
	}
	var call apiclient.Call
	err := c.renames.try(func() (err error) {
		call, err = c.api.RenameCustomer(ctx, t.Account.ID, t.row.Name)
		return err
	})
	return t.Account.ID, call, err
}

func (c *creation) judge(ctx context.Context, t *task, call apiclient.Call, err error) (ledger.Entry, *Stop) {
	if t.wants == outcome.Renamed {
		return judgeRename(*t.Account, err), nil
	}
	e := judgeCreate(t.Lost != nil, call, err)
	if e.Status == outcome.CreatedUnconfirmed && !call.Lost {
		e.Name = t.Lost.Name // if the account is ours, the lost attempt created it, under the name that it sent
	}
	if t.Other != nil {
		e.Reason = outcome.JoinReasons(e.Reason,
			fmt.Sprintf(outcome.ReasonOtherAddress, t.Other.Email, outcome.Day(t.Other.At)))
	}
	if e.LookUp && t.Account != nil {
		found, err := c.find(ctx, t.row.Email)
		return judgeResent(e, t.row.Name, *t.Account, found, err), stopBeside(ctx, err)
	}
	e.LookUp = e.LookUp && c.options.ResolveConflicts
	return e, nil
}
