package importer

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// creation is the work of import and sync: a customer for each row.
type creation struct {
	*Run
	namesOff atomic.Pointer[error] // why no name can be changed at this site
}

func newCreation(r *Run) *creation {
	r.rules = stopRules{maxErrors: r.options.MaxErrors, action: "create customers"}
	r.rules.few = min(r.plan.Create, sameRefusals)
	if !r.options.ResolveConflicts {
		r.refused.Store(&errNotLookedUp)
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
	if off := c.namesOff.Load(); off != nil {
		notes = append(notes, "names were not changed: "+notAllowed(*off))
	}
	if n := c.plan.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address, going by the external ids; the results name it")
	}
	if open, err := c.ledger.CountLookUps(ctx); err == nil && open > 0 && c.options.ResolveConflicts {
		then := "the next command on this ledger does it first"
		if refused := c.refused.Load(); refused != nil {
			then = "the token may not do that (" + oneLine(*refused) + ")"
		}
		notes = append(notes, text.Counted(open, "account id is", "account ids are")+" still to be looked up; "+then)
	}
	if end.Access != nil {
		notes = append(notes, end.Access.Refused...)
	}
	return notes
}

// decide settles what needs no request: rows that must not be sent, rows that an earlier session of this run has
// settled, and customers that the ledger knows.
func (c *creation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	known, err := ask(ctx, c.ledger, c.plan.Run, false, queries(rows), false)
	decisions := make([]decision, len(known))
	for i, m := range known {
		decisions[i] = c.one(rows[i], m)
		decisions[i].Memory = m
	}
	return decisions, err
}

// one decides on one row. Replay asks it, too, for what it was.
func (c *creation) one(row *export.Row, m ledger.Memory) decision {
	if result, ok := settled(row, m); ok {
		return decision{result: result, becomes: result.Status}
	}
	if a := m.Account; a != nil && m.Outcome == nil && !c.options.ResendKnown {
		d := decision{result: knownResult(row, *a)}
		d.becomes = d.result.Status
		if c.options.UpdateNames && d.result.Status == outcome.Known && nameChanged(row, *a) && a.Ours() && a.ID != "" {
			d.do, d.becomes = c.carriedOut(c.rename(row, *a, d.result)), outcome.Renamed
		}
		return d
	}
	result := otherwise(row, m)
	return decision{result: result, do: c.carriedOut(c.create(row, m, result)), becomes: outcome.Created}
}

// create is the request for one customer.
func (c *creation) create(row *export.Row, m ledger.Memory, otherwise Result) request {
	return request{
		row:       row,
		otherwise: otherwise,
		send: func(ctx context.Context, record apiclient.Record) (string, apiclient.Call, error) {
			customer := apiclient.NewCustomer{Email: row.Email, DisplayName: row.Name}
			made, call, err := c.api.CreateCustomer(ctx, customer, record)
			return made.ID, call, err
		},
		judge: func(ctx context.Context, call apiclient.Call, err error) (ledger.Entry, *Stop) {
			e := judgeCreate(m.Lost != nil, call, err)
			if e.Status == outcome.CreatedUnconfirmed && !call.Lost {
				e.Name = m.Lost.Name // if the account is ours, the lost attempt created it, under the name that it sent
			}
			if m.Other != nil {
				e.Reason = outcome.JoinReasons(e.Reason,
					fmt.Sprintf(outcome.ReasonOtherAddress, m.Other.Email, outcome.Day(m.Other.At)))
			}
			if e.LookUp && m.Account != nil {
				found, err := c.find(ctx, row.Email)
				return judgeResent(e, row.Name, *m.Account, found, err), lookUpStop(ctx, err)
			}
			e.LookUp = e.LookUp && c.options.ResolveConflicts
			return e, nil
		},
	}
}
