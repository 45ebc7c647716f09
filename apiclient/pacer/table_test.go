package pacer

import (
	"fmt"
	"os"
	"regexp"
	"sort"
	"testing"
)

// most arrivals in 100 ms after a pause, at 100 a second.
const herdMost = 20

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
	if s.herd > herdMost {
		goals = append(goals, "herd")
	}
	return goals
}

func TestZZ(t *testing.T) {
	re := regexp.MustCompile(os.Getenv("ZZ"))
	for _, sc := range append(goals(), more()...) {
		if !re.MatchString(sc.name) {
			continue
		}
		if sc.maxRate == 0 {
			sc.maxRate = 100
		}
		var all []figures
		for seed := range uint64(seeds()) {
			all = append(all, run(t, sc, seed+1, ours))
		}
		fmt.Println(line("", sc, summarize(all)))
	}
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
	text = fmt.Sprintf("%-108s lost %d, wrong %d", text, s.lost, s.wrong)
	if s.herd > 0 {
		text += fmt.Sprintf(", herd %d", s.herd)
	}
	if m := s.missed(sc); len(m) > 0 && prefix == "" {
		text += fmt.Sprintf("  MISSED %v", m)
	}
	return text
}
