package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer"
	"jsm-onboard/importer/importertest"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

var (
	simSeeds = flag.Int("sim.seeds", 50, "how many seeds the simulation goes through")
	simSeed  = flag.Uint64("sim.seed", 0, "the one seed to simulate, with everything it prints; 0: all of them")
	simFrom  = flag.Uint64("sim.from", 1, "the first seed")
	simLess  = flag.String("sim.without", "", "parts to leave out, comma separated: faults, kills, interrupts, dirt, torn, moves, further, or one fault kind")
)

// TestSimulation runs the whole program in virtual time against a site in memory, with everything that can go wrong
// drawn from one seed: the export and its dirt, commands, workers, quotas and how they move, faults, Ctrl-C and kills.
// After each process the promises are checked; at the end the faults stop, and the next runs must make everything good
// in bounded time.
//
// What fails names the command that repeats it, made small: parts that the failure does not need are left out.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		simulate(t, newScript(*simSeed, strings.Split(*simLess, ",")), true)
		return
	}
	seeds := *simSeeds
	if testing.Short() {
		seeds = min(seeds, 10)
	}
	var failed atomic.Uint64
	t.Run("seeds", func(t *testing.T) {
		for i := range uint64(seeds) {
			seed := *simFrom + i
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				defer func() {
					if t.Failed() {
						failed.CompareAndSwap(0, seed)
					}
				}()
				if failed.Load() == 0 {
					simulate(t, newScript(seed, nil), false)
				}
			})
		}
	})
	if seed := failed.Load(); seed != 0 {
		t.Fatalf("repeat it with: go test ./importer/cli -run '^TestSimulation$' -sim.seed %d%s", seed, smaller(t, seed))
	}
}

// smaller finds parts that the failure of seed does not need, and returns the flag that leaves them out.
func smaller(t *testing.T, seed uint64) string {
	var without []string
	parts := append([]string{"kills", "interrupts", "dirt", "torn", "moves", "further", "faults"}, jsmtest.FaultNames()...)
	for _, part := range parts {
		try := append(slices.Clone(without), part)
		if !slices.Contains(without, "faults") && fails(seed, try) {
			without = try
		}
	}
	if len(without) == 0 {
		return ""
	}
	t.Logf("it also fails without %s", strings.Join(without, ", "))
	return " -sim.without " + strings.Join(without, ",")
}

// fails reports whether the seed fails without some parts, in a process of its own: a failure must not end the search.
func fails(seed uint64, without []string) bool {
	self, err := os.Executable()
	if err != nil {
		return false
	}
	return runQuietly(self, "-test.run", "^TestSimulation$", "-sim.seed", fmt.Sprint(seed), "-sim.without", strings.Join(without, ",")) != nil
}

// A script is everything that one seed decides before the first process starts.
type script struct {
	seed    uint64
	random  *rand.Rand
	without []string

	options  jsmtest.Options
	faults   []jsmtest.Fault
	workers  int
	format   format
	access   bool
	sync     bool
	sources  int // exports that the nightly job goes through
	revoke   bool
	rename   bool
	move     float64 // chance of each night that somebody has another address
	further  float64 // chance of each person to have a further address
	torn     float64 // chance of each export that it is cut off, or has a row without an address
	undo     float64 // chance of each night
	limit    float64 // chance of each process that it creates a few alone
	fix      float64 // chance of each night that somebody fixes the failed file
	resend   float64 // chance of each process that it sends known people, too
	patience string  // --max-pause
	kills    float64 // chance of each process
	ctrlC    float64
	nights   int
	people   int
	dirt     float64
	longest  time.Duration // of one process, before it is killed or interrupted
	existing int           // people whom the site has from the start
}

func newScript(seed uint64, without []string) *script {
	random := rand.New(rand.NewPCG(seed, 17))
	s := &script{seed: seed, random: random, without: without}
	some := func(chance float64) bool { return random.Float64() < chance }
	s.workers = []int{1, 2, 5, 16, 64}[random.IntN(5)]
	s.format = formats[random.IntN(len(formats))]
	s.access, s.sync = some(0.5), some(0.5)
	s.sources = 1
	if s.sync && some(0.4) {
		s.sources = 2
	}
	s.revoke = s.sync && some(0.6)
	s.move, s.further, s.torn = coin(some(0.3))*0.7, coin(some(0.3))*0.4, coin(some(0.4))*0.6
	s.rename = some(0.3)
	s.undo = random.Float64() * 0.5 * coin(some(0.2))
	s.nights = 1 + random.IntN(4)
	s.people = 3 + random.IntN(60)
	s.existing = random.IntN(1 + s.people/4)
	s.kills, s.ctrlC = random.Float64()*0.6*coin(some(0.7)), random.Float64()*0.5*coin(some(0.5))
	s.dirt = random.Float64() * 0.3 * coin(some(0.6))
	s.limit, s.fix = random.Float64()*0.4*coin(some(0.4)), coin(some(0.5))
	s.resend = random.Float64() * 0.5 * coin(some(0.2))
	s.patience = []string{"15m", "15m", "2m", "20s"}[random.IntN(4)]
	s.longest = time.Duration(1+random.IntN(20000)) * time.Millisecond
	rate := []float64{2, 10, 30, 100, 100}[random.IntN(5)]
	s.options = jsmtest.Sandbox()
	s.options.Seed = seed
	s.options.Quotas = jsmtest.BurstQuotas(rate, 0, some(0.5))
	s.options.Latency = time.Millisecond
	s.options.OnCreate = func(email string, attempt int) jsmtest.Decision {
		return jsmtest.Decision{Delay: spread(seed, email, attempt)}
	}
	if some(0.3) {
		s.options.SearchLag = time.Duration(random.IntN(400)) * time.Second
	}
	for _, name := range jsmtest.FaultNames() {
		share := random.Float64() * []float64{0.02, 0.1, 0.3}[random.IntN(3)]
		after := 20 + random.IntN(200)
		if chosen := some(0.3); !chosen || s.lacks("faults") || s.lacks(name) {
			continue
		}
		fault := jsmtest.Fault{Kind: name, Share: share}
		switch fault.Kind {
		case jsmtest.TokenEnds:
			fault.Share, fault.After = 0, after
			if some(0.5) {
				fault.Route = jsmtest.UserSearchPath
			}
		case jsmtest.AlwaysRefused, jsmtest.RouteGone, jsmtest.SignInPage:
			fault.Share /= 10
		case jsmtest.NoAgentLicence, jsmtest.SignupClosed:
			fault.Share = share / 2
		}
		if fault.Route == "" && some(0.25) { // one operation alone is in trouble
			fault.Route = routes[random.IntN(len(routes))]
			fault.Share = min(1, 4*fault.Share)
		}
		s.faults = append(s.faults, fault)
	}
	s.kills *= coin(!s.lacks("kills"))
	s.ctrlC *= coin(!s.lacks("interrupts"))
	s.dirt *= coin(!s.lacks("dirt"))
	s.torn *= coin(!s.lacks("torn"))
	s.move *= coin(!s.lacks("moves"))
	s.further *= coin(!s.lacks("further"))
	return s
}

// routes are operations that may be in trouble alone.
var routes = []string{jsmtest.CreatePath, jsmtest.UserSearchPath, jsmtest.RenamePath, jsmtest.RevokePath, jsmtest.OrgsPath,
	jsmtest.OrgUsersPath, jsmtest.DeskCustomersPath, jsmtest.DeskOrgsPath}

func (s *script) lacks(part string) bool { return slices.Contains(s.without, part) }

func coin(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// spread is a latency that depends on the request alone, never on which goroutine was first.
func spread(seed uint64, email string, attempt int) time.Duration {
	h := fnv.New64a()
	fmt.Fprint(h, seed, email, attempt)
	return 50*time.Millisecond + time.Duration(h.Sum64()%uint64(250*time.Millisecond))
}

// A person is somebody in the exports.
type person struct {
	id           int
	email, name  string
	further      string // a second address; "": none
	organization string
	notes        string
	broken       bool    // the address cannot be used
	in           [2]bool // the sources
}

const siteURL = "https://people.atlassian.net"

// A world is what outlives the processes: the site, the folder with ledger and files, and what may be so by now.
type world struct {
	t       *testing.T
	script  *script
	site    *jsmtest.Site
	dir     string
	verbose bool
	people  []*person
	next    int

	sources []*source
	source  *source             // whose turn it is
	may     map[string][]string // organization → keys of everybody whom some export had in it
	must    map[string][]string // the same of the present export
	rows    int                 // of the present export; 0: it is torn
	whose   map[string]int      // by address, the person who has or had it
	revoked map[string]bool     // keys without access
	absent  map[string]bool     // keys that some complete export no longer had, or whose run was undone
	resent  bool                // some run was to send known people, too
	posts   int                 // creates that the site had seen before the process
	private []importertest.Private

	dead atomic.Bool // the process is killed: nothing of it reaches the site or the disk any more
}

// simulate plays a script to its end.
func simulate(t *testing.T, s *script, verbose bool) {
	startSignals()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s, dir)
		w.verbose = verbose
		for range s.people {
			w.join()
		}
		for i := range s.existing {
			p := w.people[i]
			s.options.Existing = append(s.options.Existing, jsmtest.Account{Email: p.email, Name: p.name})
		}
		w.site = jsmtest.New(s.options)
		defer w.site.Close()
		for night := range s.nights {
			w.site.SetFaults(s.faults...)
			if night > 0 {
				w.change()
			}
			for _, w.source = range w.sources {
				w.night()
			}
			time.Sleep(24 * time.Hour)
		}
		w.makeGood()
	})
}

func newWorld(t *testing.T, s *script, dir string) *world {
	w := &world{t: t, script: s, dir: dir, may: map[string][]string{}, absent: map[string]bool{}, revoked: map[string]bool{}, whose: map[string]int{}}
	for i := range max(1, s.sources) {
		w.sources = append(w.sources, &source{number: i, stem: []string{"people", "others"}[i]})
	}
	w.source = w.sources[0]
	return w
}

// join adds somebody new to the export.
func (w *world) join() {
	r := w.script.random
	w.next++
	n := w.next
	first, last := firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
	p := &person{id: n, name: first + " " + last, email: fmt.Sprintf("%s.%s%d@people.example", fold(first), fold(last), n)}
	p.organization = organizations[r.IntN(len(organizations))]
	p.notes = notes[r.IntN(len(notes))]
	p.broken = r.Float64() < w.script.dirt/3
	if r.Float64() < w.script.further {
		p.further = fmt.Sprintf("also.%d@people.example", n)
	}
	p.in[r.IntN(len(w.sources))] = true
	if r.Float64() < 0.3 {
		p.in[r.IntN(len(w.sources))] = true // perhaps the other one, too
	}
	w.people = append(w.people, p)
}

// change is what happens to an export in a day: people come and go, and change their companies.
func (w *world) change() {
	r := w.script.random
	for range r.IntN(6) {
		w.join()
	}
	for range r.IntN(4) {
		if len(w.people) > 2 {
			p := w.people[r.IntN(len(w.people))]
			p.in[r.IntN(len(w.sources))] = false
			w.absent[p.email], w.absent[p.further] = true, true
		}
	}
	if w.people = slices.DeleteFunc(w.people, func(p *person) bool { return p.in == [2]bool{} }); len(w.people) == 0 {
		w.join()
	}
	for range 2 {
		if p := w.people[r.IntN(len(w.people))]; r.Float64() < w.script.move {
			w.absent[p.email] = true
			p.email = fmt.Sprintf("moved.%d.%d@people.example", p.id, r.IntN(1000))
		}
		if p := w.people[r.IntN(len(w.people))]; p.further != "" && r.Float64() < w.script.further {
			p.email, p.further = p.further, p.email
		}
	}
	for range r.IntN(3) {
		w.people[r.IntN(len(w.people))].organization = organizations[r.IntN(len(organizations))]
	}
	if w.script.rename {
		w.people[r.IntN(len(w.people))].name = "Renamed " + lastNames[r.IntN(len(lastNames))]
	}
}

// night runs the job of one night: with kills and Ctrl-C, and again after them.
func (w *world) night() {
	r := w.script.random
	w.writeExport()
	for range 1 + r.IntN(4) {
		args := w.command()
		if r.Float64() < w.script.limit {
			args = append(args, "--limit", fmt.Sprint(1+r.IntN(20)))
		}
		if r.Float64() < w.script.resend {
			args, w.resent = append(args, "--resend-known"), true
		}
		code := w.process(args, w.fate())
		if code == 0 || code == 3 {
			break
		}
		time.Sleep(time.Duration(r.IntN(600)) * time.Second)
		w.site.SetFaults(w.script.faults...) // somebody has made another token
	}
	if w.script.sync && !w.script.revoke && r.Float64() < 0.4 {
		if _, err := os.Stat(w.file(".leavers.csv")); err == nil {
			w.process([]string{"revoke", w.file(".leavers.csv"), "--yes"}, w.fate())
		}
	}
	if r.Float64() < w.script.fix {
		w.fixFailed()
	}
	if r.Float64() < w.script.undo {
		w.undo()
	}
}

// undo takes the last run back. Those whom its results call created may lose their access, nobody else.
func (w *world) undo() {
	if _, err := os.Stat(w.file(".results.csv")); err != nil {
		return // there was no run
	}
	for _, s := range w.sources {
		for _, ending := range []string{".results.csv", ".failed.results.csv"} { // one of these is of the last run
			results, _ := importertest.ReadResults(w.path(s.stem + ending))
			for _, r := range results {
				if r.Status == outcome.Created {
					w.absent[r.Key] = true
				}
			}
		}
	}
	w.process([]string{"undo", "--yes"}, w.fate())
}

// command is that of the nightly job.
func (w *world) command() []string {
	args := []string{"import"}
	if w.script.sync {
		args = []string{"sync"}
	}
	args = append(args, w.file(w.script.format.ending))
	if w.script.revoke {
		args = append(args, "--revoke-leavers", "--max-revoke", "100%")
	}
	if w.script.sync {
		args = append(args, "--max-shrink", "100%", "--max-invalid", "100%", "--source", w.source.stem)
	}
	if w.script.access {
		args = append(args, "--organizations", "--service-desk", "SUP")
	}
	if w.script.rename {
		args = append(args, "--update-names")
	}
	return append(args, "--page", w.path("people.page.html"), "--summary", w.path("people.summary.json"))
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// file is one of the files that belong to the export whose turn it is.
func (w *world) file(ending string) string { return w.path(w.source.stem + ending) }

// A fate is what a process meets besides the faults of the site.
type fate struct{ kill, interrupt time.Duration } // 0: it does not

func (w *world) fate() fate {
	r := w.script.random
	at := func() time.Duration { return time.Duration(r.Int64N(int64(w.script.longest))) + time.Millisecond }
	var f fate
	if kill, when := r.Float64() < w.script.kills, at(); kill {
		f.kill = when
	}
	if interrupt, when := r.Float64() < w.script.ctrlC, at(); interrupt {
		f.interrupt = when
	}
	return f
}

// process runs the program once, checks the promises, and returns its exit code; -1: it was killed.
func (w *world) process(args []string, f fate) int {
	var out, errs bytes.Buffer
	args = append(args, "--ledger", w.path("ledger.db"), "--workers", fmt.Sprint(w.script.workers), "--max-pause", cmp.Or(w.script.patience, "15m"), "--no-progress", "--log-format", "json")
	ctx, cancel := context.WithCancelCause(context.Background())
	over := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.meet(f, over, cancel)
	}()
	began := time.Now()
	os.Remove(w.path("people.summary.json"))
	w.posts = w.site.Stats().Route("POST", jsmtest.CreatePath).Requests
	env := []string{"JIRA_BASE_URL=" + siteURL, "JIRA_USER_EMAIL=" + jsmtest.SandboxToken().Email,
		"JIRA_API_TOKEN=" + jsmtest.SandboxToken().Secret, "HOME=" + w.dir}
	code := Run(ctx, args, Environment(env), Streams{In: strings.NewReader(""), Out: &out, Err: &errs, configure: func(c *apiclient.Config) { c.Transport = w }})
	close(over)
	<-ended
	cancel(nil)
	killed := w.dead.Load()
	if killed {
		w.restore()
		code = -1
	}
	if w.verbose {
		w.t.Logf("%s after %s: exit %d\n%s%s", strings.Join(args, " "), time.Since(began), code, out.String(), errs.String())
	}
	w.noteEnd(args, killed)
	w.private = append(w.private, importertest.Private{What: "log", Text: errs.String()})
	w.check(args, code, out.String()+errs.String())
	if !killed {
		w.checkReports(args, code, began, out.String()+errs.String())
	}
	return code
}

// meet lets the process meet its fate, at a moment at which nothing of it is running: virtual time only passes then.
func (w *world) meet(f fate, over <-chan struct{}, cancel context.CancelCauseFunc) {
	first := func(d time.Duration) <-chan time.Time {
		if d == 0 {
			return nil
		}
		return time.After(d)
	}
	kill, interrupt := first(f.kill), first(f.interrupt)
	for {
		select {
		case <-over:
			return
		case <-interrupt:
			cancel(importer.ErrInterrupted)
			interrupt = nil
		case <-kill:
			w.kill()
			cancel(errors.New("killed"))
			return
		}
	}
}

// kill ends the process as the kernel would: what is on disk now is all there is. The goroutines go on to their end,
// but the site hears nothing of them any more, and the disk is put back when they have ended.
func (w *world) kill() {
	w.dead.Store(true)
	if err := os.CopyFS(w.dir+".kept", os.DirFS(w.dir)); err != nil {
		w.t.Errorf("keeping the folder: %v", err)
	}
}

func (w *world) restore() {
	entries, err := os.ReadDir(w.dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(w.dir, e.Name())))
	}
	err = errors.Join(err, os.CopyFS(w.dir, os.DirFS(w.dir+".kept")), os.RemoveAll(w.dir+".kept"))
	if err != nil {
		w.t.Fatalf("putting the folder back: %v", err)
	}
	w.dead.Store(false)
}

// RoundTrip is the network between the process and the site.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.dead.Load() {
		return nil, errors.New("connection refused: the process is dead")
	}
	return jsmtest.Transport(w.site.ServeHTTP).RoundTrip(r)
}

// check holds the promises against what the process has left behind.
func (w *world) check(args []string, code int, said string) {
	w.t.Helper()
	command, rows := args[0], w.rows
	results := w.file(".results.csv")
	if strings.HasSuffix(args[1], ".failed.csv") {
		results, rows = w.file(".failed.results.csv"), 0
	}
	evidence := importertest.Evidence{
		Accounts:      w.site.Accounts(),
		Organizations: w.site.Organizations(),
		Ledger:        w.path("ledger.db"),
		SiteURL:       siteURL,
		MayBeMember:   w.may,
		Resent:        w.resent,
		Private:       w.private,
		Secrets:       []string{jsmtest.SandboxToken().Secret},
	}
	begun := !strings.Contains(said, "nothing was sent") // else they are those of the run before
	if _, err := os.Stat(results); err == nil && begun && (command == "import" || command == "sync") && (code == 0 || code == 3 || code == 130) {
		evidence.Results = results
		evidence.Rows = rows
		if rows > 0 { // a failed file may be of a time before somebody was moved, and taken out by hand
			evidence.Desks = w.site.Desks()
		}
	}
	if code == 0 && w.script.access && rows > 0 && !slices.Contains(args, "--limit") && (command == "import" || command == "sync") {
		evidence.MustBeMember = w.must
	}
	if page, err := os.ReadFile(w.path("people.page.html")); err == nil {
		evidence.Private = append(evidence.Private, importertest.Private{What: "page", Text: string(page)})
	}
	if _, err := os.Stat(evidence.Ledger); err != nil {
		evidence.Ledger = "" // nothing was sent
	}
	for _, broken := range importertest.Check(context.Background(), evidence) {
		w.t.Errorf("seed %d, %s (exit %d): %v", w.script.seed, command, code, broken)
	}
	for _, name := range []string{".leavers.revoked.csv", ".undone.csv"} {
		if _, err := os.Stat(w.file(name)); err == nil {
			told := importertest.Evidence{Accounts: evidence.Accounts, Results: w.file(name)}
			for _, broken := range importertest.Check(context.Background(), told) {
				w.t.Errorf("seed %d, %s (exit %d), %s: %v", w.script.seed, command, code, name, broken)
			}
		}
	}
	w.checkRevoked(args, evidence.Accounts)
	for _, a := range evidence.Accounts {
		if a.Revoked && (a.CreatedBy == 0 || !w.absent[strings.ToLower(a.Email)]) {
			w.t.Errorf("seed %d, %s (exit %d): the access of %s was taken away (made by us: %v)", w.script.seed, command, code, a.Email, a.CreatedBy > 0)
		}
	}
	if strings.Contains(said, "panic") || strings.Contains(said, "a broken promise") {
		w.t.Errorf("seed %d, %s (exit %d): %s", w.script.seed, command, code, said)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// makeGood switches the faults off: from then on everything must become good, in bounded time, and stay so for nothing.
func (w *world) makeGood() {
	w.site.SetFaults()
	w.script.torn = 0
	for _, w.source = range w.sources {
		w.writeExport()
		var code int
		for range 3 { // the first may go on with a run that was cut off, with another export; look-ups wait for the search
			began := time.Now()
			code = w.process(w.command(), fate{})
			if took := time.Since(began); took > 20*time.Minute {
				w.t.Fatalf("seed %d: without faults it took %s", w.script.seed, took)
			}
			time.Sleep(10 * time.Minute)
		}
		if code != 0 && code != 3 {
			w.t.Fatalf("seed %d: without faults it ended with %d", w.script.seed, code)
		}
	}
	for _, p := range w.people {
		found := w.site.Find(p.email)
		if len(found) == 0 && strings.HasPrefix(p.name, "Renamed ") {
			continue // before they were onboarded: beside an address that is made of their old name it may be refused
		}
		if !p.broken && len(found) != 1 {
			w.t.Errorf("seed %d: %s has %d accounts in the end", w.script.seed, p.email, len(found))
		}
		if w.script.rename && !p.broken && len(found) == 1 && found[0].CreatedBy > 0 && !found[0].Revoked && found[0].Name != p.name && w.ours(p) {
			w.t.Errorf("seed %d: %s is called %q in the end, and not %q", w.script.seed, p.email, found[0].Name, p.name)
		}
	}
	before := w.site.Stats()
	w.process(w.command(), fate{})
	after := w.site.Stats()
	for _, path := range []string{jsmtest.CreatePath, jsmtest.OrgsPath, jsmtest.OrgUsersPath, jsmtest.DeskCustomersPath, jsmtest.DeskOrgsPath} {
		if n := after.Route("POST", path).Requests - before.Route("POST", path).Requests; n > 0 && !w.revokedBefore() {
			w.t.Errorf("seed %d: a run with nothing to do sent %d POST %s", w.script.seed, n, path)
		}
	}
}

// ours reports whether the ledger knows for certain that the account of p is ours: only such are renamed.
func (w *world) ours(p *person) bool {
	l, err := ledger.OpenReadOnly(context.Background(), w.path("ledger.db"), siteURL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer l.Close()
	key := strings.ToLower(p.email)
	known, err := l.Recall(context.Background(), 0, false, []ledger.Query{{Key: key}})
	return err == nil && known[0].Account != nil && known[0].Account.Ours()
}

// revokedBefore reports whether somebody in the export has lost their access: they are asked about, not made.
func (w *world) revokedBefore() bool {
	return slices.ContainsFunc(w.people, func(p *person) bool {
		found := w.site.Find(p.email)
		return len(found) > 0 && found[0].Revoked
	})
}
