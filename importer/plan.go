package importer

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A Plan is what a run would do, known before the first request.
type Plan struct {
	Survey        *export.Survey
	Run           ledger.Run // the run that goes on; Seq 0: a new one would begin
	Resumed       bool
	Finished      int // rows that an earlier session of this run has settled
	Create        int // rows that would be sent
	LookUps       int // account ids that are still to be looked up, of any run
	Known         int
	RevokedBefore int
	Fixed         int      // rows that were fixed in a failed file, and imported
	Returning     int      // of Create, rows whose account we have revoked (--resend-known)
	Renames       int      // of Known, customers who would be renamed
	NamesChanged  int      // of Known, customers whose name has changed, which is only stated
	OtherAddress  int      // of Create, people who are onboarded under another address
	Missing       []string // of PlanOptions.Require, those who are in no row
	Access        *AccessPlan

	Settled outcome.Totals // revoke, undo: rows for which nothing would be sent
	Reach   Reach          // revoke, undo: whose accounts those of Create are
	Undoes  *ledger.Run    // undo: the run that is undone

	hasAccounts bool
	marks       []rowMark // by row number
	decided     map[int]verdict
	rows        func(context.Context) iter.Seq2[*export.Row, error]
}

// rowMark is what the plan makes of one row.
type rowMark uint8

const (
	notSendable rowMark = iota // as far as the row itself goes
	toCreate
	toCreateOther // onboarded under another address
	toCreateAgain // we have revoked it, and it is sent again
	known
	toRename
	nameDiffers
	revokedBefore
	fixedBefore
	finished // by an earlier session of this run
	rowMarks
)

// PlanOptions are the choices that shape a plan.
type PlanOptions struct {
	Export      export.Options
	Job         ledger.Job // without the checksum of the input, which the plan fills in
	ResendKnown bool
	UpdateNames bool
	Require     []string // addresses that the file must hold
}

// Rows yields the rows of the run: of the file, or for undo of the ledger.
func (p *Plan) Rows(ctx context.Context) iter.Seq2[*export.Row, error] { return p.rows(ctx) }

// FirstRow is the first row of a file that would be sent.
type FirstRow struct {
	Number      int // 0: there is none
	Place       export.Place
	Email, Name string
}

// First reads the file again, as far as the first row that would be sent. It is the one that a run with [Options].Only
// sends.
func (p *Plan) First(ctx context.Context) (FirstRow, error) {
	for row, err := range p.Rows(ctx) {
		if err != nil {
			return FirstRow{}, err
		}
		if _, fixed := settled(row, remembered{}); !fixed && !p.settledBefore(row.Number) {
			return FirstRow{row.Number, row.Place, strings.Clone(row.Email), strings.Clone(row.Name)}, nil
		}
	}
	return FirstRow{}, nil
}

// settledBefore reports whether a row has an outcome of an earlier session, or of an earlier run.
func (p *Plan) settledBefore(number int) bool { return p.marks[number] >= known }

// MakePlan reads the file once and holds it against the ledger. It changes nothing.
func MakePlan(ctx context.Context, file *export.File, l *ledger.Ledger, o PlanOptions) (*Plan, error) {
	p := &Plan{}
	var err error
	if p.hasAccounts, err = l.HasAccounts(ctx); err != nil {
		return nil, err
	}
	require := newRequired(o.Require)
	var failed error
	surveyed := func(yield func(*export.Row, error) bool) {
		p.Survey, err = file.Survey(ctx, o.Export, func(row *export.Row) error {
			yield(row, nil)
			return nil
		})
	}
	for batch := range ahead(inBatches(surveyed, batchRows)) {
		require.see(batch)
		if failed == nil {
			failed = p.mark(ctx, l, batch, o)
		}
	}
	if err = cmp.Or(err, failed); err != nil {
		return nil, err
	}
	p.rows, p.Missing = p.Survey.All, require.missing()
	for number := range p.Survey.DuplicateRows() {
		p.marks[number] = notSendable
	}
	return p, p.hold(ctx, l, o.Job)
}

// hold counts the rows by what would become of them.
func (p *Plan) hold(ctx context.Context, l *ledger.Ledger, job ledger.Job) error {
	if err := p.find(ctx, l, job); err != nil {
		return err
	}
	p.set(p.Survey.Rows, notSendable)
	if p.Resumed {
		for row, err := range l.Outcomes(ctx, p.Run.Seq, 0) {
			if err != nil {
				return err
			}
			if !row.Open && !(p.Run.Retry && row.Retry) {
				p.set(row.Row, finished)
			}
		}
	}
	p.count()
	for _, err := range l.LookUps(ctx) {
		if err != nil {
			return err
		}
		p.LookUps++
	}
	return nil
}

// find looks for the run that goes on.
func (p *Plan) find(ctx context.Context, l *ledger.Ledger, job ledger.Job) (err error) {
	job.InputSHA256 = p.Survey.SHA256
	if p.Run, p.Resumed, err = l.FindRun(ctx, job); err == nil && !p.Resumed {
		p.Run.Job = job
	}
	return err
}

func (p *Plan) set(number int, m rowMark) {
	for number >= len(p.marks) {
		p.marks = append(p.marks, notSendable)
	}
	p.marks[number] = max(p.marks[number], m)
}

// mark asks the ledger about rows of the first pass.
func (p *Plan) mark(ctx context.Context, l *ledger.Ledger, rows []*export.Row, o PlanOptions) error {
	all, err := recallRows(ctx, l, p.hasAccounts, 0, rows)
	if err != nil {
		return err
	}
	for i, row := range rows {
		p.set(row.Number, markOf(row, all[i], o))
	}
	return nil
}

func markOf(row *export.Row, m remembered, o PlanOptions) rowMark {
	switch a := m.Account; {
	case m.fixed != nil:
		return fixedBefore
	case !row.Sendable():
		return notSendable
	case a == nil && m.other != nil:
		return toCreateOther
	case a == nil:
		return toCreate
	case o.ResendKnown && !a.RevokedAt.IsZero():
		return toCreateAgain
	case o.ResendKnown:
		return toCreate
	case !a.RevokedAt.IsZero():
		return revokedBefore
	case !nameChanged(row, *a):
		return known
	case o.UpdateNames && a.Ours() && a.ID != "":
		return toRename
	}
	return nameDiffers
}

func (p *Plan) count() {
	var n [rowMarks]int
	for _, m := range p.marks {
		n[m]++
	}
	p.Finished, p.Fixed, p.RevokedBefore = n[finished], n[fixedBefore], n[revokedBefore]
	p.Renames, p.NamesChanged = n[toRename], n[nameDiffers]
	p.Known = n[known] + n[toRename] + n[nameDiffers]
	p.OtherAddress, p.Returning = n[toCreateOther], n[toCreateAgain]
	p.Create = n[toCreate] + n[toCreateOther] + n[toCreateAgain]
}

// recallRows returns what the ledger has on each of rows; some says that it had accounts before the run.
func recallRows(ctx context.Context, l *ledger.Ledger, some bool, run int64, rows []*export.Row) ([]remembered, error) {
	known := make([]remembered, len(rows))
	var queries []ledger.Query
	var asked []int
	for i, row := range rows {
		if row.Sendable() && row.DuplicateOf == (export.Place{}) {
			queries, asked = append(queries, ledger.Query{Row: row.Number, Key: row.Key}), append(asked, i)
		}
	}
	memories, err := l.Recall(ctx, run, queries)
	if err != nil {
		return nil, err
	}
	for n, i := range asked {
		known[i].Memory = memories[n]
	}
	if !some {
		return known, nil
	}
	if err := recallFixed(ctx, l, rows, known); err != nil {
		return nil, err
	}
	return known, recallOthers(ctx, l, run, rows, known)
}

// recallFixed finds the rows that were fixed in a failed file and imported from there.
func recallFixed(ctx context.Context, l *ledger.Ledger, rows []*export.Row, known []remembered) error {
	marks := make([]string, len(rows))
	var asked []string
	for i, row := range rows {
		if row.Excluded == "" && row.Own == nil && known[i].Outcome == nil && known[i].Account == nil {
			marks[i] = mark(row)
			asked = append(asked, marks[i])
		}
	}
	if len(asked) == 0 {
		return nil
	}
	keys, err := l.Fixed(ctx, asked)
	if err != nil || len(keys) == 0 {
		return err
	}
	accounts, err := l.Accounts(ctx, slices.Collect(maps.Values(keys)))
	for i := range rows {
		a, ok := accounts[keys[marks[i]]]
		if ok && marks[i] != "" && !a.Gone && a.RevokedAt.IsZero() {
			known[i].fixed = &a
		}
	}
	return err
}

// recallOthers finds the people who have an account under another address, from before the run.
func recallOthers(ctx context.Context, l *ledger.Ledger, run int64, rows []*export.Row, known []remembered) error {
	var ids []string
	for i, row := range rows {
		if row.Sendable() && row.ExternalID != "" && known[i].Account == nil {
			ids = append(ids, row.ExternalID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	accounts, err := l.AccountsByExternalID(ctx, ids)
	for i, row := range rows {
		a, ok := accounts[row.ExternalID]
		if ok && known[i].Account == nil && a.Key != row.Key && a.RevokedAt.IsZero() && (run == 0 || a.FirstRun < run) {
			known[i].other = &a
		}
	}
	return err
}

// required are the addresses that the file must hold and that were not seen yet, by key.
type required map[string]string

func newRequired(addresses []string) required {
	r := required{}
	for _, address := range addresses {
		key, ok := export.Key(address)
		if !ok {
			key = address
		}
		r[key] = address
	}
	return r
}

// see counts any row with the address: one that is excluded shows, too, that the export is whole.
func (r required) see(rows []*export.Row) {
	for _, row := range rows {
		if len(r) > 0 {
			delete(r, row.Key)
		}
	}
}

func (r required) missing() []string { return slices.Sorted(maps.Values(r)) }
