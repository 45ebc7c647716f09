package importer

import (
	"context"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A group is what takes members: an organization or a service project.
type group struct{ kind, id string }

// A seat is the place of one member in a group.
type seat struct {
	group
	member string
	access outcome.Access // 0: still to be asked for
	reason string

	counted bool // in the totals: rows of the same person share it
}

// open reports whether somebody is still to be added.
func (s *seat) open() bool {
	return s != nil && (s.access == 0 || s.access == outcome.AccessNotAttempted)
}

// A claim is what one row asks for. Rows of the same person share seats.
type claim struct {
	row          *export.Row
	organization *seat // nil: none
	desks        []*seat
}

// claims are those of some rows, with each seat once.
type claims struct {
	all   []claim
	seats []*seat
	open  map[seat]*seat // by group and member
}

// claims is what rows ask for. Without an account there is nobody to add: never by name, only with an id from a 201 or
// from a look-up of the address.
func (a *access) claims(ctx context.Context, rows []*export.Row) (claims, error) {
	people, err := a.people(ctx, rows)
	b := claims{open: map[seat]*seat{}}
	for i, row := range rows {
		person := people[i].fixed
		if person == nil && !row.Sendable() {
			continue
		}
		if person == nil {
			person = people[i].Account
		}
		c := claim{row: row}
		if a.plan.Organizations {
			c.organization = b.inOrganization(a.plan, row, person)
		}
		for _, desk := range a.plan.ServiceDesks {
			c.desks = append(c.desks, b.seat(group{ledger.ServiceDesk, desk.ID}, person))
		}
		b.all = append(b.all, c)
	}
	return b, err
}

// people finds the account of each row.
func (a *access) people(ctx context.Context, rows []*export.Row) ([]memory, error) {
	keys, people := make([]string, len(rows)), make([]memory, len(rows))
	for i, row := range rows {
		keys[i] = row.Key
	}
	accounts, err := a.ledger.Accounts(ctx, keys)
	if err != nil {
		return people, err
	}
	for i, key := range keys {
		if account, known := accounts[key]; known {
			people[i].Account = &account
		}
	}
	return people, recallFixed(ctx, a.ledger, rows, people)
}

func (b *claims) inOrganization(plan *AccessPlan, row *export.Row, person *ledger.Account) *seat {
	g := group{kind: ledger.Organization}
	switch {
	case row.InvalidOrganization != "":
		return &seat{group: g, access: outcome.AccessInvalid, reason: row.InvalidOrganization}
	case row.Organization == "":
		return nil
	}
	var why string
	if g.id, why = plan.at(row.Organization).find(row.Organization); why != "" {
		return &seat{group: g, access: outcome.AccessFailed, reason: why}
	}
	return b.seat(g, person)
}

// seat is the one that a person has, or is to have, in a group.
func (b *claims) seat(g group, person *ledger.Account) *seat {
	switch {
	case person == nil || person.Gone || !person.RevokedAt.IsZero():
		return &seat{group: g, access: outcome.AccessNotAttempted}
	case person.ID == "":
		return &seat{group: g, access: outcome.AccessFailed, reason: outcome.ReasonNoMember}
	}
	key := seat{group: g, member: person.ID}
	if b.open[key] == nil {
		s := key
		b.open[key], b.seats = &s, append(b.seats, &s)
	}
	return b.open[key]
}

// done marks the seats that the ledger has, and returns all that it has of their members in organizations. By this run
// it was added, also when a process was killed over it.
func (a *access) done(ctx context.Context, seats []*seat) (map[string][]ledger.Grant, error) {
	members, had := map[string][]string{}, map[string]map[string][]ledger.Grant{}
	for _, s := range seats {
		members[s.kind] = append(members[s.kind], s.member)
	}
	for kind, ids := range members {
		var err error
		if had[kind], err = a.ledger.AccessOf(ctx, kind, ids); err != nil {
			return nil, err
		}
	}
	for _, s := range seats {
		for _, grant := range had[s.kind][s.member] {
			switch {
			case grant.Target != s.id:
			case grant.Run == a.run:
				s.access = outcome.Added
			default:
				s.access = outcome.AccessKnown
			}
		}
	}
	return had[ledger.Organization], nil
}
