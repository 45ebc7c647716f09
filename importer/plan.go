package importer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey       *export.Survey
	Options      PlanOptions
	Run          ledger.Run // that would continue; Seq 0: a new one would begin
	Resumed      bool
	Finished     outcome.Totals // rows that an earlier session of this run has settled
	Others       outcome.Totals // other rows for which no account would be created or revoked
	Create       int            // rows that would be sent, to create or to revoke
	Resent       int            // of Create, rows whose account the ledger has (--resend-known; revoke, undo)
	OtherAddress int            // of Create, people who are onboarded under another address
	NamesChanged int            // of the known ones, customers whose name has changed and is not updated
	Fixed        int            // rows that were fixed in a failed file, and imported
	LookUps      int            // account ids that are still to be looked up, of any run
	Missing      []int          // of PlanOptions.Require, numbered from 1, those that are in no row
	Access       *AccessPlan
	Roster       *Roster // sync: who is in the source; nil: another command

	IsLeaversList bool        // revoke: the file has a column jsm_action: sync wrote it as a list of leavers
	NotOurs       int         // revoke, undo: of Resent, accounts that were not certainly created by us
	Undoes        *ledger.Run // undo: the run that is undone

	First export.Row                                          // the first that would be sent
	Rows  func(context.Context) iter.Seq2[*export.Row, error] // of the file; undo: of the ledger
}

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options // without what follows from Job and Access
	Access      AccessOptions
	Job         ledger.Job // without the checksum of the input, which the plan fills in
	ResendKnown bool       // send the rows that the ledger knows, too
	UpdateNames bool       // rename known customers whose name has changed
	Require     []string   // addresses that the file must hold
}

// MakePlan reads the file twice, and compares it with the ledger. An outdated list of leavers is a *RefusedError, too.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	o.Export.NeedAccounts, o.Export.Organizations = Revokes(o.Job.Command), o.Access.Organizations
	survey, err := file.Survey(ctx, o.Export)
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, Rows: survey.All, IsLeaversList: slices.Contains(survey.Own, "jsm_action")}
	for i, address := range o.Require {
		if key, ok := export.Key(address); !ok || !survey.Contains(key) {
			p.Missing = append(p.Missing, i+1)
		}
	}
	if o.Job.Command == "sync" {
		if p.Roster, err = openRoster(ctx, l, o.Job.Source, survey); err != nil {
			return nil, err
		}
	}
	return p, p.decide(ctx, l, o)
}

// decide finds the run that would continue, and counts what that would do with each row.
func (p *Plan) decide(ctx context.Context, l *ledger.Ledger, o PlanOptions) (err error) {
	o.Job.InputSHA256 = p.Survey.SHA256
	if p.Run, err = l.FindRun(ctx, o.Job); err != nil {
		return err
	}
	p.Options, p.Resumed = o, p.Run.Seq > 0
	r := NewRun(ctx, nil, l, p, Options{})
	if !r.revokes {
		if p.LookUps, err = l.CountLookUps(ctx); err != nil {
			return err
		}
	}
	if o.Access.Organizations || len(o.Access.ServiceDesks) > 0 {
		p.Access = &AccessPlan{Organizations: o.Access.Organizations, atSite: map[string][]string{}}
		if p.Access.wanted, err = l.NewWanted(ctx); err != nil {
			return err
		}
	}
	for t, err := range r.tasks(ctx, p.Rows(ctx)) {
		if err == nil && r.revokes {
			err = upToDate(ctx, l, p.Survey.Path, t.row)
		}
		if err == nil {
			err = p.Access.addClaim(ctx, t)
		}
		if err != nil {
			return err
		}
		p.count(t)
		if p.Roster != nil {
			p.Roster.matchLeavers(t.result)
		}
	}
	return nil
}

// count adds what a run would make of a row.
func (p *Plan) count(t *task) {
	row, a, becomes := t.row, t.Account, cmp.Or(t.wants, t.result.Status) // if all goes well
	switch {
	case t.Fixed != nil:
		p.Fixed++
	case t.Outcome != nil && !t.Outcome.Open:
		p.Finished[t.Outcome.Status]++
	case becomes != outcome.Created && becomes != outcome.Revoked:
		p.Others[becomes]++
		if becomes == outcome.Known && nameChanged(row, *a) && a.Ours() {
			p.NamesChanged++
		}
	default:
		if p.Create++; p.Create == 1 {
			p.First = *row
		}
		if t.Other != nil {
			p.OtherAddress++
		}
		if a != nil {
			if p.Resent++; !a.Ours() {
				p.NotOurs++
			}
		}
	}
}

// PlanAccess reads all organizations of the site, and counts what the rows ask for and the site lacks.
func (p *Plan) PlanAccess(ctx context.Context, api *apiclient.Client) error {
	a := p.Access
	if a == nil {
		return nil
	}
	err := cmp.Or(a.wanted.AddClaims(ctx, a.claims), a.readSite(ctx, api, p.Options.Access))
	if err != nil {
		return err
	}
	organizations, err := a.wanted.Organizations(ctx)
	for _, g := range organizations {
		a.find(g)
	}
	a.ToCreate, a.FirstNew = len(a.lacking), a.FirstNew[:min(10, len(a.lacking))]
	a.groups = append(a.groups, organizations...)
	setErr := a.wanted.SetGroups(ctx, p.Run, a.groups)
	counts, countsErr := a.wanted.Counts(ctx)
	for _, s := range counts {
		switch a.Open += s.Pending; s.Kind {
		case ledger.Organization:
			a.Memberships = s.Pending
		case ledger.ServiceDesk:
			a.Customers = max(a.Customers, s.Pending)
		}
	}
	return cmp.Or(err, setErr, countsErr)
}

// addClaim adds the access that a row asks for; of a row that was fixed elsewhere, for the person onboarded by that.
func (a *AccessPlan) addClaim(ctx context.Context, t *task) (err error) {
	row, becomes := t.row, cmp.Or(t.wants, t.result.Status)
	if a == nil || !row.Sendable() && t.Fixed == nil {
		return nil
	}
	moved := !row.Sendable() && // its cells are not those of the row that was fixed
		(row.NoAddress || !strings.Contains(strings.Join(row.Cells, " "), t.Fixed.Name))
	c := ledger.Claim{Row: row.Number, SheetRow: row.Place.Row, Key: cmp.Or(t.result.fixedKey, row.Key)}
	c.NoAccount = becomes != outcome.Duplicate && !onboarded(becomes)
	switch name := tidy(row.Organization); {
	case !a.Organizations, moved:
	case row.InvalidOrganization != "":
		c.Organization, c.Spelled = invalidPrefix+row.InvalidOrganization, row.InvalidOrganization
		a.WithoutOrganization++
	case name == "":
		a.WithoutOrganization++
	default:
		c.Organization, c.Spelled = strings.ToLower(name), name
	}
	if a.claims = append(a.claims, c); len(a.claims) == batchRows {
		err, a.claims = a.wanted.AddClaims(ctx, a.claims), nil
	}
	return err
}

// readSite reads projects and organizations of the site.
func (a *AccessPlan) readSite(ctx context.Context, api *apiclient.Client, o AccessOptions) error {
	for _, key := range o.ServiceDesks {
		desk, err := api.ServiceDesk(ctx, key)
		if err != nil {
			return fmt.Errorf("the service project %q: %w; nothing was sent; give the key as in its request numbers "+
				"(SUP-12: SUP)", key, err)
		}
		if !slices.Contains(a.ServiceDesks, desk) { // it may be given by its key and by its id
			a.ServiceDesks = append(a.ServiceDesks, desk)
			a.groups = append(a.groups, &ledger.Group{Kind: ledger.ServiceDesk, Name: desk.ProjectKey, ID: desk.ID})
		}
	}
	if !o.Organizations {
		return nil
	}
	all, err := api.Organizations(ctx)
	if err != nil {
		return fmt.Errorf("reading the organizations of the site: %w; nothing was sent", err)
	}
	for _, one := range all {
		name := strings.ToLower(tidy(one.Name))
		a.atSite[name] = append(a.atSite[name], one.ID)
	}
	return nil
}
