package pacer

import (
	"fmt"
	"sort"
	"testing"
)

// most arrivals in 100 ms after a pause, at 100 a second.
const herdMost = 20

func summarize(all []figures) (s summary) {
	var times, refused []float64
	for _, f := range all {
		times, refused = append(times, f.time), append(refused, f.refused)
		s.lost, s.strange, s.herd = s.lost+f.lost, s.strange+f.strange, max(s.herd, f.herd)
	}
	sort.Float64s(times)
	sort.Float64s(refused)
	last := len(all) - 1
	s.time, s.worstTime = times[len(all)/2], times[last]
	s.refused, s.worstRefused = refused[len(all)/2], refused[last]
	return s
}

// missed says which goals of the scene are not reached.
func (s summary) missed(sc scene) (goals []string) {
	if s.lost > 0 || s.strange > 0 {
		goals = append(goals, "rows")
	}
	if sc.time == 0 {
		return goals
	}
	if s.time > sc.time {
		goals = append(goals, "time")
	}
	if s.refused > sc.refused {
		goals = append(goals, "429")
	}
	if s.herd > herdMost {
		goals = append(goals, "herd")
	}
	return goals
}

// TestTable plays the scenes with goals; the median of three seeds counts, with -short one seed.
func TestTable(t *testing.T) {
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for _, sc := range goals() {
		t.Run(sc.name, func(t *testing.T) {
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
// It takes some minutes; with -short, which leaves the millions of rows out, half a minute.
func BenchmarkTable(b *testing.B) {
	for range b.N {
		fmt.Printf("\n%-40s %-33s %-33s\n", "median (worst) of 5 seeds", "time ÷ ideal", "429")
		printAll("", goals(), ours)
		if !testing.Short() {
			printAll("", millions(), ours)
		}
		printAll("", more(), ours)
		compared := []scene{goals()[0], goals()[2], goals()[4]}
		printAll("120 a second: ", compared, newFixed(120))
		printAll("sleep Retry-After: ", compared, newSleepers)
		printAll("retryablehttp: ", compared, newRetryable)
	}
}

func printAll(prefix string, scenes []scene, with func(scene) strategy) {
	for _, sc := range scenes {
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
	any := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(any, []testing.InternalTest{{Name: "scene", F: func(t *testing.T) { all = f(t) }}})
	return all
}

func line(prefix string, sc scene, s summary) string {
	text := fmt.Sprintf("%-40s %.4f (%.4f)", prefix+sc.name, s.time, s.worstTime)
	if sc.time > 0 {
		text += fmt.Sprintf(" goal %.3f", sc.time)
	}
	text = fmt.Sprintf("%-74s %.3f %% (%.3f %%)", text, 100*s.refused, 100*s.worstRefused)
	if sc.time > 0 {
		text += fmt.Sprintf(" goal %.3f %%", 100*sc.refused)
	}
	text = fmt.Sprintf("%-108s lost %d, false conflicts %d", text, s.lost, s.strange)
	if s.herd > 0 {
		text += fmt.Sprintf(", herd %d", s.herd)
	}
	if m := s.missed(sc); len(m) > 0 && prefix == "" {
		text += fmt.Sprintf("  MISSED %v", m)
	}
	return text
}
