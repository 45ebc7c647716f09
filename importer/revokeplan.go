package importer

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// RevocationOptions are the choices that shape the plan of a revocation.
type RevocationOptions struct {
	Export   export.Options
	Identity ledger.Identity // without the checksum of the input, which the plan fills in
	Run      *ledger.Run     // the run that has just listed these leavers; nil: a run of its own, and a list of leavers has to be fresh
}

// PlanRevocation reads the file and holds it against the ledger: Create is how
// many accounts access would be taken away from, and Settled what would become
// of the other rows. It changes nothing. An *export.RefusedError tells of a
// list of leavers that is out of date.
func PlanRevocation(ctx context.Context, file *export.File, l *ledger.Ledger, o RevocationOptions) (*Plan, error) {
	look := &revocationLook{ledger: l, path: file.Path(), own: o.Run != nil, latest: map[string]string{}, keys: map[string]string{}, nameless: map[string]int{}}
	o.Export.NeedAccounts = true
	survey, err := file.Survey(ctx, o.Export, func(row *export.Row) error { return look.at(ctx, row) })
	if err == nil {
		err = look.flush(ctx)
	}
	if err == nil {
		err = look.find(ctx)
	}
	if err == nil {
		err = look.freshByID(ctx)
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, keys: look.keys}
	p.Reach.Listed = slices.ContainsFunc(survey.Own, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "jsm_action") })
	if o.Run != nil {
		p.Run = *o.Run
		return p, p.holdRevocation(ctx, l)
	}
	o.Identity.InputSHA256 = survey.SHA256
	if p.Run, p.Resumed, err = l.Peek(ctx, o.Identity); err != nil {
		return nil, err
	}
	if !p.Resumed {
		p.Run.Identity = o.Identity
	}
	return p, p.holdRevocation(ctx, l)
}

// holdRevocation decides on each row as the run will.
func (p *Plan) holdRevocation(ctx context.Context, l *ledger.Ledger) error {
	v := newRevocation(l, p)
	v.plan = true
	batch := make([]*export.Row, 0, batchRows)
	decide := func() error {
		decisions, err := v.decide(ctx, batch)
		for _, d := range decisions {
			if d.task != nil {
				p.Create++
				p.Reach.see(d.task.had)
			} else {
				p.Settled.Add(d.outcome.Status)
			}
		}
		batch = batch[:0]
		return err
	}
	for row, err := range p.Survey.All(ctx) {
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) < cap(batch) {
			continue
		}
		if err := decide(); err != nil {
			return err
		}
	}
	return decide()
}

// Reach is whom a revocation would touch, of the accounts that Plan.Create
// counts.
type Reach struct {
	Listed  bool // the file says by a column jsm_action what is to be done: sync wrote it as a list of leavers
	Foreign int  // accounts that the ledger has and that we did not make
	Unknown int  // accounts that it does not have
}

func (r *Reach) see(a *ledger.Account) {
	switch {
	case a == nil:
		r.Unknown++
	case a.Status != Created.String() && !(a.Status == CreatedUnconfirmed.String() && a.Verified):
		r.Foreign++
	}
}

func newRevocation(l *ledger.Ledger, p *Plan) *revocation {
	return &revocation{books: books{ledger: l, run: p.Run}, keys: p.keys, lines: map[string]int{}}
}

// idsAtOnce is how many account ids are looked for in one reading of the
// ledger's accounts.
const idsAtOnce = 50_000

// revocationLook is the first pass over a file of accounts: is a list of
// leavers fresh, and whose are the account ids?
type revocationLook struct {
	ledger *ledger.Ledger
	path   string
	own    bool              // the list has been made by the run that goes on
	latest map[string]string // the last complete run of each source
	batch  []*export.Row
	ids    []string
	keys   map[string]string

	nameless map[string]int // account ids on a list of leavers that has no address for them, with their lines
}

func (k *revocationLook) at(ctx context.Context, row *export.Row) error {
	if k.batch = append(k.batch, row); len(k.batch) < batchRows {
		return nil
	}
	return k.flush(ctx)
}

func (k *revocationLook) flush(ctx context.Context) error {
	defer func() { k.batch = k.batch[:0] }()
	if err := k.fresh(ctx); err != nil {
		return err
	}
	queries := make([]ledger.Query, len(k.batch))
	for i, row := range k.batch {
		queries[i] = ledger.Query{Row: row.Number, Key: row.Key, Revoke: true}
	}
	memories, err := k.ledger.Recall(ctx, 0, queries)
	if err != nil {
		return err
	}
	for i, row := range k.batch {
		a := memories[i].Account
		if row.AccountID == "" || a != nil && a.ID == row.AccountID {
			continue // the address says it all
		}
		k.ids = append(k.ids, row.AccountID)
	}
	if len(k.ids) < idsAtOnce {
		return nil
	}
	return k.find(ctx)
}

// find asks the ledger whose the account ids are that no address explains.
func (k *revocationLook) find(ctx context.Context) error {
	if len(k.ids) == 0 {
		return nil
	}
	found, err := k.ledger.AccountsByID(ctx, k.ids)
	for id, a := range found {
		k.keys[id] = a.Key
	}
	k.ids = k.ids[:0]
	return err
}

// fresh refuses a list of leavers when its source has been seen since, or
// somebody on it is back.
func (k *revocationLook) fresh(ctx context.Context) error {
	if k.own {
		return nil
	}
	var keys []string
	var lines []int
	for _, row := range k.batch {
		source, listed := row.Own["jsm_source"]
		if !listed {
			continue
		}
		if err := k.listedByLatest(ctx, row, source); err != nil {
			return err
		}
		if row.Key == "" {
			k.nameless[strings.Clone(row.AccountID)] = row.Line
			continue
		}
		keys, lines = append(keys, row.Key), append(lines, row.Line)
	}
	return k.away(ctx, keys, lines)
}

// freshByID is fresh for those on a list whose address somebody has taken out.
func (k *revocationLook) freshByID(ctx context.Context) error {
	var keys []string
	var lines []int
	for id, line := range k.nameless {
		if key := k.keys[id]; key != "" {
			keys, lines = append(keys, key), append(lines, line)
		}
	}
	return k.away(ctx, keys, lines)
}

// away refuses the list when somebody on it is in a source.
func (k *revocationLook) away(ctx context.Context, keys []string, lines []int) error {
	if len(keys) == 0 {
		return nil
	}
	present, err := k.ledger.Present(ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if source, back := present[key]; back {
			return k.refuse(lines[i], "this person is in the latest run of the source "+source)
		}
	}
	return nil
}

// listedByLatest checks that the run that has listed row is the last complete
// one of its source.
func (k *revocationLook) listedByLatest(ctx context.Context, row *export.Row, source string) error {
	latest, known := k.latest[source]
	if !known {
		run, found, err := k.ledger.LastComplete(ctx, source)
		if err != nil {
			return err
		}
		if found {
			latest = run.ID
		}
		k.latest[source] = latest
	}
	by := row.Own["jsm_run_id"]
	if !runID.MatchString(by) {
		return k.refuse(row.Line, fmt.Sprintf("its jsm_run_id is %q, which is no run's: perhaps a spreadsheet has taken it for a number", by))
	}
	switch {
	case latest == "":
		return k.refuse(row.Line, fmt.Sprintf("this is a list of leavers of the source %q, and the ledger has no complete sync of it", source))
	case latest != by && k.unfinished(ctx, by):
		return k.refuse(row.Line, fmt.Sprintf("run %s has listed this leaver, and has not got to its end", by))
	case latest != by:
		return k.refuse(row.Line, fmt.Sprintf("run %s has listed this leaver, and the source %q has had a complete run since: %s", by, source, latest))
	}
	return nil
}

// runID is what the id of a run looks like.
var runID = regexp.MustCompile(`^[0-9a-f]{8}$`)

func (k *revocationLook) unfinished(ctx context.Context, id string) bool {
	run, err := k.ledger.Run(ctx, id)
	return err == nil && run.Outcome != ledger.Complete
}

func (k *revocationLook) refuse(line int, what string) error {
	return &export.RefusedError{Path: k.path, Line: line, What: what,
		Hint: "the list of leavers is out of date: run jsm-onboard sync again on the newest export, and use the list that it writes"}
}
