package importer

import (
	"cmp"
	"context"
	"fmt"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// decideCreate makes no request for rows that must not be sent, rows that an earlier session of this run has settled,
// and customers that the ledger knows.
func (r *Run) decideCreate(t *task) {
	o, done := settled(t.row, t.Memory)
	switch a := t.Account; {
	case done:
	case a == nil || t.Outcome != nil || r.plan.Options.ResendKnown:
		t.wants = outcome.Created
	default:
		o = knownAs(t.row, *a)
		if r.plan.Options.UpdateNames && o.Status == outcome.Known && nameChanged(t.row, *a) && a.Ours() && a.ID != "" {
			t.wants, t.id = outcome.Renamed, a.ID
		}
	}
	if t.result = resultOf(t.row, o); t.Fixed != nil {
		t.result.fixed = t.Fixed.Key
	}
}

// afterCreate adds to what became of a customer, as the answer alone has it, what the ledger has on the row.
func (r *Run) afterCreate(ctx context.Context, t *task, e ledger.Entry, call apiclient.Call) (ledger.Entry, *Stop) {
	if e.Status == outcome.CreatedUnconfirmed && !call.Lost {
		e.Name = t.Lost.Name // if the account is ours, the lost attempt created it, under the name that it sent
	}
	if t.Other != nil {
		e.Reason = outcome.JoinReasons(e.Reason,
			fmt.Sprintf(outcome.ReasonOtherAddress, t.Other.Email, outcome.Day(t.Other.At)))
	}
	if e.LookUp && t.Account != nil {
		found, err := r.find(ctx, t.row.Email)
		return judgeResent(e, t.row.Name, *t.Account, found, err), stopBeside(ctx, err)
	}
	e.LookUp = e.LookUp && r.options.ResolveConflicts
	return e, nil
}

// afterCreates looks up what is open and gives the access that was asked for, once every row has a result.
func (r *Run) afterCreates(end *End) {
	ctx, still := r.asked, context.WithoutCancel(r.asked)
	end.Stop = cmp.Or(end.Stop, brokenLedger(r.ledger.KeepFixed(still, r.plan.Run.Seq, r.fixed)))
	if end.Stop == nil && r.options.ResolveConflicts {
		end.Revised, end.Stop = r.lookUps(ctx)
	}
	if r.plan.Access != nil {
		end.Stop = r.giveAccess(ctx, end)
	}
	end.Notes = r.notes(still, end)
}

// notes are what has to be said besides the rows.
func (r *Run) notes(ctx context.Context, end *End) (notes []string) {
	if off := r.renames.refused.Load(); off != nil {
		notes = append(notes, "names were not changed: "+notAllowed(*off))
	}
	if n := r.plan.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address, going by the external ids; the results name it")
	}
	if open, err := r.ledger.CountLookUps(ctx); err == nil && open > 0 && r.options.ResolveConflicts {
		then := "the next command on this ledger does it first"
		if refused := r.searches.refused.Load(); refused != nil {
			then = "the token may not do that (" + oneLine(*refused) + ")"
		}
		notes = append(notes, text.Counted(open, "account id is", "account ids are")+" still to be looked up; "+then)
	}
	if end.Access != nil {
		notes = append(notes, end.Access.Refused...)
	}
	return notes
}
