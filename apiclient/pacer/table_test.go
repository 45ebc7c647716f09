package pacer

import (
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"
)

var only = flag.String("scene", "", "what is in the names of the scenes that the table plays; empty: all")

const herdMost = 20 // arrivals in 100 ms after a pause, at 100 a second

// summary is the middle and the worst of several runs.
type summary struct {
	time, worstTime       float64
	refused, worstRefused float64
	lost, wrong, herd     int
}

func summarize(all []figures) (s summary) {
	var times, refused []float64
	for _, f := range all {
		times, refused = append(times, f.time), append(refused, f.refused)
		s.lost, s.wrong, s.herd = s.lost+f.lost, s.wrong+f.strange+f.twice, max(s.herd, f.herd)
	}
	sort.Float64s(times)
	sort.Float64s(refused)
	last := len(all) - 1
	s.time, s.worstTime = times[len(all)/2], times[last]
	s.refused, s.worstRefused = refused[len(all)/2], refused[last]
	return s
}

// missed returns the goals of the scene that are not reached.
func (s summary) missed(sc scene) (goals []string) {
	if s.lost > 0 || s.wrong > 0 {
		goals = append(goals, "rows")
	}
	if sc.time > 0 && s.time > sc.time {
		goals = append(goals, "time")
	}
	if sc.time > 0 && s.refused > sc.refused {
		goals = append(goals, "429")
	}
	if sc.time > 0 && s.herd > herdMost {
		goals = append(goals, "herd")
	}
	return goals
}

// TestTable plays the scenes with goals; the median of five seeds counts. With -short it plays the first few, once.
func TestTable(t *testing.T) {
	scenes, seeds := goals(), uint64(5)
	if testing.Short() {
		scenes, seeds = scenes[:3], 1
	}
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			var all []figures
			for seed := range seeds {
				all = append(all, run(t, sc, seed+1, ours))
			}
			if s := summarize(all); len(s.missed(sc)) > 0 {
				t.Errorf("missed %v: %+v", s.missed(sc), s)
			}
		})
	}
}

// BenchmarkTable prints the whole table, with five seeds for each scene and rivals for comparison:
//
//	go test ./apiclient/pacer -run '^$' -bench Table -benchtime 1x
//
// With -short it leaves the million rows out, and with -scene it plays some of the scenes.
func BenchmarkTable(b *testing.B) {
	for range b.N {
		fmt.Printf("\n%-48s %-30s %s\n", "median (worst) of 5 seeds", "time ÷ ideal", "429")
		printAll("", goals(), ours)
		if !testing.Short() {
			printAll("", millions(), ours)
		}
		printAll("", more(), ours)
		compared := []scene{goals()[2], goals()[4], goals()[10]}
		printAll("120 a second: ", compared, newFixed(120))
		printAll("sleep Retry-After: ", compared[:2], newSleepers)
		printAll("retryablehttp: ", compared, newRetryable)
	}
}

func printAll(prefix string, scenes []scene, with func(scene) strategy) {
	for _, sc := range scenes {
		if !strings.Contains(prefix+sc.name, *only) {
			continue
		}
		if prefix != "" {
			sc.time = 0
		}
		fmt.Println(line(prefix, sc, summarize(inTest(func(t *testing.T) (all []figures) {
			for seed := range uint64(5) {
				all = append(all, run(t, sc, seed+1, with))
			}
			return all
		}))))
	}
}

// inTest calls f as a test, because synctest wants one.
func inTest(f func(t *testing.T) []figures) (all []figures) {
	match := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(match, []testing.InternalTest{{Name: "scene", F: func(t *testing.T) { all = f(t) }}})
	return all
}

func line(prefix string, sc scene, s summary) string {
	text := fmt.Sprintf("%-48s %.4f (%.4f)", prefix+sc.name, s.time, s.worstTime)
	if sc.time > 0 {
		text += fmt.Sprintf(" goal %.3f", sc.time)
	}
	text = fmt.Sprintf("%-80s %.3f %% (%.3f %%)", text, 100*s.refused, 100*s.worstRefused)
	if sc.time > 0 && sc.refused < 1 {
		text += fmt.Sprintf(" goal %.3f %%", 100*sc.refused)
	}
	text = fmt.Sprintf("%-114s lost %d, wrong %d", text, s.lost, s.wrong)
	if s.herd > 0 {
		text += fmt.Sprintf(", herd %d", s.herd)
	}
	if m := s.missed(sc); len(m) > 0 && prefix == "" {
		text += fmt.Sprintf("  MISSED %v", m)
	}
	return text
}
