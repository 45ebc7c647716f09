package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
)

const (
	chunkAccounts = 50                     // accounts in one call
	accessAtOnce  = 8                      // calls
	createdHere   = "organization_created" // in the ledger: organizations that a run has created
)

// AccessOptions say what customers get besides their account.
type AccessOptions struct {
	Organizations bool
	ServiceDesks  []string // keys of service projects
}

// AccessPlan is what the access that was asked for comes to.
type AccessPlan struct {
	Organizations bool // --organizations
	Named         int
	ToCreate      int
	FirstNew      []string // at most ten
	ServiceDesks  []apiclient.ServiceDesk

	// What is asked for and not there, for people who have an account or will be created:
	Memberships int // in organizations
	Customers   int // of the service project that lacks most of them
	Open        int // memberships of all kinds

	WithoutOrganization int // rows that name none, or one that cannot be used

	groups  []*ledger.Group // the service projects, and organizations of the file
	lacking []*ledger.Group // of these, those that the site lacked
	claims  []ledger.Claim  // of the last rows, not yet in:
	wanted  *ledger.Wanted
	atSite  map[string][]string // ids of organizations, by name without regard to case and blanks
}

// tidy is a name in NFC, with single blanks.
func tidy(name string) string { return strings.Join(strings.Fields(norm.NFC.String(name)), " ") }

// invalidPrefix begins the name of a group that cannot be an organization.
const invalidPrefix = "\n"

// find looks for an organization of the file among those of the site. One that the site lacks has to be created.
func (a *AccessPlan) find(g *ledger.Group) {
	if g.Invalid = strings.HasPrefix(g.Name, invalidPrefix); g.Invalid {
		g.Why = g.Spelled
		return
	}
	a.Named++
	switch at := a.atSite[g.Name]; len(at) {
	case 0:
		a.lacking = append(a.lacking, g)
		a.FirstNew = append(a.FirstNew, g.Spelled)
	case 1:
		g.ID = at[0]
	default:
		g.Why = fmt.Sprintf("the site has %d organizations with this name, apart from upper and lower case "+
			"and spaces; give the others another name there", len(at))
	}
}

// AccessTotals is what became of the access that was asked for. It has no names of organizations, as these are cells.
type AccessTotals struct {
	Organizations struct {
		Named   int `json:"named"`
		Existed int `json:"existed"`
		Created int `json:"created"`
	} `json:"organizations"`
	Memberships  ledger.AccessCounts    `json:"memberships"` // in organizations
	ServiceDesks map[string]*DeskTotals `json:"service_desks"`
	NotGood      int                    `json:"rows_without_access,omitempty"` // though there is an account
	Refused      []string               `json:"refused,omitempty"`             // why projects lack organizations
	ToReview     []ledger.Moved         `json:"to_review,omitempty"`
}

// DeskTotals are the customers and organizations that have access to a service project.
type DeskTotals struct {
	Customers     int `json:"customers"`
	Organizations int `json:"organizations"`
}

// giveAccess carries out the access plan, unless the run was stopped: it makes calls for what is wanted and not done
// yet. It takes nothing away, and may be repeated. It comes after the creates, when account ids are known.
func (r *Run) giveAccess(end *End) {
	a, still := r.plan.Access, context.WithoutCancel(r.sendCtx)
	inParallel(r, accessAtOnce, a.wanted.Needed(still, a.lacking), r.createOrganization)
	r.stop(brokenLedger(a.wanted.SetGroups(still, r.plan.Run, a.groups)))
	inParallel(r, accessAtOnce, a.wanted.Calls(still, chunkAccounts), r.add)
	r.stop(brokenLedger(r.accessTotals(still, end)))
}

// createOrganization creates one that the site lacks. It may be repeated: the site then returns the same one.
func (r *Run) createOrganization(g *ledger.Group) {
	made, err := r.api.CreateOrganization(r.sendCtx, g.Spelled)
	switch r.stopBeside(err); {
	case err == nil:
		g.ID = made.ID
		r.stop(brokenLedger(r.ledger.RecordAccess(r.sendCtx, r.plan.Run.Seq, createdHere, made.ID, []string{""})))
	case r.sendCtx.Err() == nil:
		g.Why = oneLine(err)
	}
}

// add makes one call, and splits it in two if a member is wrong. A group that refuses one member after the other takes
// none; and an account that may not add one customer to a project may add none.
func (r *Run) add(c ledger.Call) {
	kept, _ := r.groups.LoadOrStore(c.Kind+" "+c.Target, &refusals{})
	group, err := kept.(*refusals), error(nil)
	switch off := group.off.Load(); {
	case off != nil:
		err = *off
	case c.Kind == ledger.Organization:
		_, err = r.api.AddToOrganization(r.sendCtx, c.Target, c.Members)
	case c.Kind == ledger.ServiceDesk:
		_, err = r.api.AddToServiceDesk(r.sendCtx, c.Target, c.Members)
	default:
		_, err = r.api.AddOrganizationToServiceDesk(r.sendCtx, c.Target, c.Members[0])
	}
	status, half := statusOf(err), len(c.Members)/2
	switch r.stopBeside(err); {
	case status == 400 && half > 0:
		first, second := c, c
		first.Members, second.Members = c.Members[:half], c.Members[half:]
		r.add(first)
		r.add(second)
		return
	case err == nil:
		r.stop(brokenLedger(r.ledger.RecordAccess(r.sendCtx, r.plan.Run.Seq, c.Kind, c.Target, c.Members)))
	case r.sendCtx.Err() == nil:
		r.stop(brokenLedger(r.plan.Access.wanted.Refuse(r.sendCtx, c, oneLine(err))))
	}
	denied := status == 403 && c.Kind == ledger.ServiceDesk
	if group.add(err, denied); denied {
		r.forbidden.CompareAndSwap(nil, forbidden(err))
	}
}

// stopBeside ends the run if the answer to a call shows that it must, which a missing scope does not.
func (r *Run) stopBeside(err error) {
	if refused, _ := errors.AsType[*apiclient.Error](err); refused == nil || refused.Kind != apiclient.KindScope {
		r.stop(StopFor(err))
	}
}

// accessTotals counts what became of the access that was asked for, and records it for each row.
func (r *Run) accessTotals(ctx context.Context, end *End) error {
	a, run, t := r.plan.Access, r.plan.Run.Seq, &AccessTotals{ServiceDesks: map[string]*DeskTotals{}}
	created, err := r.ledger.CountAccess(ctx, run, createdHere)
	left := slices.DeleteFunc(a.lacking, func(g *ledger.Group) bool { return g.ID != "" })
	o := &t.Organizations
	o.Named, o.Created, o.Existed = a.Named, created, a.Named-created-len(left)
	counts, countsErr := a.wanted.Counts(ctx)
	for _, s := range counts {
		switch there := s.Added + s.Known; s.Kind {
		case ledger.Organization:
			t.Memberships = s.AccessCounts
		case ledger.ServiceDesk:
			t.ServiceDesks[s.Name] = &DeskTotals{Customers: there}
		case ledger.ServiceDeskOrganization:
			if t.ServiceDesks[s.Name].Organizations = there; s.Failed > 0 {
				t.Refused = append(t.Refused,
					fmt.Sprintf("organizations could not be added to the project %s: %s", s.Name, s.Reason))
			}
		}
	}
	moved, movedErr := a.wanted.Moved(ctx, run)
	notGood, keepErr := a.wanted.RecordRows(ctx, run)
	t.ToReview, t.NotGood = moved, notGood
	end.Access, err = t, cmp.Or(err, countsErr, movedErr, keepErr)
	r.revised.CompareAndSwap(false, err == nil)
	return err
}
