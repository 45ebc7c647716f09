package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"jsm-onboard/importer/outcome"
)

func nightly(source, file string) Job {
	return Job{Command: "sync", Source: source, Input: "/data/" + file, InputSHA256: source + file}
}

// night is a sync run up to its end, with these members.
func night(t *testing.T, l *Ledger, source, file string, members ...Member) Run {
	t.Helper()
	run := startRun(t, l, nightly(source, file))
	for i, m := range members {
		if !m.Aside && !m.Missing && recall(t, l, run, i+1, m.Key).Account == nil {
			settle(t, l, run, created(i+1, m.Key))
		}
	}
	must(t, l.StageMembers(t.Context(), source, append(without(t, l, source, members), members...)))
	return run
}

func contains(members []Member, key string) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.Key == key })
}

// without is who is in a source now, without these: they are gone.
func without(t *testing.T, l *Ledger, source string, members []Member) (gone []Member) {
	t.Helper()
	for _, m := range all(t, l.Members(t.Context(), source)) {
		if m.Gone, m.Missing = true, false; !contains(members, m.Key) {
			gone = append(gone, m)
		}
	}
	return gone
}

func people(keys ...string) []Member {
	var members []Member
	for _, k := range keys {
		members = append(members, Member{Key: k, ExternalID: "x-" + k})
	}
	return members
}

// leavers are those of a source when these are in its export.
func leavers(t *testing.T, l *Ledger, source string, there ...Member) []string {
	t.Helper()
	var got []string
	for _, one := range listed(t, l, source, without(t, l, source, there)...) {
		text := one.Key
		if one.NewKey != "" {
			text += ">" + one.NewKey
		}
		if !contains(there, one.Key) {
			got = append(got, text)
		}
	}
	return got
}

// haveLeft are the leavers of a source as of its last complete run.
func haveLeft(t *testing.T, l *Ledger, source string) []string {
	t.Helper()
	return leavers(t, l, source, all(t, l.Members(t.Context(), source))...)
}

func listed(t *testing.T, l *Ledger, source string, gone ...Member) []Leaver {
	t.Helper()
	var keys []string
	for _, m := range gone {
		keys = append(keys, m.Key)
	}
	found, err := l.Leavers(t.Context(), source, keys)
	must(t, err)
	return slices.DeleteFunc(found, func(one Leaver) bool { return one.Stays })
}

func TestLeavers(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd", "dee", "eve")...), Complete)
	finish(t, l, night(t, l, "shop", "1", people("bob")...), Complete)
	same(t, nobody, haveLeft(t, l, "desk"))

	// The second night: cyd has another address, dee and bob are gone, fay is new.
	there := append(people("ann", "eve", "fay"), Member{Key: "cyd2", ExternalID: "x-cyd"})
	second := night(t, l, "desk", "2", there...)
	same(t, []string{"cyd", "dee"}, leavers(t, l, "desk", there...))
	finish(t, l, second, Stopped)
	l = crash(t, l)
	second = night(t, l, "desk", "2", there...)
	finish(t, l, second, Complete)
	same(t, []string{"cyd>cyd2", "dee"}, haveLeft(t, l, "desk"))
	last, _, err := l.SourceState(t.Context(), "desk", "")
	if err != nil || last != second.ID {
		t.Error(last, err)
	}
	for _, one := range listed(t, l, "desk") {
		if want := start.Add(time.Hour); !one.LastSeen.Equal(want) || one.ID != "qm:"+one.Key {
			t.Errorf("%+v, want last seen %v", one, want)
		}
	}

	// The third night: dee is revoked, ann leaves, cyd is back, and bob leaves the shop.
	finish(t, l, night(t, l, "shop", "2", people("gus")...), Complete)
	there = people("eve", "fay", "cyd", "cyd2")
	third := night(t, l, "desk", "3", there...)
	same(t, []string{"ann", "bob", "dee"}, leavers(t, l, "desk", there...))
	settle(t, l, third, revoked(3, "dee"))
	same(t, []string{"ann", "bob"}, leavers(t, l, "desk", there...))
	finish(t, l, third, Complete)
	same(t, []string{"ann", "bob"}, haveLeft(t, l, "desk"))
	same(t, []string{"bob"}, haveLeft(t, l, "shop"))
}

var nobody []string

// Whom killed revocations of a source have revoked stand in no results, so they are listed until one has ended.
func TestLeaversOfKilledRevocations(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd", "dee", "eve")...), Complete)
	finish(t, l, night(t, l, "desk", "2", people("eve")...), Complete)
	revocation := func(source, file, key string) Run {
		run := startRun(t, l, Job{Command: "revoke", Source: source, Input: file, InputSHA256: file})
		settle(t, l, run, revoked(1, key))
		return run
	}
	finish(t, l, revocation("desk", "a", "ann"), Stopped)
	same(t, []string{"bob", "cyd", "dee"}, haveLeft(t, l, "desk"))
	revocation("desk", "b", "bob") // killed
	revocation("desk", "c", "cyd") // killed
	revocation("", "d", "dee")     // killed, and of no source
	same(t, []string{"bob", "cyd"}, haveLeft(t, l, "desk"))
	finish(t, l, startRun(t, l, Job{Command: "revoke", Source: "desk", Input: "e", InputSHA256: "e"}), Complete)
	same(t, nobody, haveLeft(t, l, "desk"))
}

// Everybody who has left is a leaver; whose account is ours is for the caller to see.
func TestLeaversOfAllStatuses(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("made"))
	var members []Member
	for i, status := range []outcome.Status{outcome.Created, outcome.CreatedUnconfirmed, outcome.Conflict} {
		e := created(i+1, status.String())
		e.Status = status
		settle(t, l, run, e)
		members = append(members, Member{Key: status.String()})
	}
	settle(t, l, startRun(t, l, job("import")), created(1, "never in a source"))
	finish(t, l, night(t, l, "desk", "1", members...), Complete)
	finish(t, l, night(t, l, "desk", "2"), Complete)
	same(t, []string{"conflict", "created", "created_unconfirmed"}, haveLeft(t, l, "desk"))
	for _, one := range listed(t, l, "desk") {
		if one.Ours() != (one.Key == "created") || one.Run == 0 {
			t.Errorf("%+v", one)
		}
	}
}

// Where no external id was known in the source, the one of the account counts.
func TestLeaverWithTheIDOfTheAccount(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", Member{Key: "ann"}, Member{Key: "bob", ExternalID: "7"}), Complete)
	second := night(t, l, "desk", "2", Member{Key: "ann2", ExternalID: "x-ann"}, Member{Key: "bob2", ExternalID: "x-bob"})
	finish(t, l, second, Complete)
	same(t, []string{"ann>ann2", "bob"}, haveLeft(t, l, "desk"))
}

// Whoever is still there costs no writing, and a row without a key is nobody.
func TestUnchangedNight(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob")...), Complete)
	startRun(t, l, nightly("desk", "2"))
	must(t, l.StageMembers(t.Context(), "desk", append(people("ann", "bob"), aside("")...)))
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM moves"))
	must(t, l.StageMembers(t.Context(), "desk", without(t, l, "desk", people("ann"))))
	same(t, []string{"1"}, ask(t, l, "SELECT count(*) FROM moves"))
}

// A run that never said who is there does not count as the source's.
func TestCompleteWithoutLeave(t *testing.T) {
	l := openNew(t)
	finish(t, l, startRun(t, l, Job{Command: "revoke", Source: "desk"}), Complete)
	if last, _, err := l.SourceState(t.Context(), "desk", ""); last != "" || err != nil {
		t.Error(last, err)
	}
}

// Which run is the last one does not hang on the clock: one that is dated in
// the future is followed by others.
func TestClockSetBack(t *testing.T) {
	l := openNew(t)
	ahead := night(t, l, "desk", "1", people("ann", "bob")...)
	ahead.FinishedAt, ahead.Outcome = start.AddDate(30, 0, 0), Complete
	if err := l.FinishRun(t.Context(), &ahead); err != nil {
		t.Fatal(err)
	}
	back := night(t, l, "desk", "2", people("ann")...)
	finish(t, l, back, Complete)
	if last, _, err := l.SourceState(t.Context(), "desk", ""); err != nil || last != back.ID {
		t.Errorf("the last one is %s, %v; want %s", last, err, back.ID)
	}
	if _, err := l.Prune(t.Context(), start.AddDate(40, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if id, _, err := l.SourceState(t.Context(), "desk", "ann"); err != nil || id != back.ID {
		t.Errorf("%s, %v", id, err)
	}
	if runs, err := l.Runs(t.Context()); err != nil || len(runs) != 1 || runs[0].ID != back.ID {
		t.Error(runs, err)
	}
}

// Who is missing stays in the source, with the day of the last run that had them, until they are back or gone.
func TestMissing(t *testing.T) {
	l := openNew(t)
	at := start
	after := func(run Run) {
		t.Helper()
		at = at.Add(24 * time.Hour)
		run.FinishedAt, run.Outcome = at, Complete
		must(t, l.FinishRun(t.Context(), &run))
	}
	after(night(t, l, "shop", "1", people("ann", "bob", "cyd", "dee")...))
	after(night(t, l, "desk", "1", people("ann", "bob", "cyd", "dee", "eve")...))
	last := at
	missing := []Member{{Key: "ann", ExternalID: "x-ann", Missing: true}, {Key: "bob", ExternalID: "x-bob", Missing: true}}
	after(night(t, l, "desk", "2", append(missing, people("dee", "eve")...)...))
	after(night(t, l, "shop", "2"))
	same(t, []string{"cyd"}, haveLeft(t, l, "shop"))
	same(t, append(missing, people("dee", "eve")...), all(t, l.Members(t.Context(), "desk")))
	for source, want := range map[string]string{"desk": "", "shop": "desk"} {
		if _, in, err := l.SourceState(t.Context(), source, "ann"); in != want || err != nil {
			t.Errorf("asked by %s, ann is in %q, %v", source, in, err)
		}
	}
	after(night(t, l, "desk", "3", append(people("ann", "dee", "eve"), missing[1])...)) // ann is back, and bob is missing still
	same(t, append(people("ann"), append(missing[1:], people("dee", "eve")...)...), all(t, l.Members(t.Context(), "desk")))
	after(night(t, l, "desk", "4", people("dee", "eve")...))
	same(t, []string{"ann", "bob", "cyd"}, haveLeft(t, l, "desk"))
	same(t, []string{"ann", "bob", "cyd"}, haveLeft(t, l, "shop"))
	for _, one := range listed(t, l, "desk") {
		if want := map[string]time.Time{"ann": at.Add(-24 * time.Hour), "bob": last, "cyd": last}[one.Key]; !one.LastSeen.Equal(want) {
			t.Errorf("%s was last seen %v, want %v", one.Key, one.LastSeen, want)
		}
	}
}

// aside is people who are in a source only in rows that are not sent.
func aside(keys ...string) []Member {
	var members []Member
	for _, k := range keys {
		members = append(members, Member{Key: k, Aside: true})
	}
	return members
}

// Who is in a source in a row that is not sent is there, and is no leaver when
// that row goes; who was onboarded from there before is.
func TestAside(t *testing.T) {
	l := openNew(t)
	made := startRun(t, l, job("made"))
	settle(t, l, made, created(1, "gus"))
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd")...), Complete)
	finish(t, l, night(t, l, "shop", "1", append(aside("bob", "gus"), people("eve")...)...), Complete)
	finish(t, l, night(t, l, "desk", "2", people("ann")...), Complete)
	same(t, []string{"cyd"}, haveLeft(t, l, "desk"))
	for key, want := range map[string]string{"bob": "shop", "cyd": "", "gus": "shop"} {
		if _, there, err := l.SourceState(t.Context(), "desk", key); err != nil || there != want {
			t.Errorf("%s is in %q, %v", key, there, err)
		}
	}

	// cyd is back in a row that is not sent, eve's is not sent any more, and gus' is now.
	there := append(people("ann"), aside("cyd")...)
	third := night(t, l, "desk", "3", there...)
	same(t, nobody, leavers(t, l, "desk", there...))
	finish(t, l, third, Complete)
	there = append(aside("eve"), Member{Key: "gus"})
	second := night(t, l, "shop", "2", there...)
	same(t, nobody, leavers(t, l, "shop", there...))
	finish(t, l, second, Complete)
	same(t, nobody, haveLeft(t, l, "shop"))
	same(t, []string{"bob"}, haveLeft(t, l, "desk"))

	finish(t, l, night(t, l, "desk", "4", people("ann")...), Complete)
	finish(t, l, night(t, l, "shop", "3"), Complete)
	same(t, []string{"bob", "cyd"}, haveLeft(t, l, "desk"))
	same(t, []string{"eve", "gus"}, haveLeft(t, l, "shop"))
}

// Somebody who is in a row that is sent and in another that is not is there
// because of the first, whichever comes before.
func TestAsideAndNot(t *testing.T) {
	for _, order := range [][]Member{append(aside("ann"), people("ann")...), append(people("ann"), aside("ann")...)} {
		l := openNew(t)
		finish(t, l, night(t, l, "desk", "1", order...), Complete)
		same(t, people("ann"), all(t, l.Members(t.Context(), "desk")))
		finish(t, l, night(t, l, "desk", "2"), Complete)
		same(t, []string{"ann"}, haveLeft(t, l, "desk"))
	}
}

// A night without external ids does not make them forgotten, and writes nothing.
func TestNightWithoutExternalIDs(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob")...), Complete)
	startRun(t, l, nightly("desk", "2"))
	must(t, l.StageMembers(t.Context(), "desk", []Member{{Key: "ann"}, {Key: "bob"}}))
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM moves"))
	finish(t, l, night(t, l, "desk", "2", Member{Key: "ann"}), Complete)
	finish(t, l, night(t, l, "desk", "3", Member{Key: "bob"}, Member{Key: "new"}), Complete)
	same(t, []Member{{Key: "bob", ExternalID: "x-bob"}, {Key: "new"}}, all(t, l.Members(t.Context(), "desk")))
	for _, one := range listed(t, l, "desk") {
		if one.Key != "ann" || one.MemberID != "x-ann" {
			t.Errorf("%+v", one)
		}
	}
}

// Leavers are found by key: no query of a night reads all accounts for each.
func TestLeaversAreFoundByKey(t *testing.T) {
	l := openNew(t)
	steps, err := query(t.Context(), l, func(step *string) []any {
		var id, parent, unused int
		return []any{&id, &parent, &unused, step}
	}, "EXPLAIN QUERY PLAN "+fmt.Sprintf(leaversQuery, accountColumns, lastComplete), "desk", `["ann"]`)
	must(t, err)
	for _, step := range steps {
		once := regexp.MustCompile("SEARCH (members|moves|runs) ").MatchString(step) // and not for each
		bySource := !once && strings.HasSuffix(step, "(source=?)")                   // reads the whole source
		if bySource || strings.HasPrefix(step, "SCAN") && step != "SCAN gone" && !strings.Contains(step, " VIRTUAL TABLE ") {
			t.Errorf("%s in\n%s", step, strings.Join(steps, "\n"))
		}
	}
}
