package ledger

import (
	"fmt"
	"testing"
	"time"

	"jsm-onboard/importer/outcome"
)

// Each case is what one key has been through; want is what the present run recalls of it. In steps: b begin,
// s settle created, u settle unknown, f settle failed, w withdraw, r the same process starts the run again,
// k killed and started again, n killed and another run started.
func TestRecall(t *testing.T) {
	type recalled struct{ Outcome, Account, Lost string }
	for steps, want := range map[string]recalled{
		"":          {},
		"b":         {Outcome: "unknown"}, // under way: not lost yet
		"bs":        {Outcome: "created", Account: "created by 1"},
		"bsk":       {Outcome: "created", Account: "created by 1"},
		"bsn":       {Account: "created by 1"},
		"bsnk":      {Account: "created by 1"},
		"bf":        {Outcome: "failed"},
		"bfk":       {Outcome: "failed"},
		"bfn":       {},
		"br":        {Outcome: "unknown", Lost: "1"},
		"bk":        {Outcome: "unknown", Lost: "1"},
		"bn":        {Lost: "1"},
		"bnn":       {Lost: "1"},
		"bu":        {Outcome: "unknown", Lost: "1"},
		"buk":       {Outcome: "unknown", Lost: "1"},
		"bun":       {Lost: "1"},
		"bw":        {},
		"bwk":       {},
		"bb":        {Outcome: "unknown", Lost: "1"},
		"bbw":       {Outcome: "unknown", Lost: "1"},
		"bbwk":      {Outcome: "unknown", Lost: "1"},
		"bbf":       {Outcome: "failed", Lost: "1"},
		"bbs":       {Outcome: "created", Account: "created by 1"},
		"bbsn":      {Account: "created by 1"},
		"bkbw":      {Outcome: "unknown", Lost: "1"},
		"bkbwkbwn":  {Lost: "1"},
		"bubw":      {Outcome: "unknown", Lost: "1"},
		"bunbw":     {Lost: "1"},
		"bkbs":      {Outcome: "created", Account: "created by 1"},
		"bkbsn":     {Account: "created by 1"},
		"bkbf":      {Outcome: "failed", Lost: "1"},
		"bkbfn":     {Lost: "1"},
		"bubfn":     {Lost: "1"},
		"bunbfn":    {Lost: "1"},
		"bunbs":     {Outcome: "created", Account: "created by 2"},
		"bunbsn":    {Account: "created by 2"},
		"bnbsn":     {Account: "created by 2"},
		"bunbun":    {Lost: "2"},
		"bsnbun":    {Account: "created by 1", Lost: "2"},
		"bsnbunbsn": {Account: "created by 3"},
		"bss":       {Outcome: "created", Account: "created by 1"},
		"u":         {Outcome: "unknown", Lost: "1"},
		"s":         {Outcome: "created", Account: "created by 1"},
	} {
		t.Run(steps, func(t *testing.T) {
			t.Parallel()
			l := openNew(t)
			runs := 1
			run := startRun(t, l, job("1"))
			number := map[int64]string{run.Seq: "1"}
			for _, step := range steps {
				switch step {
				case 'b':
					e := attempt(5, "ann")
					e.Name = number[run.Seq]
					begin(t, l, run, e)
				case 's':
					settle(t, l, run, created(5, "ann"))
				case 'u':
					e := unknown(5, "ann")
					e.Name = number[run.Seq]
					settle(t, l, run, e)
				case 'f':
					settle(t, l, run, failed(5, "ann"))
				case 'w':
					must(t, l.Withdraw(t.Context(), run.Seq, 5, false))
				case 'r':
					run = startRun(t, l, job(fmt.Sprint(runs)))
				case 'k':
					l = crash(t, l)
					run = startRun(t, l, job(fmt.Sprint(runs)))
				case 'n':
					l = crash(t, l)
					runs++
					run = startRun(t, l, job(fmt.Sprint(runs)))
					number[run.Seq] = fmt.Sprint(runs)
				}
			}
			begin(t, l, run, attempt(98, "another"))
			settle(t, l, run, created(99, "other"))
			m := recall(t, l, run, 5, "ann")
			var got recalled
			if m.Outcome != nil {
				got.Outcome = m.Outcome.Status.String()
			}
			if m.Account != nil {
				got.Account = m.Account.Status.String() + " by " + number[m.Account.Run]
			}
			if m.Lost != nil {
				got.Lost = *m.Lost // the name says in which run it was sent
			}
			same(t, want, got)
		})
	}
}

func TestRecallKeepsTheOrder(t *testing.T) {
	t.Parallel()
	l := openNew(t)
	old := startRun(t, l, job("old"))
	var q []Query
	for row := 1; row <= 120; row++ {
		if row%3 == 0 {
			settle(t, l, old, created(row, key(row)))
		}
		q = append(q, Query{Row: 2000 - row, Key: key(row)})
	}
	run := startRun(t, l, job("new"))
	settle(t, l, run, failed(2000-7, key(7)), failed(2000-500, "not asked about"))
	m, err := l.Recall(t.Context(), run.Seq, false, q)
	must(t, err)
	for i, one := range m {
		row := i + 1
		if known := one.Account != nil && one.Account.Key == key(row); known != (row%3 == 0) {
			t.Fatalf("row %d: account %+v", row, one.Account)
		}
		if settled := one.Outcome != nil && one.Outcome.Key == key(7); settled != (row == 7) {
			t.Fatalf("row %d: outcome %+v", row, one.Outcome)
		}
	}
	if m, err := l.Recall(t.Context(), run.Seq, false, nil); len(m) > 0 || err != nil {
		t.Error(m, err)
	}
}

// A lost revocation is not a lost creation, and their rows are numbered apart.
func TestRevocationsAreKeptApart(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	begin(t, l, run, Entry{Outcome: outcome.Outcome{Row: 1, Key: "ann"}, Revoke: true})
	begin(t, l, run, attempt(1, "cyd"))
	settle(t, l, run, revoked(1, "ann"))
	begin(t, l, run, Entry{Outcome: outcome.Outcome{Row: 2, Key: "bob"}, Revoke: true})
	same(t, 2, len(all(t, l.Outcomes(t.Context(), run.Seq, true, 0))))
	same(t, 1, len(all(t, l.Outcomes(t.Context(), run.Seq, false, 0))))
	must(t, l.Withdraw(t.Context(), run.Seq, 1, true))
	same(t, 1, len(all(t, l.Outcomes(t.Context(), run.Seq, false, 0))))

	l = crash(t, l)
	creates, err := l.Recall(t.Context(), run.Seq, false, []Query{{Row: 2, Key: "bob"}, {Row: 1, Key: "cyd"}})
	must(t, err)
	revocations, err := l.Recall(t.Context(), run.Seq, true, []Query{{Row: 1, Key: "ann"}, {Row: 2, Key: "bob"}})
	must(t, err)
	var got []string
	for _, one := range append(creates, revocations...) {
		got = append(got, fmt.Sprint(one.Outcome != nil, one.Lost != nil))
	}
	same(t, []string{"false false", "true true", "true false", "true true"}, got)
}

// An account that is known by its id alone has outcomes and attempts, and no account.
func TestRowsWithoutAKey(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	for row := 1; row <= 3; row++ {
		begin(t, l, run, Entry{Outcome: outcome.Outcome{Row: row}, Revoke: true})
	}
	first := revoked(1, "")
	settle(t, l, run, first)
	same(t, []string{"2", "3"}, ask(t, l, "SELECT row FROM attempts"))
	l = crash(t, l)
	m, err := l.Recall(t.Context(), run.Seq, true, []Query{{Row: 1}, {Row: 2}})
	must(t, err)
	if m[0].Outcome == nil || m[0].Account != nil || m[1].Lost != nil {
		t.Errorf("%+v", m)
	}
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM accounts"))
}

func set(values []string) map[string]bool {
	in := map[string]bool{}
	for _, v := range values {
		in[v] = true
	}
	return in
}

// Who only reads takes what is under way for lost: nobody may be there to settle it.
func TestReadOnlyRecallsAttempts(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	begin(t, l, run, attempt(1, "ann"))
	settle(t, l, run, unknown(2, "bob"))
	m, err := openReadOnly(t, l.path).Recall(t.Context(), 0, false,
		[]Query{{Row: 1, Key: "ann"}, {Row: 2, Key: "bob"}, {Row: 3, Key: "cyd"}})
	must(t, err)
	if m[0].Lost == nil || m[1].Lost == nil || m[2].Lost != nil || *m[0].Lost != "Name of ann" {
		t.Error(m)
	}
}

// Settling a row again replaces its outcome and what the account has of it.
func TestSettledAgain(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	settle(t, l, run, failed(1, "ann"), created(1, "ann"))
	o := all(t, l.Outcomes(t.Context(), run.Seq, false, 0))
	same(t, []outcome.Outcome{created(1, "ann").Outcome}, o)
}

// An account whose revocation may have been carried out may have lost its access, until an outcome says what is so.
func TestRevocationInDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		then  func(Entry) Entry // settles the row once more; nil: nothing does
		doubt bool
	}{
		"its answer was lost":  {nil, true},
		"a person has to look": {func(e Entry) Entry { e.Status, e.Open = outcome.Review, false; return e }, true},
		"refused":              {func(e Entry) Entry { e.Status, e.Open = outcome.Failed, false; return e }, true},
		"access given back": {func(e Entry) Entry {
			e.Status, e.Open, e.Revoke, e.Account = outcome.Conflict, false, false, MarkRestored
			return e
		}, false},
		"deleted": {func(e Entry) Entry { e.Status, e.Open, e.Account = outcome.NotFound, false, MarkGone; return e }, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := openNew(t)
			run := startRun(t, l, job("a"))
			settle(t, l, run, created(1, "ann"))
			time.Sleep(5 * time.Millisecond) // the ledger knows when, to the millisecond
			lost := unknown(2, "ann")
			lost.Revoke = true
			settle(t, l, run, lost)
			if c.then != nil {
				settle(t, l, run, c.then(lost))
			}
			m := recall(t, l, run, 9, "ann")
			same(t, c.doubt, !m.Account.RevokedAt.IsZero())
			same(t, c.doubt, m.Account.Perhaps != "")
		})
	}
}
