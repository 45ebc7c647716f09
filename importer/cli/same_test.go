package cli

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/importertest"
)

// A way is one of the ways in which the same people can be imported.
type way struct {
	format  format
	order   uint64 // in which the rows stand; 0: as made
	parts   int    // files that they are spread over
	workers int
	kill    time.Duration // after so long; 0: never
}

func (v way) String() string {
	return fmt.Sprintf("%s, order %d, %d files, %d workers, killed after %s", v.format.name, v.order, v.parts, v.workers, v.kill)
}

// TestSamePeople imports the same people in every dress and order, in one run and in two, with one worker and with
// many, killed and not: the site and the status of each address must come out the same.
func TestSamePeople(t *testing.T) {
	t.Parallel()
	want, wantStatus := way{format: formats[0], parts: 1, workers: 64}.play(t)
	var ways []way
	for _, f := range formats {
		ways = append(ways,
			way{format: f, parts: 1, workers: 1},
			way{format: f, order: 7, parts: 2, workers: 5},
			way{format: f, order: 3, parts: 1, workers: 16, kill: 1200 * time.Millisecond})
	}
	for _, v := range ways {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			names, statuses := v.play(t)
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("the site has other people (-plainly +this way):\n%s", diff)
			}
			if diff := cmp.Diff(wantStatus, statuses); diff != "" {
				t.Errorf("the statuses differ (-plainly +this way):\n%s", diff)
			}
		})
	}
}

// play imports the people and returns, by address, the names that the site has and the statuses of the results.
func (v way) play(t *testing.T) (names, statuses map[string]string) {
	names, statuses = map[string]string{}, map[string]string{}
	startSignals()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &script{random: rand.New(rand.NewPCG(4, 4)), workers: v.workers, format: v.format, options: jsmtest.Sandbox(), longest: time.Minute}
		s.options.Latency = 50 * time.Millisecond
		w := newWorld(t, s, dir)
		for range 150 {
			w.join()
		}
		for _, p := range w.people[:20] {
			s.options.Existing = append(s.options.Existing, jsmtest.Account{Email: p.email, Name: p.name})
		}
		if v.order > 0 {
			rand.New(rand.NewPCG(v.order, 1)).Shuffle(len(w.people), func(i, j int) { w.people[i], w.people[j] = w.people[j], w.people[i] })
		}
		w.site = jsmtest.New(s.options)
		defer w.site.Close()
		all := w.people
		for part := range slices.Chunk(all, (len(all)+v.parts-1)/v.parts) {
			w.people = part
			w.writeExport()
			code := w.process(w.command(), fate{kill: v.kill})
			if code == -1 {
				code = w.process(w.command(), fate{})
			}
			if code != 0 {
				t.Fatalf("it ended with %d", code)
			}
			results, err := importertest.ReadResults(filepath.Join(dir, "people.results.csv"))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				statuses[r.Key] = strings.Replace(r.Status.String(), "created_unconfirmed", "created", 1) // an answer was lost in the kill
			}
			if err := os.Remove(filepath.Join(dir, "people.results.csv")); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range w.site.Accounts() {
			if strings.HasSuffix(a.Email, "@people.example") {
				names[a.Email] = a.Name
			}
		}
	})
	if len(statuses) != 150 || len(names) != 150 {
		t.Fatalf("%d statuses, %d accounts: %v", len(statuses), len(names), slices.Sorted(maps.Keys(statuses)))
	}
	return names, statuses
}
