package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
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
	counts map[outcome.Access]int // memberships in organizations
	stop   atomic.Pointer[Stop]   // the first reason
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
	ToReview     []AccessReview        `json:"to_review,omitempty"`
}

// DeskTotals are the customers and organizations that have access to a service project.
type DeskTotals struct {
	Customers     int `json:"customers"`
	Organizations int `json:"organizations"`
}

// AccessReview is a membership of before, of somebody who was added to another organization since.
type AccessReview struct {
	Row            int    `json:"row"`
	AccountID      string `json:"account_id"`
	OrganizationID string `json:"organization_id"`
}

// giveAccess carries out the access plan of a run and keeps what became of each row.
func (c *creation) giveAccess(ctx context.Context, end *End) *Stop {
	a := &access{api: c.api, ledger: c.ledger, plan: c.plan.Access, run: c.run, counts: map[outcome.Access]int{}}
	a.end = AccessTotals{ServiceDesks: map[string]DeskTotals{}}
	a.end.Organizations.Named = a.plan.Named
	end.Access, end.Revised = &a.end, true
	err := errors.Join(a.create(ctx), a.openProjects(ctx))
	for batch, failed := range inBatches(c.plan.Rows(context.WithoutCancel(ctx)), manyRows) {
		if err = errors.Join(err, failed); err != nil {
			break
		}
		err = a.give(ctx, batch)
	}
	m := &a.end.Memberships
	m.Added, m.Known, m.Failed = a.counts[outcome.Added], a.counts[outcome.AccessKnown], a.counts[outcome.AccessFailed]
	return cmp.Or(a.stop.Load(), brokenLedger(err))
}

// create creates the organizations that the site lacks; done twice, the site returns the same one. Those that this run
// has created in an earlier session count as created, too.
func (a *access) create(ctx context.Context) error {
	const none = "" // the member under which the ledger keeps them
	inParallel(a.plan.missing(), func(o *organization) {
		made, err := a.api.CreateOrganization(ctx, o.name)
		if err == nil {
			o.ids, o.exact = []string{made.ID}, []string{made.Name}
			err = a.ledger.RecordAccess(ctx, a.run, createdHere, made.ID, []string{none})
		}
		if err != nil && !a.halt(ctx, createdHere, err) {
			o.err = "the organization could not be created: " + accessReason(err)
		}
	})
	created, err := a.ledger.AccessOf(ctx, createdHere, []string{none})
	for _, grant := range created[none] {
		if grant.Run == a.run {
			a.end.Organizations.Created++
		}
	}
	a.end.Organizations.Existed = a.plan.Named - len(a.plan.missing()) - a.end.Organizations.Created
	return err
}

// openProjects adds the organizations of the file to the service projects.
func (a *access) openProjects(ctx context.Context) error {
	for _, desk := range a.plan.ServiceDesks {
		var seats []*seat
		for _, o := range a.plan.named() {
			if id, _ := o.find(o.name); id != "" {
				seats = append(seats, &seat{group: group{ledger.ServiceDeskOrganization, desk.ID}, member: id})
			}
		}
		if _, err := a.done(ctx, seats); err != nil {
			return err
		}
		a.fill(ctx, seats, 1)
		end, refused := a.end.ServiceDesks[desk.ProjectKey], ""
		for _, s := range seats {
			if s.access.Good() {
				end.Organizations++
			} else if s.access == outcome.AccessFailed {
				refused = s.reason
			}
		}
		if a.end.ServiceDesks[desk.ProjectKey] = end; refused != "" {
			a.end.Refused = append(a.end.Refused,
				fmt.Sprintf("organizations could not be added to the project %s: %s", desk.ProjectKey, refused))
		}
	}
	return nil
}

// give carries out what a batch of rows asks for, and keeps what became of each.
func (a *access) give(ctx context.Context, rows []*export.Row) error {
	claims, err := a.claims(ctx, rows)
	if err != nil {
		return err
	}
	before, err := a.done(ctx, claims.seats)
	if err != nil {
		return err
	}
	a.review(claims, before)
	a.fill(ctx, claims.seats, chunkAccounts)
	kept := make([]ledger.RowAccess, len(claims.all))
	for i, c := range claims.all {
		kept[i] = a.shown(c)
	}
	return a.ledger.SetRowAccess(ctx, a.run, kept)
}

// review lists the organizations of before of those who are added to another one, each once.
func (a *access) review(b claims, before map[string][]ledger.Grant) {
	for _, c := range b.all {
		s := c.organization
		if s == nil || s.access == outcome.AccessKnown {
			continue
		}
		for _, grant := range before[s.member] {
			key := seat{group: group{s.kind, grant.Target}, member: s.member}
			if grant.Run != a.run && b.open[key] == nil {
				b.open[key] = s
				a.end.ToReview = append(a.end.ToReview, AccessReview{c.row.Number, s.member, grant.Target})
			}
		}
	}
}

// fill fills the seats that are open, by calls for at most so many members of one group.
func (a *access) fill(ctx context.Context, seats []*seat, atMost int) {
	var calls [][]*seat
	newest := map[group]int{} // how many calls there are with the newest of a group
	for _, s := range seats {
		if s.access != 0 {
			continue
		}
		n := newest[s.group]
		if n == 0 || len(calls[n-1]) == atMost {
			calls = append(calls, nil)
			n = len(calls)
			newest[s.group] = n
		}
		calls[n-1] = append(calls[n-1], s)
	}
	inParallel(calls, func(seats []*seat) { a.add(ctx, seats) })
}

// add makes one call for seats of one group, and halves it when the site says that one of the members is wrong.
func (a *access) add(ctx context.Context, seats []*seat) {
	g, ids := seats[0].group, make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.member
	}
	is, reason := outcome.AccessNotAttempted, outcome.ReasonAccessStopped
	if a.stop.Load() == nil {
		err := a.call(ctx, g, ids)
		if half := len(ids) / 2; statusOf(err) == 400 && half > 0 {
			a.add(ctx, seats[:half])
			a.add(ctx, seats[half:])
			return
		}
		if err == nil {
			err = a.ledger.RecordAccess(ctx, a.run, g.kind, g.id, ids)
		}
		if err == nil {
			is, reason = outcome.Added, ""
		} else if !a.halt(ctx, g.kind, err) {
			is, reason = outcome.AccessFailed, accessReason(err)
		}
	}
	for _, s := range seats {
		s.access, s.reason = is, reason
	}
}

func (a *access) call(ctx context.Context, g group, ids []string) (err error) {
	switch g.kind {
	case ledger.Organization:
		_, err = a.api.AddToOrganization(ctx, g.id, ids)
	case ledger.ServiceDesk:
		_, err = a.api.AddToServiceDesk(ctx, g.id, ids)
	default:
		_, err = a.api.AddOrganizationToServiceDesk(ctx, g.id, ids[0])
	}
	return err
}

func accessReason(err error) string {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		return "the site answered " + strings.TrimSuffix(refused.Redacted(), ".")
	}
	return oneLine(err)
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

// shown is what the results show of a claim, which is counted.
func (a *access) shown(c claim) ledger.RowAccess {
	shown, reasons, bad := ledger.RowAccess{Row: c.row.Number}, []string(nil), false
	note := func(s *seat) string {
		bad = bad || s.access == outcome.AccessFailed || s.access == outcome.AccessInvalid
		if !slices.Contains(reasons, s.reason) {
			reasons = append(reasons, s.reason)
		}
		return s.access.String()
	}
	if c.organization != nil {
		shown.Organization = note(c.organization)
		if !c.organization.counted {
			a.counts[c.organization.access]++
			c.organization.counted = true
		}
	}
	var words []string
	for i, s := range c.desks {
		words = append(words, note(s))
		if key := a.plan.ServiceDesks[i].ProjectKey; s.access.Good() && c.row.DuplicateOf == (export.Place{}) {
			end := a.end.ServiceDesks[key]
			end.Customers++
			a.end.ServiceDesks[key] = end
		}
	}
	if bad {
		a.end.NotGood++
	}
	shown.ServiceDesk, shown.Reason = strings.Join(words, ";"), outcome.JoinReasons(reasons...)
	return shown
}
