package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

const (
	accessRows    = 20_000 // how many rows are looked at together, so that calls are full
	chunkAccounts = 50     // accounts in one call
	accessAtOnce  = 8
	refusesAll    = 5 // single accounts refused by a target that has taken nobody, until it counts as closed
)

// AccessOptions say what customers get besides their account.
type AccessOptions struct {
	Organizations bool
	ServiceDesks  []string // keys of service projects
}

// AccessPlan is what the access that was asked for comes to.
type AccessPlan struct {
	Organizations       bool // they were asked for
	Scanned             bool // the site was asked; false: names are only counted
	Named               int
	Existing            int
	ToCreate            int
	FirstNew            []string // at most ten
	Memberships         int      // not done yet; people who are still to be created are counted
	WithoutOrganization int      // rows
	InvalidRows         int      // rows whose organization cannot be used
	ServiceDesks        []apiclient.ServiceDesk

	byName map[string]*organization // by folded name
	names  map[string]string        // of the site's organizations, by id
}

// organization is what the file and the site have under one name, without regard to case and blanks.
type organization struct {
	name  string   // as the file has it first; "": only the site has it
	exact []string // names at the site
	ids   []string // of these
	err   string   // why it could not be created
}

// foldOrganization makes names equal that differ only by case, blanks and Unicode form.
func foldOrganization(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(name)), " "))
}

// find is the id that a name means; why is why it means none, and both are "" for one that has to be created.
func (o *organization) find(name string) (id, why string) {
	switch {
	case o.err != "":
		return "", o.err
	case len(o.ids) == 0:
		return "", ""
	case len(o.ids) == 1:
		return o.ids[0], ""
	}
	if i := slices.Index(o.exact, name); i >= 0 {
		return o.ids[i], ""
	}
	return "", fmt.Sprintf("the site has %d organizations with this name but for case and blanks; write it as the right "+
		"one is written", len(o.ids))
}

// PlanAccess reads the organizations of the site, whole, and counts what the rows ask for. api may be nil: then names
// are only counted. Its error may be a *Stop.
func (p *Plan) PlanAccess(ctx context.Context, api API, l *ledger.Ledger, o AccessOptions) error {
	if !o.Organizations && len(o.ServiceDesks) == 0 {
		return nil
	}
	a := &AccessPlan{Organizations: o.Organizations, byName: map[string]*organization{}, names: map[string]string{}}
	if err := a.ask(ctx, api, o); err != nil {
		return err
	}
	p.Access = a
	w := &access{ledger: l, plan: a, run: p.Run.Seq}
	for batch, err := range inBatches(p.Rows(ctx), accessRows) {
		if err != nil {
			return err
		}
		a.count(batch)
		members, err := w.wanted(ctx, batch)
		if err != nil {
			return err
		}
		for _, m := range members {
			a.Memberships += m.open()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.byName)) {
		a.tally(a.byName[name])
	}
	return nil
}

// ask reads projects and organizations of the site.
func (a *AccessPlan) ask(ctx context.Context, api API, o AccessOptions) error {
	if api == nil {
		for _, key := range o.ServiceDesks {
			a.ServiceDesks = append(a.ServiceDesks, apiclient.ServiceDesk{ProjectKey: key})
		}
		return nil
	}
	for _, key := range o.ServiceDesks {
		desk, err := api.ServiceDesk(ctx, key)
		if err != nil {
			return noProject(key, err)
		}
		a.ServiceDesks = append(a.ServiceDesks, desk)
	}
	a.Scanned = true
	if !o.Organizations {
		return nil
	}
	for one, err := range api.Organizations(ctx) {
		if err != nil {
			return accessStop("reading the organizations of the site", err)
		}
		named := a.named(one.Name)
		named.exact, named.ids = append(named.exact, one.Name), append(named.ids, one.ID)
		a.names[one.ID] = one.Name
	}
	return nil
}

func (a *AccessPlan) named(name string) *organization {
	key := foldOrganization(name)
	if a.byName[key] == nil {
		a.byName[key] = &organization{}
	}
	return a.byName[key]
}

// count counts what rows name.
func (a *AccessPlan) count(rows []*export.Row) {
	for _, row := range rows {
		switch {
		case !a.Organizations || !row.Sendable():
		case row.InvalidOrganization != "":
			a.InvalidRows++
		case row.Organization == "":
			a.WithoutOrganization++
		default:
			if named := a.named(row.Organization); named.name == "" {
				named.name = strings.Clone(row.Organization)
			}
		}
	}
}

func (a *AccessPlan) tally(o *organization) {
	if o.name == "" {
		return
	}
	a.Named++
	if len(o.ids) > 0 {
		a.Existing++
		return
	}
	if a.ToCreate++; a.Scanned && len(a.FirstNew) < 10 {
		a.FirstNew = append(a.FirstNew, o.name)
	}
}

func noProject(key string, err error) error {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok && refused.Kind == apiclient.KindNotFound {
		return &Stop{
			Cause: Broken,
			What:  fmt.Sprintf("there is no service project %q at the site, or the account cannot see it; nothing was sent", key),
			Hint:  "give the key of a project that has a portal, as in its request numbers (SUP-12: SUP)",
			Err:   err,
		}
	}
	return accessStop(fmt.Sprintf("looking up the service project %q", key), err)
}

func accessStop(doing string, err error) error {
	if stop := stopFor(err); stop != nil {
		return stop
	}
	stop := &Stop{Cause: Broken, What: doing + ": " + oneLine(err), Hint: "nothing was sent; run it again", Err: err}
	if refused, ok := errors.AsType[*apiclient.Error](err); ok && refused.NotAuthorized() {
		stop.Cause = Unauthorised
		stop.What, stop.Hint = doing+": "+refused.Redacted(), joinLines(refused.Hint, "give the account the right, or leave the flag out")
	}
	return stop
}

// AccessEnd is what became of the access that was asked for.
type AccessEnd struct {
	Named, Existed, Created int // organizations
	Added, Known, Failed    int // memberships in them
	ServiceDesks            map[string]DeskEnd
	ToReview                []AccessReview
	Rows                    int // rows whose access is not as asked for, though they have an account
	Refused                 []string
}

// DeskEnd is how many customers and organizations have access to a service project.
type DeskEnd struct{ Customers, Organizations int }

// AccessReview is a membership of before, of somebody who was added to another organization since.
type AccessReview struct {
	Row                       int
	AccountID, OrganizationID string
}

// access gives customers what was asked for: wanted − done = calls. It takes nothing away, and everything in it may be
// repeated. It runs after the creates: ids and look-ups are there then, and chunks of 50 make it short.
type access struct {
	api    API
	ledger *ledger.Ledger
	plan   *AccessPlan
	run    int64
	end    *AccessEnd

	mu      sync.Mutex
	targets map[string]*answers
	moved   map[string][]AccessReview // by account id
	stop    *Stop
}

// answers is what the site has said about one organization or project in this session.
type answers struct {
	took    bool   // it has taken somebody
	refused int    // single accounts
	closed  string // why it takes nobody
}

// seat is one place that a row asks for.
type seat struct {
	kind, target string
	access       outcome.Access // 0: still to be asked for
	reason       string
}

// member is a row with the seats that it asks for: in its organization, then in the service projects.
type member struct {
	row           *export.Row
	account       ledger.Account
	organizations []seat
	desks         []seat
}

func (m *member) open() (n int) {
	for _, s := range slices.Concat(m.organizations, m.desks) {
		if s.access == 0 || s.access == outcome.AccessNotAttempted {
			n++
		}
	}
	return n
}

// wanted is what rows ask for, with what is done already, or cannot be.
func (a *access) wanted(ctx context.Context, rows []*export.Row) ([]*member, error) {
	keys := make([]string, 0, len(rows))
	for _, row := range rows {
		if row.Sendable() {
			keys = append(keys, row.Key)
		}
	}
	accounts, err := a.ledger.Accounts(ctx, keys)
	if err != nil {
		return nil, err
	}
	var members []*member
	var ids []string
	for _, row := range rows {
		if !row.Sendable() {
			continue
		}
		m := a.seats(row, accounts[row.Key])
		members = append(members, m)
		if m.usable() {
			ids = append(ids, m.account.ID)
		}
	}
	organizations, err := a.ledger.AccessOf(ctx, ledger.Organization, ids)
	if err != nil {
		return nil, err
	}
	desks, err := a.ledger.AccessOf(ctx, ledger.ServiceDesk, ids)
	for _, m := range members {
		if m.usable() {
			a.settleDone(m.organizations, organizations[m.account.ID])
			a.settleDone(m.desks, desks[m.account.ID])
			a.noteMoved(m, organizations[m.account.ID])
		}
	}
	return members, err
}

// usable reports whether there is an account to add: never by name, only with an id from a 201 or a look-up.
func (m *member) usable() bool {
	return m.account.ID != "" && m.account.RevokedAt.IsZero() && !m.account.Gone
}

// seats is what a row asks for.
func (a *access) seats(row *export.Row, account ledger.Account) *member {
	m := &member{row: row, account: account}
	if a.plan.Organizations && (row.Organization != "" || row.InvalidOrganization != "") {
		s := seat{kind: ledger.Organization}
		if s.reason = row.InvalidOrganization; s.reason != "" {
			s.access = outcome.AccessInvalid
		} else if s.target, s.reason = a.plan.named(row.Organization).find(row.Organization); s.reason != "" {
			s.access = outcome.AccessFailed
		}
		m.organizations = append(m.organizations, s)
	}
	for _, desk := range a.plan.ServiceDesks {
		m.desks = append(m.desks, seat{kind: ledger.ServiceDesk, target: desk.ID})
	}
	if m.usable() {
		return m
	}
	none := seat{access: outcome.AccessNotAttempted}
	if account.Key != "" && account.ID == "" {
		none = seat{access: outcome.AccessFailed, reason: outcome.ReasonNoOrganizationID}
	}
	for _, seats := range [][]seat{m.organizations, m.desks} {
		for i := range seats {
			if seats[i].access == 0 {
				seats[i].access, seats[i].reason = none.access, none.reason
			}
		}
	}
	return m
}

// settleDone marks what the ledger has: by this run it was added, also when a process was killed over it.
func (a *access) settleDone(seats []seat, done []ledger.Grant) {
	for i := range seats {
		for _, grant := range done {
			if seats[i].access != 0 || grant.Target != seats[i].target {
				continue
			}
			if seats[i].access = outcome.AccessKnown; grant.Run == a.run {
				seats[i].access = outcome.Added
			}
		}
	}
}

// noteMoved remembers organizations of before of somebody who is added to another one.
func (a *access) noteMoved(m *member, done []ledger.Grant) {
	for _, s := range m.organizations {
		if s.access != 0 && s.access != outcome.Added || a.moved == nil {
			continue
		}
		for _, grant := range done {
			if grant.Run < a.run && grant.Target != s.target {
				a.moved[m.account.ID] = append(a.moved[m.account.ID],
					AccessReview{m.row.Number, m.account.ID, grant.Target})
			}
		}
	}
}

// giveAccess carries out the access plan of a run and keeps what became of each row.
func (c *creation) giveAccess(ctx context.Context, r *Run, end *End) *Stop {
	plan := c.plan.Access
	a := &access{
		api:     c.api,
		ledger:  c.ledger,
		plan:    plan,
		run:     c.run,
		targets: map[string]*answers{},
		moved:   map[string][]AccessReview{},
		end: &AccessEnd{
			Named:        plan.Named,
			Existed:      plan.Existing,
			ServiceDesks: map[string]DeskEnd{},
		},
	}
	end.Access, end.Revised = a.end, true
	r.phase("access", plan.Memberships)
	a.createOrganizations(ctx)
	a.openProjects(ctx)
	for batch, err := range inBatches(c.plan.Rows(context.WithoutCancel(ctx)), accessRows) {
		if err == nil {
			err = a.give(ctx, r, batch)
		}
		if err != nil {
			return firstStop(a.stop, brokenLedger(err))
		}
	}
	if len(a.moved) > 0 && a.stop == nil {
		if err := a.review(ctx, c.plan.Rows(ctx)); err != nil {
			return brokenLedger(err)
		}
	}
	return a.stop
}

// halt keeps the first reason to stop, and reports whether err was one.
func (a *access) halt(ctx context.Context, err error) bool {
	stop := stopFor(err)
	if stop == nil && cutShort(err) {
		stop = interrupted(ctx)
	}
	if refused, ok := errors.AsType[*apiclient.Error](err); ok && refused.Kind == apiclient.KindScope {
		return false // the token lacks a scope for this alone
	}
	if stop == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stop = firstStop(a.stop, stop)
	return true
}

func (a *access) stopped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stop != nil
}

// inParallel calls do for each of all, a few at once, until the access stops.
func inParallel[T any](a *access, all []T, do func(T)) {
	var pool errgroup.Group
	pool.SetLimit(accessAtOnce)
	for _, one := range all {
		if a.stopped() {
			break
		}
		pool.Go(func() error {
			do(one)
			return nil
		})
	}
	_ = pool.Wait() // a stop is kept in a, and a refusal is a row's outcome
}

// createOrganizations creates what the site lacks. Done twice, it returns the same one.
func (a *access) createOrganizations(ctx context.Context) {
	var missing []*organization
	for _, o := range a.plan.byName {
		if o.name != "" && len(o.ids) == 0 {
			missing = append(missing, o)
		}
	}
	inParallel(a, missing, func(o *organization) {
		made, err := a.api.CreateOrganization(ctx, strings.Join(strings.Fields(norm.NFC.String(o.name)), " "))
		if err != nil {
			if !a.halt(ctx, err) {
				o.err = "the organization could not be created: " + accessReason(err)
			}
			return
		}
		o.ids, o.exact = []string{made.ID}, []string{made.Name}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.end.Created++
		a.plan.names[made.ID] = made.Name
	})
}

// openProjects adds the organizations of the file to the service projects.
func (a *access) openProjects(ctx context.Context) {
	var ids []string
	for _, o := range a.plan.byName {
		if id, _ := o.find(o.name); o.name != "" && id != "" {
			ids = append(ids, id)
		}
	}
	done, err := a.ledger.AccessOf(ctx, ledger.ServiceDeskOrganization, ids)
	if err != nil {
		a.stop = firstStop(a.stop, brokenLedger(err))
		return
	}
	for _, desk := range a.plan.ServiceDesks {
		inParallel(a, ids, func(id string) {
			has := slices.ContainsFunc(done[id], func(g ledger.Grant) bool { return g.Target == desk.ID })
			if has || a.openProject(ctx, desk, id) {
				a.mu.Lock()
				defer a.mu.Unlock()
				d := a.end.ServiceDesks[desk.ProjectKey]
				d.Organizations++
				a.end.ServiceDesks[desk.ProjectKey] = d
			}
		})
	}
}

func (a *access) openProject(ctx context.Context, desk apiclient.ServiceDesk, id string) bool {
	t := a.target(ledger.ServiceDeskOrganization, desk.ID)
	if a.closed(t) != "" {
		return false
	}
	_, err := a.api.AddOrganizationToServiceDesk(ctx, desk.ID, id)
	if err == nil {
		return !a.broken(a.ledger.RecordAccess(ctx, a.run, ledger.ServiceDeskOrganization, desk.ID, []string{id}))
	}
	if a.halt(ctx, err) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.closed == "" {
		t.closed = accessReason(err)
		a.end.Refused = append(a.end.Refused,
			fmt.Sprintf("organizations could not be added to the project %s: %s", desk.ProjectKey, t.closed))
	}
	return false
}

// broken keeps an error of the ledger as the reason to stop.
func (a *access) broken(err error) bool {
	if err == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stop = firstStop(a.stop, brokenLedger(err))
	return true
}

func (a *access) target(kind, id string) *answers {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := kind + " " + id
	if a.targets[key] == nil {
		a.targets[key] = &answers{}
	}
	return a.targets[key]
}

func (a *access) closed(t *answers) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return t.closed
}

// A chunk is what goes into one call: accounts, each with the seats that it fills.
type chunk struct {
	kind, target string
	ids          []string
	seats        map[string][]*seat
}

// give carries out what a batch of rows asks for.
func (a *access) give(ctx context.Context, r *Run, rows []*export.Row) error {
	members, err := a.wanted(ctx, rows)
	if err != nil {
		return err
	}
	inParallel(a, chunks(members), func(c chunk) {
		a.add(ctx, c)
		r.step(len(c.ids))
	})
	kept := make([]ledger.RowAccess, 0, len(members))
	for _, m := range members {
		kept = append(kept, a.rowAccess(m))
	}
	return a.ledger.SetRowAccess(ctx, a.run, kept)
}

// chunks puts the open seats together that one call can fill.
func chunks(members []*member) []chunk {
	var all []chunk
	at := map[[2]string]int{} // the chunk of a target that has room
	for _, m := range members {
		for _, seats := range [][]seat{m.organizations, m.desks} {
			for i := range seats {
				if seats[i].access == 0 {
					all = putSeat(all, at, m.account.ID, &seats[i])
				}
			}
		}
	}
	return all
}

func putSeat(all []chunk, at map[[2]string]int, id string, s *seat) []chunk {
	key := [2]string{s.kind, s.target}
	i, ok := at[key]
	if !ok || len(all[i].ids) == chunkAccounts && all[i].seats[id] == nil {
		i = len(all)
		at[key] = i
		all = append(all, chunk{kind: s.kind, target: s.target, seats: map[string][]*seat{}})
	}
	if all[i].seats[id] == nil {
		all[i].ids = append(all[i].ids, id)
	}
	all[i].seats[id] = append(all[i].seats[id], s)
	return all
}

// add makes one call, and halves it when the site says that one of the accounts is wrong.
func (a *access) add(ctx context.Context, c chunk) {
	t := a.target(c.kind, c.target)
	if why := a.closed(t); why != "" {
		c.settle(outcome.AccessFailed, why)
		return
	}
	if a.stopped() {
		return
	}
	call := a.api.AddToServiceDesk
	if c.kind == ledger.Organization {
		call = a.api.AddToOrganization
	}
	_, err := call(ctx, c.target, c.ids)
	switch {
	case err == nil:
		a.mu.Lock()
		t.took = true
		a.mu.Unlock()
		if !a.broken(a.ledger.RecordAccess(ctx, a.run, c.kind, c.target, c.ids)) {
			c.settle(outcome.Added, "")
		}
	case a.halt(ctx, err):
	case statusOf(err) == 400 && len(c.ids) > 1:
		half := len(c.ids) / 2
		a.add(ctx, chunk{c.kind, c.target, c.ids[:half], c.seats})
		a.add(ctx, chunk{c.kind, c.target, c.ids[half:], c.seats})
	default:
		a.refuse(t, c, err)
	}
}

// refuse keeps why a target does not take accounts. A refusal of permission, or of one account after the other, is
// about the target.
func (a *access) refuse(t *answers, c chunk, err error) {
	why := accessReason(err)
	c.settle(outcome.AccessFailed, why)
	a.mu.Lock()
	defer a.mu.Unlock()
	status := statusOf(err)
	if t.refused++; status == 400 && (t.took || t.refused < refusesAll) || status == 0 || status >= 500 {
		return
	}
	if t.closed = why; c.kind == ledger.Organization && status != 404 {
		t.closed = "the organization takes nobody (an identity provider may manage it): " + why
	}
}

func accessReason(err error) string {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		return "the site answered " + strings.TrimSuffix(refused.Redacted(), ".")
	}
	return oneLine(err)
}

// settle says what became of the seats of a chunk.
func (c chunk) settle(access outcome.Access, reason string) {
	for _, id := range c.ids {
		for _, s := range c.seats[id] {
			s.access, s.reason = access, reason
		}
	}
}

// rowAccess is what the results show of a row, which is counted.
func (a *access) rowAccess(m *member) ledger.RowAccess {
	shown := ledger.RowAccess{Row: m.row.Number}
	var reasons []string
	bad := false
	words := func(seats []seat, count func(seat)) string {
		var all []outcome.Access
		for _, s := range seats {
			if s.access == 0 {
				s.access, s.reason = outcome.AccessNotAttempted, outcome.ReasonAccessStopped
			}
			if bad = bad || s.access == outcome.AccessFailed || s.access == outcome.AccessInvalid; !slices.Contains(reasons, s.reason) {
				reasons = append(reasons, s.reason)
			}
			all = append(all, s.access)
			count(s)
		}
		return outcome.JoinAccess(all...)
	}
	shown.Organization = words(m.organizations, a.countMembership)
	shown.ServiceDesk = words(m.desks, a.countCustomer)
	shown.Reason = outcome.JoinReasons(reasons...)
	if bad {
		a.end.Rows++
	}
	return shown
}

func (a *access) countMembership(s seat) {
	switch s.access {
	case outcome.Added:
		a.end.Added++
	case outcome.AccessKnown:
		a.end.Known++
	case outcome.AccessFailed:
		a.end.Failed++
	}
}

func (a *access) countCustomer(s seat) {
	for _, desk := range a.plan.ServiceDesks {
		if desk.ID == s.target && s.access.Good() {
			d := a.end.ServiceDesks[desk.ProjectKey]
			d.Customers++
			a.end.ServiceDesks[desk.ProjectKey] = d
		}
	}
}

// review goes through the rows once more: an organization of before that another row of the same person names is not
// left behind.
func (a *access) review(ctx context.Context, rows iter.Seq2[*export.Row, error]) error {
	moved := a.moved
	a.moved = nil
	for batch, err := range inBatches(rows, accessRows) {
		if err != nil {
			return err
		}
		members, err := a.wanted(ctx, batch)
		if err != nil {
			return err
		}
		for _, m := range members {
			for _, s := range m.organizations {
				if left, ok := moved[m.account.ID]; ok {
					moved[m.account.ID] = slices.DeleteFunc(left, func(r AccessReview) bool { return r.OrganizationID == s.target })
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		a.end.ToReview = append(a.end.ToReview, moved[id]...)
	}
	return nil
}
