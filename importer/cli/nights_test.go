package cli_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// A person is somebody in the helpdesk.
type person struct{ id, email, name string }

// nights is a helpdesk that changes from day to day, and a model of what the
// ledger, the list of leavers and the site must be after each night.
type nights struct {
	*trial
	random *rand.Rand
	next   int
	crm    map[string]person // who is in the helpdesk now, by id
	gone   []person          // who has left it, and may return
	shop   map[string]bool   // who is in the other source, by address
	ids    map[string]string // under which id an address is or was in the helpdesk

	there   map[string]bool   // had an account before us
	made    map[string]string // made by us: under which name
	known   map[string]bool   // has been onboarded, or found there
	seen    map[string]bool   // was in a complete run of crm
	revoked map[string]bool
	half    map[string]bool // made by a run that stopped and goes on
}

func TestThirtyNights(t *testing.T) {
	t.Parallel()
	const seed = 7
	n := &nights{random: rand.New(rand.NewPCG(seed, seed)), crm: map[string]person{}, shop: map[string]bool{}, ids: map[string]string{},
		there: map[string]bool{"p3@example.com": true, "p50@example.com": true, "p70@example.com": true},
		made:  map[string]string{}, known: map[string]bool{}, seen: map[string]bool{}, revoked: map[string]bool{}, half: map[string]bool{}}
	n.trial = newTrial(t, func(o *jsmtest.Options) {
		o.SlowBy = 2 * time.Second
		for email := range n.there {
			o.Existing = append(o.Existing, jsmtest.Account{Email: email, Name: "Was Here Before"})
		}
	})
	for range 60 {
		n.join()
	}
	for night := 1; night <= 30; night++ {
		n.day(night)
		n.night(night)
		n.compareSite(night)
		if t.Failed() {
			t.Fatalf("in night %d", night)
		}
	}
	if len(n.revoked) < 10 || len(n.made) < 90 {
		t.Errorf("only %d were revoked and %d made: that is no test", len(n.revoked), len(n.made))
	}
}

func (n *nights) join() person {
	p := person{id: fmt.Sprint(1000 + n.next), email: fmt.Sprintf("p%d@example.com", n.next), name: fmt.Sprintf("Person %d", n.next)}
	n.next++
	n.crm[p.id], n.ids[p.email] = p, p.id
	return p
}

func (n *nights) leave(p person) {
	delete(n.crm, p.id)
	n.gone = append(n.gone, p)
}

func (n *nights) anybody() person {
	ids := slices.Sorted(maps.Keys(n.crm))
	return n.crm[ids[n.random.IntN(len(ids))]]
}

// day changes the helpdesk: joiners, leavers, returners, other names, other
// addresses.
func (n *nights) day(night int) {
	if night == 1 {
		return
	}
	for range n.random.IntN(4) {
		n.join()
	}
	for range n.random.IntN(3) {
		n.leave(n.anybody())
	}
	if len(n.gone) > 3 && n.random.IntN(2) == 0 {
		i := n.random.IntN(len(n.gone))
		n.crm[n.gone[i].id] = n.gone[i]
		n.gone = slices.Delete(n.gone, i, i+1)
	}
	p := n.anybody()
	p.name += " Jr"
	n.crm[p.id] = p
	if night%4 == 0 {
		p := n.anybody()
		p.email = fmt.Sprintf("moved.%d@example.net", night)
		n.crm[p.id], n.ids[p.email] = p, p.id
	}
}

// rows is the export of today.
func (n *nights) rows() []person {
	return slices.SortedFunc(maps.Values(n.crm), func(a, b person) int { return strings.Compare(a.id, b.id) })
}

func csvOf(people []person) string {
	var text bytes.Buffer
	text.WriteString("id,email,name\n")
	for _, p := range people {
		fmt.Fprintf(&text, "%s,%s,%s\n", p.id, p.email, p.name)
	}
	return text.String()
}

// night runs the job, and what happens besides in some nights.
func (n *nights) night(night int) {
	n.write("crm.csv", csvOf(n.rows()))
	revoke := night > 15
	switch night {
	case 2:
		for _, p := range n.rows()[10:13] {
			n.shop[p.email] = true
		}
		n.syncShop(n.rows()[10:13])
		n.write("import.csv", "email,name\nonly.import@example.org,Imported Alone\n")
		n.must(0, "import", "./import.csv")
		n.made["only.import@example.org"], n.known["only.import@example.org"] = "Imported Alone", true
	case 4:
		for email := range n.shop { // they leave crm, and are in the shop still
			for _, p := range n.rows() {
				if p.email == email {
					n.leave(p)
				}
			}
		}
		n.write("crm.csv", csvOf(n.rows()))
	case 5:
		n.cutShort()
	case 8:
		n.refused(5, csvOf(n.rows()[:len(n.crm)/2]), "--max-shrink")
	case 9:
		n.refused(1, "", "")
		n.refused(1, "id,email,name\n", "no rows")
		n.refused(1, "id,email,name\n1,,Nobody\n", "onboarded")
		n.refused(5, strings.ReplaceAll(csvOf(n.rows()), n.rows()[0].email, "somebody.else@example.com"), "required address", "--require-email", n.rows()[0].email)
	case 10:
		n.syncShop(nil)
	case 11:
		n.doubled()
		return
	case 14:
		n.twoAtOnce()
		return
	case 17:
		n.cutShort()
		clear(n.half)                   // another export is another run
		n.leave(n.rows()[len(n.crm)-1]) // perhaps somebody whom only that run has made
		n.write("crm.csv", csvOf(n.rows()))
	case 20:
		n.unreadable()
	case 22:
		n.tooMany()
	}
	args := []string{"sync", "./crm.csv"}
	if revoke {
		args = append(args, "--revoke-leavers", "--max-revoke", "50%")
	}
	n.complete(1, revoke, args...)
}

// syncShop syncs the other source.
func (n *nights) syncShop(people []person) {
	clear(n.shop)
	people = append(people, person{"1", "shopkeeper@example.org", "Shop Keeper"})
	n.write("shop.csv", csvOf(people))
	n.must(0, "sync", "./shop.csv", "--max-shrink", "100%")
	for _, p := range people {
		n.shop[p.email] = true
	}
	n.known["shopkeeper@example.org"], n.made["shopkeeper@example.org"] = true, "Shop Keeper"
}

// cutShort is a night whose credentials end in the middle of the creates.
func (n *nights) cutShort() {
	for range 12 {
		n.join()
	}
	n.write("crm.csv", csvOf(n.rows()))
	leavers, _ := n.list()
	n.site.SetFaults(jsmtest.Fault{Kind: jsmtest.TokenEnds, After: 8})
	out := n.must(4, "sync", "./crm.csv", "--workers", "1")
	n.site.SetFaults()
	if !strings.Contains(out, "not known who has left") {
		n.t.Errorf("a run that stopped says nothing of leavers:\n%s", out)
	}
	if now, _ := n.list(); !cmp.Equal(now, leavers) {
		n.t.Errorf("a run that stopped has changed the list of leavers: %s", cmp.Diff(leavers, now))
	}
	some := 0
	for _, row := range n.trial.rows("crm.results.csv") {
		if row["jsm_status"] == "created" {
			n.made[row["email"]], n.known[row["email"]], n.half[row["email"]] = row["name"], true, true
			some++
		}
	}
	if some == 0 || some >= 12 {
		n.t.Errorf("%d were made before the credentials ended: that is not the middle", some)
	}
}

// refused is an export that must change nothing.
func (n *nights) refused(code int, text, says string, flags ...string) {
	n.t.Helper()
	n.write("crm.csv", text)
	posts, before := n.posts(), n.exists("crm.leavers.csv")
	list, _ := n.list()
	out := n.must(code, append([]string{"sync", "./crm.csv"}, flags...)...)
	if !strings.Contains(out, says) {
		n.t.Errorf("it does not say %q:\n%s", says, out)
	}
	if now, _ := n.list(); !cmp.Equal(list, now) || n.exists("crm.leavers.csv") != before || n.posts() != posts {
		n.t.Errorf("a refused export has changed something")
	}
	n.write("crm.csv", csvOf(n.rows()))
}

func (n *nights) doubled() {
	text := csvOf(n.rows())
	_, again, _ := strings.Cut(text, "\n")
	n.write("crm.csv", text+again)
	n.complete(2, false, "sync", "./crm.csv")
}

// twoAtOnce is a slow night that the next one does not wait for.
func (n *nights) twoAtOnce() {
	n.join()
	n.write("crm.csv", csvOf(n.rows()))
	n.site.SetFaults(jsmtest.Fault{Kind: jsmtest.Slow, Share: 1})
	slow := n.start("sync", "./crm.csv")
	slow.until("rows read")
	out := n.must(1, "sync", "./crm.csv")
	if !strings.Contains(out, "in use by process") {
		n.t.Errorf("the second one says:\n%s", out)
	}
	code := slow.wait(60 * time.Second)
	n.site.SetFaults()
	n.after(1, false, code, slow.out.String())
}

// unreadable is a night with a row whose address cannot be read: nobody is
// revoked, and everything else is done.
func (n *nights) unreadable() {
	for range 2 {
		n.leave(n.anybody())
	}
	n.write("crm.csv", csvOf(n.rows())+"99999,\"broken\n")
	out := n.must(5, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	if !strings.Contains(out, "could not be read") {
		n.t.Errorf("it says:\n%s", out)
	}
	n.learn()
	n.write("crm.csv", csvOf(n.rows()))
}

// tooMany is a night in which more have left than may be revoked.
func (n *nights) tooMany() {
	for range 4 {
		n.leave(n.anybody())
	}
	n.write("crm.csv", csvOf(n.rows()))
	out := n.must(5, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "2")
	if !strings.Contains(out, "--max-revoke 2") || !strings.Contains(out, "nothing was revoked") {
		n.t.Errorf("it says:\n%s", out)
	}
	n.learn()
	n.compareList(false)
}

// complete runs a night that gets to its end.
func (n *nights) complete(copies int, revoke bool, args ...string) {
	n.t.Helper()
	code, out := n.run(args...)
	n.after(copies, revoke, code, out)
}

// after holds a complete night against the model.
func (n *nights) after(copies int, revoke bool, code int, out string) {
	n.t.Helper()
	want := n.wantStatuses(copies)
	var got []string
	for _, row := range n.trial.rows("crm.results.csv") {
		got = append(got, row["email"]+" "+row["jsm_status"])
		renamed := strings.Contains(row["jsm_reason"], "the name has changed")
		if made, ours := n.made[row["email"]]; row["jsm_status"] == "known" && renamed != (ours && made != row["name"]) {
			n.t.Errorf("%s was made as %q and is %q now: %s", row["email"], made, row["name"], row["jsm_reason"])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		n.t.Errorf("results: %s", diff)
	}
	n.learn()
	list := n.compareList(revoke)
	if revoke {
		n.revokeListed(list)
	}
	wantCode := 0
	for _, status := range want {
		if strings.HasSuffix(status, " revoked_before") {
			wantCode = 3
		}
	}
	if revoke && anybody(list, "revoke") && anybody(list, "review") {
		wantCode = 3
	}
	if code != wantCode {
		n.t.Errorf("exit code %d, and %d was expected:\n%s", code, wantCode, out)
	}
}

func (n *nights) wantStatuses(copies int) []string {
	var want []string
	for copy := range copies {
		for _, p := range n.rows() {
			status := "created"
			switch {
			case copy > 0:
				status = "duplicate"
			case n.revoked[p.email]:
				status = "revoked_before"
			case n.known[p.email] && !n.half[p.email]:
				status = "known"
			case n.there[p.email]:
				status = "conflict"
			}
			want = append(want, p.email+" "+status)
		}
	}
	return want
}

// learn is what a complete run of crm does to the model.
func (n *nights) learn() {
	clear(n.half)
	for _, p := range n.rows() {
		if !n.known[p.email] && !n.there[p.email] {
			n.made[p.email] = p.name
		}
		n.known[p.email] = true
		n.seen[p.email] = n.seen[p.email] || !n.revoked[p.email]
	}
}

// leavers are those whom the list must have, with what is to be done.
func (n *nights) leavers() map[string]string {
	here, ids := map[string]bool{}, map[string]bool{}
	for _, p := range n.crm {
		here[p.email] = true
		ids[p.id] = true
	}
	want := map[string]string{}
	for email := range n.seen {
		if here[email] || n.revoked[email] || n.shop[email] {
			continue
		}
		want[email] = "revoke"
		if _, ours := n.made[email]; !ours {
			want[email] = "review"
		}
		if id := n.ids[email]; ids[id] && n.crm[id].email != email {
			want[email] = "review"
		}
	}
	return want
}

// list is the list of leavers as it stands there.
func (n *nights) list() (actions map[string]string, runID string) {
	actions = map[string]string{}
	if !n.exists("crm.leavers.csv") {
		return actions, ""
	}
	for _, row := range n.trial.rows("crm.leavers.csv") {
		actions[row["email"]], runID = row["jsm_action"], row["jsm_run_id"]
		if row["jsm_source"] != "crm.csv" || row["last_seen"] == "" || row["jsm_reason"] == "" || !strings.HasPrefix(row["jsm_account_id"], "qm:") {
			n.t.Errorf("a leaver without what must be there: %v", row)
		}
	}
	return actions, runID
}

func (n *nights) compareList(told bool) map[string]string {
	n.t.Helper()
	list, _ := n.list()
	if diff := cmp.Diff(n.leavers(), list); diff != "" {
		n.t.Errorf("leavers: %s", diff)
	}
	if !told || !anybody(list, "revoke") {
		return list
	}
	for _, row := range n.trial.rows("crm.leavers.revoked.csv") {
		want := map[string]string{"revoke": "revoked", "review": "review"}[list[row["email"]]]
		if row["jsm_status"] != want {
			n.t.Errorf("%s is %s, and %q was expected: %s", row["email"], row["jsm_status"], want, row["jsm_reason"])
		}
	}
	return list
}

func anybody(list map[string]string, action string) bool {
	return slices.Contains(slices.Collect(maps.Values(list)), action)
}

func (n *nights) revokeListed(list map[string]string) {
	for email, action := range list {
		if action == "revoke" {
			n.revoked[email] = true
		}
	}
}

// compareSite holds the site's own truth against the model.
func (n *nights) compareSite(night int) {
	made := map[string]string{}
	for _, a := range n.site.Accounts() {
		if a.CreatedBy == 0 {
			if a.Revoked {
				n.t.Errorf("night %d: %s was there before us and is revoked", night, a.Email)
			}
			continue
		}
		made[a.Email] = a.Name
		if a.Revoked != n.revoked[a.Email] {
			n.t.Errorf("night %d: %+v; revoked should be %t", night, a, n.revoked[a.Email])
		}
	}
	if diff := cmp.Diff(n.made, made); diff != "" {
		n.t.Errorf("night %d: accounts at the site: %s", night, diff)
	}
}
