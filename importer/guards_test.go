package importer

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

func TestGuards(t *testing.T) {
	share := func(p float64, least int) Limit { return Limit{Percent: p, Floor: least, Unit: Share} }
	night := Guards{MaxInvalid: share(50, 0), MaxCreates: share(20, 100), MaxShrink: share(20, 2), MaxRenames: share(10, 20)}
	source := func(members, missing int) *Roster {
		r := &Roster{Members: members, fixedKeys: map[string]bool{}, gone: map[string]ledger.Member{"cc": {Aside: true}}}
		for i := range missing {
			r.gone[strconv.Itoa(i)] = ledger.Member{}
		}
		return r
	}
	fixed := source(10, 5)
	for _, key := range []string{"0", "1", "4"} {
		fixed.matchLeavers(Result{Row: &export.Row{}, fixedKey: key})
	}
	others := source(10, 5)
	for _, key := range []string{"a", "b", "c"} {
		others.matchLeavers(Result{Row: &export.Row{}, fixedKey: key})
	}
	rows := func(n int) *export.Survey { return &export.Survey{Rows: n, Valid: n} }
	known := func(renamed, others int) Plan {
		p := Plan{Survey: rows(renamed + others)}
		p.Others[outcome.Renamed], p.Others[outcome.Known] = renamed, others
		return p
	}
	for _, tc := range []struct {
		name   string
		guards Guards
		plan   Plan
		says   string // "": it passes
	}{
		{"an ordinary night", night, Plan{Roster: source(1000, 3), Survey: &export.Survey{Rows: 1000, Valid: 990, Invalid: 10}, Create: 5}, ""},
		{"just as small as it may be", night, Plan{Roster: source(1000, 200), Survey: rows(800)}, ""},
		{"smaller", night, Plan{Roster: source(1000, 201), Survey: rows(799)}, "--max-shrink 20% (at least 2) allows 200"},
		{"everybody is another", night, Plan{Roster: source(64, 64), Survey: rows(63), Create: 62},
			"64 of the 64 people of the last run are missing from this export, and --max-shrink 20% (at least 2) allows 12"},
		{"as many others as there may be", night, Plan{Roster: source(100, 20), Survey: rows(100)}, ""},
		{"two others of three", night, Plan{Roster: source(3, 2), Survey: rows(3)}, ""},
		{"three others of three", night, Plan{Roster: source(3, 3), Survey: rows(3)}, "3 of the 3 people of the last run are missing"},
		{"others, which is allowed", Guards{MaxShrink: share(100, 0)}, Plan{Roster: source(40, 40), Survey: rows(40)}, ""},
		{"whose rows were fixed are there", night, Plan{Roster: fixed, Fixed: 3, Survey: rows(10)}, ""},
		{"rows of others were fixed", night, Plan{Roster: others, Fixed: 3, Survey: rows(10)}, "5 of the 10 people of the last run are missing"},
		{"doubled, but of fewer people", night, Plan{Roster: source(1000, 400), Survey: &export.Survey{Rows: 1200, Valid: 1200, Duplicates: 600}}, "--max-shrink"},
		{"as many new ones as there may be", night, Plan{Roster: source(1000, 0), Survey: rows(1200), Create: 200}, ""},
		{"more new ones", night, Plan{Roster: source(1000, 0), Survey: rows(1201), Create: 201}, "--max-creates 20% (at least 100) allows 200"},
		{"the first night", night, Plan{Roster: source(0, 0), Survey: rows(5000), Create: 5000}, ""},
		{"a number of creates holds at once", Guards{MaxCreates: Limit{Rows: 10, Unit: Number}}, Plan{Roster: source(0, 0), Survey: rows(11), Create: 11}, "--max-creates 10 allows 10"},
		{"half of it invalid", night, Plan{Roster: source(1000, 0), Survey: &export.Survey{Rows: 1000, Valid: 499, Invalid: 501}}, "--max-invalid 50% allows 500"},
		{"as many renamed as there may be", night, known(20, 900), ""},
		{"more renamed, of few", night, known(21, 9), "21 customers would be renamed, and --max-renames 10% (at least 20) allows 20"},
		{"more renamed, of many", night, known(101, 900), "allows 100"},
		{"nobody", night, Plan{Roster: &Roster{}, Survey: &export.Survey{Rows: 1000, Invalid: 1000}}, "onboarded"},
		{"somebody missing", night, Plan{Survey: rows(1000), Missing: []int{1, 3}}, "2 required addresses (--require-email number 1 3)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.plan.Options.Job.Source = "crm.csv"
			err := tc.guards.Check(&tc.plan)
			if tc.says == "" {
				if err != nil {
					t.Errorf("it is held: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("%v does not say %q", err, tc.says)
			}
			if strings.Contains(tc.says, "missing from") && !strings.Contains(explained(err), "the source crm.csv (--source") {
				t.Errorf("%s does not name the source", explained(err))
			}
			if stop, ok := errors.AsType[*Stop](err); ok && (stop.Cause != Guarded || stop.Hint == "") {
				t.Errorf("%+v", stop)
			}
		})
	}
}

func TestCheckUnlisted(t *testing.T) {
	type reach struct {
		Listed           bool
		Foreign, Unknown int // of the accounts
	}
	for _, tc := range []struct {
		create, before, ours int
		reach                reach
		says                 string // "": it passes
	}{
		{10, 0, 10, reach{}, ""},
		{11, 0, 22, reach{}, ""},
		{11, 0, 21, reach{}, "(11 of the 21 accounts this program has created and not revoked)"},
		{11, 0, 11, reach{}, "(11 of the 11 accounts this program has created and not revoked)"},
		{11, 0, 11, reach{Listed: true}, ""},
		{11, 0, 0, reach{Unknown: 11}, ""},
		{12, 0, 11, reach{Unknown: 1}, "(11 of the 11 accounts this program has created and not revoked; and 1 that it does not know)"},
		{11, 0, 5, reach{Foreign: 11}, "(0 of the 5 accounts this program has created and not revoked; and 11 that were not certainly created by it)"},
		{6, 5, 15, reach{}, "(6 of the 15 accounts this program has created and not revoked)"}, // five were revoked before the run was cut off
	} {
		p := &Plan{Survey: &export.Survey{Path: "l.csv"}, Create: tc.create,
			IsLeaversList: tc.reach.Listed, NotOurs: tc.reach.Foreign, Resent: tc.create - tc.reach.Unknown}
		for range tc.before {
			p.Finished[outcome.Revoked]++
		}
		err := CheckRevocation(p, Limit{Floor: 1}, tc.ours)
		if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

// A share is not one row less for the way in which numbers are kept.
func TestSharesAreExact(t *testing.T) {
	for _, c := range []struct {
		percent    float64
		base, most int
	}{{32.3, 1000, 323}, {64.1, 1000, 641}, {5, 99, 4}, {5, 100, 5}, {0.1, 1000, 1}, {99.9, 1000, 999}} {
		if got := (Limit{Percent: c.percent, Unit: Share}).Allowed(c.base); got != c.most {
			t.Errorf("%g%% of %d allows %d, want %d", c.percent, c.base, got, c.most)
		}
	}
}

func TestCheckRevocation(t *testing.T) {
	limit := Limit{Percent: 5, Floor: 1, Unit: Share}
	for _, tc := range []struct {
		create, before, ours int
		held                 bool
	}{
		{5, 0, 100, false}, {6, 0, 100, true}, {1, 0, 3, false}, {2, 0, 3, true},
		{3, 2, 98, false}, // two were revoked before the run was cut off
		{4, 2, 98, true},
	} {
		p := &Plan{Survey: &export.Survey{Path: "l.csv"}, Create: tc.create, Resent: tc.create}
		for range tc.before {
			p.Finished[outcome.Revoked]++
		}
		err := CheckRevocation(p, limit, tc.ours)
		if (err != nil) != tc.held {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

func TestParseLimit(t *testing.T) {
	for _, tc := range []struct {
		text    string
		n, base int
		over    bool
	}{
		{"5", 5, 1000, false}, {"5", 6, 1000, true}, {"0", 1, 1000, true},
		{"0%", 1, 1000, true}, {"0%", 0, 1000, false}, {"5%", 50, 1000, false}, {"5%", 51, 1000, true}, {"2.5 %", 26, 1000, true}, {"100%", 1000, 1000, false},
	} {
		var l Limit
		if err := l.UnmarshalText([]byte(tc.text)); err != nil {
			t.Errorf("%q: %v", tc.text, err)
		}
		if got := l.Exceeded(tc.n, tc.base); got != tc.over {
			t.Errorf("%q: %d of %d exceeds it: %t", tc.text, tc.n, tc.base, got)
		}
	}
	l := Limit{Percent: 5, Floor: 100, Unit: Share} // the default of a flag that is given
	if err := l.UnmarshalText([]byte("0%")); err != nil || !l.Exceeded(1, 1000) || l.String() != "0%" {
		t.Errorf("0%% allows %d of 1000: %s, %v", l.Allowed(1000), l, err)
	}
	l = Limit{Percent: 5, Floor: 3, Unit: Share}
	for _, text := range []string{"50", "0%", "5%"} { // as settings have it, and then flags
		if err := l.UnmarshalText([]byte(text)); err != nil {
			t.Error(err)
		}
	}
	if l.Allowed(100) != 5 || l.Allowed(10) != 3 || l.String() != "5% (at least 3)" {
		t.Errorf("5%% after 50 and 0%% allows %d of 100: %s", l.Allowed(100), l)
	}
	for _, text := range []string{"", "-1", "x", "101%", "-1%", "NaN%", "1.5", "%"} {
		var l Limit
		if err := l.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, l)
		}
	}
}

// explained is the hint of a *Stop.
func explained(err error) string {
	stop, _ := errors.AsType[*Stop](err)
	return stop.Hint
}
