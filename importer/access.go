package importer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

const (
	chunkAccounts = 50 // accounts in one call
	accessAtOnce  = 8  // calls
)

// createdHere is the kind under which the ledger keeps which organizations a run has created.
const createdHere = "organization_created"

// AccessTotals is what became of the access that was asked for, without names of organizations: these are cells.
type AccessTotals struct {
	Organizations struct {
		Named   int `json:"named"`
		Existed int `json:"existed"`
		Created int `json:"created"`
	} `json:"organizations"`
	Memberships struct {
		Added  int `json:"added"`
		Known  int `json:"known"`
		Failed int `json:"failed"`
	} `json:"memberships"` // in organizations
	ServiceDesks map[string]DeskTotals `json:"service_desks"`
	NotGood      int                   `json:"rows_without_access,omitempty"` // of those that have an account
	Refused      []string              `json:"refused,omitempty"`             // projects without organizations, and why
	ToReview     []ledger.Moved        `json:"to_review,omitempty"`
}

// DeskTotals are the customers and organizations that have access to a service project.
type DeskTotals struct {
	Customers     int `json:"customers"`
	Organizations int `json:"organizations"`
}

// giveAccess carries out the access plan, as far as the run was not stopped: there is a call for what is wanted and not
// done. It takes nothing away, and all of it may be repeated. It comes after the creates: ids and look-ups are there
// then, and chunks of 50 make it short. What became of each row goes on record.
func (r *Run) giveAccess(ctx context.Context, end *End) *Stop {
	a, still, run := r.plan.Access, context.WithoutCancel(ctx), r.plan.Run.Seq
	lacking, stop := a.lacking(), end.Stop
	if stop == nil {
		stop = inParallel(ctx, accessAtOnce, slices.Values(lacking), r.createOrganization)
	}
	err := a.wanted.Seat(still, run, a.groups, outcome.ReasonAccessStopped)
	if stop == nil && err == nil {
		stop = r.fill(ctx)
	}
	if err == nil {
		end.Access, err = r.accessTotals(still, lacking)
	}
	end.Revised = end.Revised || err == nil
	return cmp.Or(stop, brokenLedger(err))
}

// createOrganization creates one that the site lacks; done twice, the site returns the same one.
func (r *Run) createOrganization(ctx context.Context, g *ledger.Group) *Stop {
	made, err := r.api.CreateOrganization(ctx, g.Spelled)
	stop := stopBeside(ctx, err)
	switch {
	case stop != nil:
		return stop
	case err != nil:
		g.Why = "the organization could not be created: " + answerOf(err)
		return nil
	}
	g.ID = made.ID
	return brokenLedger(r.ledger.RecordAccess(ctx, r.plan.Run.Seq, createdHere, made.ID, []string{""}))
}

// fill fills the seats that are open, by calls for members of one group.
func (r *Run) fill(ctx context.Context) *Stop {
	for {
		open, err := r.plan.Access.wanted.Open(context.WithoutCancel(ctx))
		if err != nil || len(open) == 0 {
			return brokenLedger(err)
		}
		if stop := inParallel(ctx, accessAtOnce, inCalls(open), r.add); stop != nil {
			return stop
		}
	}
}

// inCalls divides seats that are open, by group, among calls.
func inCalls(seats []ledger.Seat) iter.Seq[[]ledger.Seat] {
	return func(yield func([]ledger.Seat) bool) {
		for len(seats) > 0 {
			n, first := 1, seats[0]
			for n < min(len(seats), chunkAccounts) && first.Kind != ledger.ServiceDeskOrganization &&
				seats[n].Kind == first.Kind && seats[n].Name == first.Name {
				n++
			}
			if !yield(seats[:n]) {
				return
			}
			seats = seats[n:]
		}
	}
}

// add makes one call for seats of one group, and halves it when the site says that one of the members is wrong. Who may
// not add customers to a project may add none of them.
func (r *Run) add(ctx context.Context, seats []ledger.Seat) *Stop {
	g, ids := seats[0], make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.Member
	}
	err := r.call(ctx, g, ids)
	stop := stopBeside(ctx, err)
	half, status := len(ids)/2, statusOf(err)
	switch {
	case status == 400 && half > 0:
		if stop := r.add(ctx, seats[:half]); stop != nil {
			return stop
		}
		return r.add(ctx, seats[half:])
	case status == 403 && g.Kind == ledger.ServiceDesk:
		return forbidden("add customers to a service project", err)
	case stop != nil:
		return stop
	}
	is, reason := outcome.Added, ""
	if err != nil {
		is, reason = outcome.AccessFailed, answerOf(err)
	} else if err := r.ledger.RecordAccess(ctx, r.plan.Run.Seq, g.Kind, g.Target, ids); err != nil {
		return brokenLedger(err)
	}
	return brokenLedger(r.plan.Access.wanted.Settle(ctx, seats, is, reason))
}

func (r *Run) call(ctx context.Context, g ledger.Seat, ids []string) (err error) {
	switch g.Kind {
	case ledger.Organization:
		_, err = r.api.AddToOrganization(ctx, g.Target, ids)
	case ledger.ServiceDesk:
		_, err = r.api.AddToServiceDesk(ctx, g.Target, ids)
	default:
		_, err = r.api.AddOrganizationToServiceDesk(ctx, g.Target, ids[0])
	}
	return err
}

// accessTotals counts what has become of all that was asked for, and puts what each row shows of it on record. lacking
// are the organizations that the site lacked; those that this run has created in an earlier session count, too.
func (r *Run) accessTotals(ctx context.Context, lacking []*ledger.Group) (_ *AccessTotals, err error) {
	a, run := r.plan.Access, r.plan.Run.Seq
	t := &AccessTotals{ServiceDesks: map[string]DeskTotals{}}
	o := &t.Organizations
	if o.Created, err = r.ledger.CountAccess(ctx, run, createdHere); err != nil {
		return t, err
	}
	o.Named, o.Existed = a.Named, a.Named-o.Created
	for _, g := range lacking {
		if g.ID == "" {
			o.Existed--
		}
	}
	for _, desk := range a.ServiceDesks {
		t.ServiceDesks[desk.ProjectKey] = DeskTotals{}
	}
	seats, err := a.wanted.Seats(ctx)
	for _, s := range seats {
		t.count(s)
	}
	if err == nil {
		t.ToReview, err = a.wanted.Moved(ctx, run)
	}
	if err == nil {
		t.NotGood, err = a.wanted.Keep(ctx, run)
	}
	return t, err
}

func (t *AccessTotals) count(s ledger.Seats) {
	desk := t.ServiceDesks[s.Name]
	switch s.Kind {
	case ledger.Organization:
		t.Memberships.Added += s.Added
		t.Memberships.Known += s.Known
		t.Memberships.Failed += s.Failed
		return
	case ledger.ServiceDesk:
		desk.Customers = s.Added + s.Known
	case ledger.ServiceDeskOrganization:
		if desk.Organizations = s.Added + s.Known; s.Failed > 0 {
			t.Refused = append(t.Refused,
				fmt.Sprintf("organizations could not be added to the project %s: %s", s.Name, s.Reason))
		}
	}
	t.ServiceDesks[s.Name] = desk
}
