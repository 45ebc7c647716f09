package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

const (
	accessRows    = 20_000 // rows that are looked at together, so that calls are full
	chunkAccounts = 50     // accounts in one call
	accessAtOnce  = 8      // calls
	refusesAll    = 5      // single accounts refused one after the other, until their group counts as closed
)

// access gives customers what was asked for: wanted − done = calls. It takes nothing away, and all of it may be
// repeated. It runs after the creates: ids and look-ups are there then, and chunks of 50 make it short.
type access struct {
	api    API
	ledger *ledger.Ledger
	plan   *AccessPlan
	run    int64
	end    AccessEnd

	mu      sync.Mutex
	closed  map[group]string // why one takes nobody
	refused map[group]int    // single accounts since it last took somebody
	stop    *Stop
}

// A group is what takes members: an organization or a service project.
type group struct{ kind, id string }

// A seat is a place in a group that somebody is to have.
type seat struct {
	group
	row    int
	member string
	access outcome.Access // 0: still to be asked for
	reason string
}

// A claim is what one row asks for: a seat in its organization, then those in the service projects.
type claim struct {
	row   *export.Row
	seats []*seat
}

// AccessEnd is what became of the access that was asked for.
type AccessEnd struct {
	Named, Existed, Created int // organizations
	Added, Known, Failed    int // memberships in them
	ServiceDesks            map[string]DeskEnd
	ToReview                []AccessReview
	Rows                    int      // rows whose access is not as asked for, though they have an account
	Refused                 []string // projects that do not take organizations, and why
}

// DeskEnd is how many customers and organizations have access to a service project.
type DeskEnd struct{ Customers, Organizations int }

// AccessReview is a membership of before, of somebody who was added to another organization since.
type AccessReview struct {
	Row                       int
	AccountID, OrganizationID string
}

// giveAccess carries out the access plan of a run and keeps what became of each row.
func (c *creation) giveAccess(ctx context.Context, end *End) *Stop {
	a := &access{
		api:     c.api,
		ledger:  c.ledger,
		plan:    c.plan.Access,
		run:     c.run,
		closed:  map[group]string{},
		refused: map[group]int{},
	}
	a.end = AccessEnd{Named: a.plan.Named, Existed: a.plan.Existing, ServiceDesks: map[string]DeskEnd{}}
	end.Access, end.Revised = &a.end, true
	a.createOrganizations(ctx)
	err := a.openProjects(ctx)
	for batch, failed := range inBatches(c.plan.Rows(context.WithoutCancel(ctx)), accessRows) {
		if err = errors.Join(err, failed); err != nil {
			break
		}
		err = a.give(ctx, batch)
	}
	return firstStop(a.stop, brokenLedger(err))
}

// createOrganizations creates what the site lacks. Done twice, it returns the same one.
func (a *access) createOrganizations(ctx context.Context) {
	inParallel(a.plan.missing(), func(o *organization) {
		made, err := a.api.CreateOrganization(ctx, o.name)
		a.mu.Lock()
		defer a.mu.Unlock()
		switch {
		case err == nil:
			o.ids, o.exact = []string{made.ID}, []string{made.Name}
			a.end.Created++
		case !a.halt(ctx, err):
			o.err = "the organization could not be created: " + accessReason(err)
		}
	})
}

// openProjects adds the organizations of the file to the service projects.
func (a *access) openProjects(ctx context.Context) error {
	var seats []*seat
	for _, o := range a.plan.byName {
		for _, desk := range a.plan.ServiceDesks {
			if id, _ := o.find(o.name); o.name != "" && id != "" {
				seats = append(seats, &seat{group: group{ledger.ServiceDeskOrganization, desk.ID}, member: id})
			}
		}
	}
	err := a.fill(ctx, seats)
	for _, s := range seats {
		a.countDesk(s, DeskEnd{Organizations: 1})
	}
	for _, desk := range a.plan.ServiceDesks {
		if why := a.closed[group{ledger.ServiceDeskOrganization, desk.ID}]; why != "" {
			a.end.Refused = append(a.end.Refused,
				fmt.Sprintf("organizations could not be added to the project %s: %s", desk.ProjectKey, why))
		}
	}
	return err
}

// give carries out what a batch of rows asks for, and keeps what became of each.
func (a *access) give(ctx context.Context, rows []*export.Row) error {
	claims, err := a.claims(ctx, rows)
	if err != nil {
		return err
	}
	var seats []*seat
	for _, c := range claims {
		seats = append(seats, c.seats...)
	}
	if err := a.fill(ctx, seats); err != nil {
		return err
	}
	kept := make([]ledger.RowAccess, len(claims))
	for i, c := range claims {
		kept[i] = a.shown(c)
	}
	return a.ledger.SetRowAccess(ctx, a.run, kept)
}

// claims is what rows ask for. Without an account there is nobody to add: never by name, only with an id from a 201 or
// from a look-up of the address.
func (a *access) claims(ctx context.Context, rows []*export.Row) ([]claim, error) {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.Key
	}
	accounts, err := a.ledger.Accounts(ctx, keys)
	var all []claim
	for _, row := range rows {
		if !row.Sendable() {
			continue
		}
		c := claim{row, a.seats(row)}
		account, known := accounts[row.Key]
		for _, s := range c.seats {
			switch s.member = account.ID; {
			case s.access != 0:
			case !known || account.Gone || !account.RevokedAt.IsZero():
				s.access = outcome.AccessNotAttempted
			case account.ID == "":
				s.access, s.reason = outcome.AccessFailed, outcome.ReasonNoMember
			}
		}
		all = append(all, c)
	}
	return all, err
}

func (a *access) seats(row *export.Row) (seats []*seat) {
	if a.plan.Organizations && (row.Organization != "" || row.InvalidOrganization != "") {
		s := &seat{group: group{kind: ledger.Organization}, row: row.Number, reason: row.InvalidOrganization}
		if s.reason != "" {
			s.access = outcome.AccessInvalid
		} else if s.id, s.reason = a.plan.named(row.Organization).find(row.Organization); s.reason != "" {
			s.access = outcome.AccessFailed
		}
		seats = append(seats, s)
	}
	for _, desk := range a.plan.ServiceDesks {
		seats = append(seats, &seat{group: group{ledger.ServiceDesk, desk.ID}})
	}
	return seats
}

// fill fills the open seats: first those that the ledger has as done, then by calls.
func (a *access) fill(ctx context.Context, seats []*seat) error {
	if err := a.done(ctx, seats); err != nil {
		return err
	}
	inParallel(chunks(seats), func(c *chunk) { a.add(ctx, c, c.ids) })
	return nil
}

// done marks the seats that the ledger has. By this run it was added, also when a process was killed over it.
func (a *access) done(ctx context.Context, seats []*seat) error {
	members, wanted := map[string][]string{}, map[seatKey]bool{}
	for _, s := range seats {
		if s.access == 0 {
			members[s.kind] = append(members[s.kind], s.member)
		}
		wanted[s.key()] = true
	}
	for kind, ids := range members {
		grants, err := a.ledger.AccessOf(ctx, kind, ids)
		if err != nil {
			return err
		}
		for _, s := range seats {
			if s.kind != kind || s.access != 0 {
				continue
			}
			s.settleDone(grants[s.member], a.run)
			if kind == ledger.Organization && s.access != outcome.AccessKnown {
				a.moved(s, grants[s.member], wanted)
			}
		}
	}
	return nil
}

type seatKey struct {
	group
	member string
}

func (s *seat) key() seatKey { return seatKey{s.group, s.member} }

func (s *seat) settleDone(done []ledger.Grant, run int64) {
	for _, grant := range done {
		switch {
		case grant.Target != s.id:
		case grant.Run == run:
			s.access = outcome.Added
		default:
			s.access = outcome.AccessKnown
		}
	}
}

// moved lists the organizations of before of somebody who is added to another one, each once.
func (a *access) moved(s *seat, done []ledger.Grant, wanted map[seatKey]bool) {
	for _, grant := range done {
		before := seatKey{group{s.kind, grant.Target}, s.member}
		if grant.Run != a.run && !wanted[before] {
			wanted[before] = true
			a.end.ToReview = append(a.end.ToReview, AccessReview{s.row, s.member, grant.Target})
		}
	}
}

// A chunk is what goes into one call.
type chunk struct {
	group
	ids   []string
	seats map[string][]*seat // by member: rows of the same person share one
}

// chunks puts the open seats together that one call can fill. A project takes one organization at a time.
func chunks(seats []*seat) (all []*chunk) {
	open := map[group]*chunk{}
	for _, s := range seats {
		if s.access != 0 {
			continue
		}
		c := open[s.group]
		full := c != nil && (len(c.ids) == chunkAccounts || s.kind == ledger.ServiceDeskOrganization)
		if c == nil || full && c.seats[s.member] == nil {
			c = &chunk{group: s.group, seats: map[string][]*seat{}}
			open[s.group], all = c, append(all, c)
		}
		if c.seats[s.member] == nil {
			c.ids = append(c.ids, s.member)
		}
		c.seats[s.member] = append(c.seats[s.member], s)
	}
	return all
}

// add makes one call for ids, and halves it when the site says that one of them is wrong.
func (a *access) add(ctx context.Context, c *chunk, ids []string) {
	if closed, stopped := a.mayAdd(c.group); closed != "" || stopped {
		c.settle(ids, closed)
		return
	}
	err := a.call(ctx, c.group, ids)
	if statusOf(err) == 400 && len(ids) > 1 {
		half := len(ids) / 2
		a.add(ctx, c, ids[:half])
		a.add(ctx, c, ids[half:])
		return
	}
	if err == nil {
		err = a.ledger.RecordAccess(ctx, a.run, c.kind, c.id, ids)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil:
		a.refused[c.group] = 0
		for _, id := range ids {
			for _, s := range c.seats[id] {
				s.access = outcome.Added
			}
		}
	case !a.halt(ctx, err):
		c.settle(ids, a.refuse(c.group, err))
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

func (a *access) mayAdd(g group) (closed string, stopped bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed[g], a.stop != nil
}

// settle says why the seats of ids are not filled; "": the run has stopped before.
func (c *chunk) settle(ids []string, why string) {
	for _, id := range ids {
		for _, s := range c.seats[id] {
			s.access, s.reason = outcome.AccessFailed, why
			if why == "" {
				s.access, s.reason = outcome.AccessNotAttempted, outcome.ReasonAccessStopped
			}
		}
	}
}

// refuse is why a call was refused. A refusal of permission, or of one account after the other, closes the group.
func (a *access) refuse(g group, err error) string {
	why, status := accessReason(err), statusOf(err)
	if status == 0 || status >= 500 {
		return why
	}
	if a.refused[g]++; status == 400 && a.refused[g] < refusesAll && g.kind != ledger.ServiceDeskOrganization {
		return why
	}
	if a.closed[g] = why; g.kind == ledger.Organization && status != 404 {
		a.closed[g] = "the organization takes nobody (an identity provider may manage it): " + why
	}
	return why
}

func accessReason(err error) string {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		return "the site answered " + strings.TrimSuffix(refused.Redacted(), ".")
	}
	return oneLine(err)
}

// halt keeps the first reason to stop, and reports whether err was one. A scope that is missing here alone is none.
func (a *access) halt(ctx context.Context, err error) bool {
	refused, answered := errors.AsType[*apiclient.Error](err)
	stop := stopFor(err)
	switch {
	case answered && refused.Kind == apiclient.KindScope:
		return false
	case stop == nil && cutShort(err):
		stop = interrupted(ctx)
	case stop == nil && !answered:
		stop = brokenLedger(err)
	}
	a.stop = firstStop(a.stop, stop)
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
	words, reasons := map[string][]outcome.Access{}, []string(nil)
	bad := false
	for _, s := range c.seats {
		words[s.kind] = append(words[s.kind], s.access)
		bad = bad || s.access == outcome.AccessFailed || s.access == outcome.AccessInvalid
		if !slices.Contains(reasons, s.reason) {
			reasons = append(reasons, s.reason)
		}
		a.countDesk(s, DeskEnd{Customers: 1})
		switch {
		case s.kind != ledger.Organization:
		case s.access == outcome.Added:
			a.end.Added++
		case s.access == outcome.AccessKnown:
			a.end.Known++
		case s.access == outcome.AccessFailed:
			a.end.Failed++
		}
	}
	if bad {
		a.end.Rows++
	}
	return ledger.RowAccess{
		Row:          c.row.Number,
		Organization: outcome.JoinAccess(words[ledger.Organization]...),
		ServiceDesk:  outcome.JoinAccess(words[ledger.ServiceDesk]...),
		Reason:       outcome.JoinReasons(reasons...),
	}
}

func (a *access) countDesk(s *seat, n DeskEnd) {
	for _, desk := range a.plan.ServiceDesks {
		if s.kind != ledger.Organization && desk.ID == s.id && s.access.Good() {
			sum := a.end.ServiceDesks[desk.ProjectKey]
			a.end.ServiceDesks[desk.ProjectKey] = DeskEnd{sum.Customers + n.Customers, sum.Organizations + n.Organizations}
		}
	}
}
