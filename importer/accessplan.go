package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
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
	Memberships         int      // in organizations, not there yet; people who are still to be created are counted
	Customers           int      // who are to get access to service projects
	WithoutOrganization int      // rows
	InvalidRows         int      // rows whose organization cannot be used
	ServiceDesks        []apiclient.ServiceDesk

	byName map[string]*organization
}

// organization is what the file and the site have under one name, in NFC and without regard to case and blanks.
type organization struct {
	name       string   // as the file has it first; "": only the site has it
	exact, ids []string // at the site
	err        string   // why it could not be created
}

// find is the id that a name means; why is why it means none, and both are "" for one that has to be created.
func (o *organization) find(name string) (id, why string) {
	if len(o.ids) == 1 || o.err != "" {
		return strings.Join(o.ids, ""), o.err
	}
	if i := slices.Index(o.exact, tidyName(name)); i >= 0 || len(o.ids) == 0 {
		return strings.Join(o.ids[max(i, 0):i+1], ""), ""
	}
	return "", fmt.Sprintf("the site has %d organizations with this name but for case and blanks; "+
		"write it in the file as the right one is written", len(o.ids))
}

// tidyName is an organization's name in NFC, with single blanks.
func tidyName(name string) string { return strings.Join(strings.Fields(norm.NFC.String(name)), " ") }

// at is what file and site have under a name.
func (a *AccessPlan) at(name string) *organization {
	key := strings.ToLower(tidyName(name))
	if a.byName[key] == nil {
		a.byName[key] = &organization{}
	}
	return a.byName[key]
}

// named are the organizations of the file, by name.
func (a *AccessPlan) named() (all []*organization) {
	for _, key := range slices.Sorted(maps.Keys(a.byName)) {
		if o := a.byName[key]; o.name != "" {
			all = append(all, o)
		}
	}
	return all
}

// missing are those of them that the site lacks.
func (a *AccessPlan) missing() []*organization {
	return slices.DeleteFunc(a.named(), func(o *organization) bool { return len(o.ids) > 0 })
}

// PlanAccess reads the organizations of the site, whole, and counts what the rows ask for. api may be nil: then names
// are only counted. Its error may be a *Stop.
func (p *Plan) PlanAccess(ctx context.Context, api API, l *ledger.Ledger, o AccessOptions) error {
	if !o.Organizations && len(o.ServiceDesks) == 0 {
		return nil
	}
	a := &AccessPlan{Organizations: o.Organizations, byName: map[string]*organization{}}
	if err := a.ask(ctx, api, o); err != nil {
		return err
	}
	for batch, err := range inBatches(p.Rows(ctx), manyRows) {
		if err == nil {
			err = a.count(ctx, &access{ledger: l, plan: a, run: p.Run.Seq}, batch)
		}
		if err != nil {
			return err
		}
	}
	a.Named = len(a.named())
	if missing := a.missing(); a.Scanned {
		for _, o := range missing[:min(10, len(missing))] {
			a.FirstNew = append(a.FirstNew, o.name)
		}
		a.ToCreate, a.Existing = len(missing), a.Named-len(missing)
	}
	p.Access = a
	return nil
}

// ask reads projects and organizations of the site.
func (a *AccessPlan) ask(ctx context.Context, api API, o AccessOptions) error {
	for _, key := range o.ServiceDesks {
		desk, err := apiclient.ServiceDesk{ProjectKey: key}, error(nil)
		if api != nil {
			desk, err = api.ServiceDesk(ctx, key)
		}
		if err != nil {
			return accessStop(fmt.Sprintf("the service project %q", key), err)
		}
		a.ServiceDesks = append(a.ServiceDesks, desk)
	}
	if a.Scanned = api != nil; !a.Scanned || !o.Organizations {
		return nil
	}
	for one, err := range api.Organizations(ctx) {
		if err != nil {
			return accessStop("reading the organizations of the site", err)
		}
		o := a.at(one.Name)
		o.exact, o.ids = append(o.exact, tidyName(one.Name)), append(o.ids, one.ID)
	}
	return nil
}

// accessStop is why access cannot be planned.
func accessStop(doing string, err error) error {
	if stop := StopFor(err); stop != nil {
		return stop
	}
	stop := newStop(Broken, err, doing+": "+oneLine(err)+"; nothing was sent", "run the same command again")
	refused, ok := errors.AsType[*apiclient.Error](err)
	switch {
	case ok && refused.NotAuthorized():
		stop.Cause = Unauthorised
		stop.Hint = joinLines(refused.Hint, "give the account the right, or leave the flag out")
	case ok && refused.Kind == apiclient.KindNotFound:
		stop.Hint = "there is no such project, it has no portal, or the account cannot see it; give the key as in " +
			"its request numbers (SUP-12: SUP)"
	}
	return stop
}

// count counts what rows name and ask for.
func (a *AccessPlan) count(ctx context.Context, w *access, rows []*export.Row) error {
	claims, err := w.claims(ctx, rows)
	if err != nil {
		return err
	}
	if _, err = w.done(ctx, claims.seats); err != nil {
		return err
	}
	counted := map[string]bool{} // rows of the same person may name the same organization
	for _, c := range claims.all {
		switch s := c.organization; {
		case !a.Organizations:
		case s == nil:
			a.WithoutOrganization++
		case s.access == outcome.AccessInvalid:
			a.InvalidRows++
		default:
			if o := a.at(c.row.Organization); o.name == "" {
				o.name = tidyName(c.row.Organization)
			}
		}
		first := c.row.DuplicateOf == export.Place{}
		membership := c.row.Key + "\n" + strings.ToLower(tidyName(c.row.Organization))
		if c.organization.open() && !counted[membership] {
			counted[membership] = true
			a.Memberships++
		}
		if first && slices.ContainsFunc(c.desks, (*seat).open) {
			a.Customers++
		}
	}
	return nil
}
