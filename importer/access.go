package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

const (
	chunkAccounts = 50 // accounts in one call
	accessAtOnce  = 8  // calls
)

// createdHere is the kind under which the ledger keeps which organizations a run has created.
const createdHere = "organization_created"

// access gives customers what was asked for: wanted − done = calls. It takes nothing away, and all of it may be
// repeated. It runs after the creates: ids and look-ups are there then, and chunks of 50 make it short.
type access struct {
	api    API
	ledger *ledger.Ledger
	plan   *AccessPlan
	run    int64
	end    AccessTotals
	stop   atomic.Pointer[Stop] // the first reason
}

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

// giveAccess carries out the access plan of a run, as far as it was not stopped, and keeps what became of each row.
func (c *creation) giveAccess(ctx context.Context, end *End) *Stop {
	a := &access{api: c.api, ledger: c.ledger, plan: c.plan.Access, run: c.plan.Run.Seq}
	a.end.ServiceDesks = map[string]DeskTotals{}
	a.stop.Store(end.Stop)
	err := a.create(ctx)
	if err == nil {
		err = a.fill(ctx)
	}
	if err == nil {
		err = a.keep(context.WithoutCancel(ctx))
	}
	end.Access, end.Revised = &a.end, end.Revised || err == nil
	return cmp.Or(a.stop.Load(), brokenLedger(err))
}

// create creates the organizations that the site lacks; done twice, the site returns the same one. Those that this run
// has created in an earlier session count as created, too.
func (a *access) create(ctx context.Context) (err error) {
	inParallel(a.plan.missing(), func(g *ledger.Group) {
		if a.stop.Load() != nil {
			return
		}
		made, err := a.api.CreateOrganization(ctx, g.Spelled)
		if err == nil {
			g.ID = made.ID
			err = a.ledger.RecordAccess(ctx, a.run, createdHere, made.ID, []string{""})
		}
		if err != nil && !a.halt(ctx, createdHere, err) {
			g.Why = "the organization could not be created: " + answerOf(err)
		}
	})
	o := &a.end.Organizations
	if o.Created, err = a.ledger.CountAccess(context.WithoutCancel(ctx), a.run, createdHere); err != nil {
		return err
	}
	o.Named = a.plan.Named
	o.Existed = o.Named - o.Created - len(a.plan.missing())
	return a.plan.wanted.Seat(ctx, a.run, a.plan.groups, outcome.ReasonAccessStopped)
}

// fill fills the seats that are open, by calls for members of one group, until the first reason to stop.
func (a *access) fill(ctx context.Context) error {
	for a.stop.Load() == nil {
		seats, err := a.plan.wanted.Open(context.WithoutCancel(ctx))
		if err != nil || len(seats) == 0 {
			return err
		}
		var calls [][]ledger.Seat
		for len(seats) > 0 {
			n, first := 1, seats[0]
			for n < min(len(seats), chunkAccounts) && first.Kind != ledger.ServiceDeskOrganization &&
				seats[n].Kind == first.Kind && seats[n].Name == first.Name {
				n++
			}
			calls, seats = append(calls, seats[:n]), seats[n:]
		}
		inParallel(calls, func(seats []ledger.Seat) { a.add(ctx, seats) })
	}
	return nil
}

// add makes one call for seats of one group, and halves it when the site says that one of the members is wrong.
func (a *access) add(ctx context.Context, seats []ledger.Seat) {
	if a.stop.Load() != nil {
		return
	}
	g, ids := seats[0], make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.Member
	}
	err := a.call(ctx, g, ids)
	if half := len(ids) / 2; statusOf(err) == 400 && half > 0 {
		a.add(ctx, seats[:half])
		a.add(ctx, seats[half:])
		return
	}
	is, reason := outcome.Added, ""
	if err == nil {
		err = a.ledger.RecordAccess(ctx, a.run, g.Kind, g.Target, ids)
	}
	if err != nil {
		is, reason = outcome.AccessFailed, answerOf(err)
	}
	if err == nil || !a.halt(ctx, g.Kind, err) {
		a.halt(ctx, g.Kind, a.plan.wanted.Settle(ctx, seats, is, reason))
	}
}

func (a *access) call(ctx context.Context, g ledger.Seat, ids []string) (err error) {
	switch g.Kind {
	case ledger.Organization:
		_, err = a.api.AddToOrganization(ctx, g.Target, ids)
	case ledger.ServiceDesk:
		_, err = a.api.AddToServiceDesk(ctx, g.Target, ids)
	default:
		_, err = a.api.AddOrganizationToServiceDesk(ctx, g.Target, ids[0])
	}
	return err
}

// halt keeps the first reason to stop, and reports whether err was one: also that the account may not add customers to
// a project, which it may then for none of them. A scope that is missing here alone is none.
func (a *access) halt(ctx context.Context, kind string, err error) bool {
	refused, answered := errors.AsType[*apiclient.Error](err)
	stop := StopFor(err)
	switch {
	case kind == ledger.ServiceDesk && statusOf(err) == 403:
		stop = forbidden("add customers to a service project", refused)
	case answered && refused.Kind == apiclient.KindScope:
		return false
	case stop == nil && cutShort(err):
		stop = interrupted(ctx)
	case stop == nil && !answered:
		stop = brokenLedger(err)
	}
	if stop != nil {
		a.stop.CompareAndSwap(nil, stop)
	}
	return stop != nil
}

// inParallel calls do with each of all, a few at once.
func inParallel[T any](all []T, do func(T)) {
	var pool errgroup.Group
	pool.SetLimit(accessAtOnce)
	for _, one := range all {
		pool.Go(func() error {
			do(one)
			return nil
		})
	}
	_ = pool.Wait() // a refusal is a row's outcome, and a stop is kept in a
}

// keep counts what has become of all that was asked for, and puts what each row shows of it on record.
func (a *access) keep(ctx context.Context) error {
	seats, err := a.plan.wanted.Seats(ctx)
	for _, desk := range a.plan.ServiceDesks {
		a.end.ServiceDesks[desk.ProjectKey] = DeskTotals{}
	}
	for _, s := range seats {
		a.count(s)
	}
	if err == nil {
		a.end.ToReview, err = a.plan.wanted.Moved(ctx, a.run)
	}
	if err == nil {
		a.end.NotGood, err = a.plan.wanted.Keep(ctx, a.run)
	}
	return err
}

func (a *access) count(s ledger.Seats) {
	desk := a.end.ServiceDesks[s.Name]
	switch s.Kind {
	case ledger.Organization:
		a.end.Memberships.Added += s.Added
		a.end.Memberships.Known += s.Known
		a.end.Memberships.Failed += s.Failed
		return
	case ledger.ServiceDesk:
		desk.Customers = s.Added + s.Known
	case ledger.ServiceDeskOrganization:
		if desk.Organizations = s.Added + s.Known; s.Failed > 0 {
			a.end.Refused = append(a.end.Refused,
				fmt.Sprintf("organizations could not be added to the project %s: %s", s.Name, s.Reason))
		}
	}
	a.end.ServiceDesks[s.Name] = desk
}
