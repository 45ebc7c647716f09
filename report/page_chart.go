package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/importer"
)

// The chart is drawn on a canvas of this size and stretched to the page; its
// words stand outside of it and keep their size.
const (
	chartWidth  = 960
	chartHeight = 200
	chartLeast  = 3 // steps
)

// mark is a rectangle of a chart.
type mark struct{ Class, X, Y, Width, Height, Text string }

// chartView is the run over time.
type chartView struct {
	Bars, Pauses, Refusals []mark
	Sittings               []string // where a new sitting begins
	Top, Middle, End       string
	Marks                  string // what the colours mean
	Text                   string // the chart in words
}

// chart draws the rows sent a minute; nil when none were sent, or when it was
// over too soon to draw anything.
func (t *Trace) chart() *chartView {
	total := t.Total()
	if total.Sent == 0 || len(t.Steps) < chartLeast {
		return nil
	}
	most := 0
	for _, s := range t.Steps {
		most = max(most, s.Sent)
	}
	c := &chartView{}
	width := float64(chartWidth) / float64(len(t.Steps))
	for i, s := range t.Steps {
		c.step(s, float64(i)*width, width, float64(s.Sent)/float64(most), t.perMinute(s.Sent), short(time.Duration(i)*t.Width))
	}
	for _, s := range t.Sittings[min(1, len(t.Sittings)):] {
		c.Sittings = append(c.Sittings, coordinate(float64(s.From)/float64(t.Width)*width))
	}
	span := time.Duration(len(t.Steps)) * t.Width
	c.Top, c.Middle, c.End = t.perMinute(most)+" a minute", short(span/2), short(span)
	c.Marks = marks(total, len(c.Sittings))
	c.Text = t.inWords(total, most)
	return c
}

func (c *chartView) step(s Step, x, width, share float64, rate, at string) {
	if s.Paused > 0 {
		c.Pauses = append(c.Pauses, mark{X: coordinate(x), Width: coordinate(width), Text: at + ": paused for " + short(s.Paused)})
	}
	if s.Sent > 0 {
		height := max(share*chartHeight, 1)
		c.Bars = append(c.Bars, mark{X: coordinate(x), Y: coordinate(chartHeight - height), Width: coordinate(max(width-0.6, 0.5)), Height: coordinate(height),
			Text: at + ": " + rate + " a minute"})
	}
	if s.Refused > 0 {
		c.Refusals = append(c.Refusals, mark{X: coordinate(x), Width: coordinate(max(width, 3)), Text: at + ": " + importer.Counted(s.Refused, "refusal", "refusals") + " (429)"})
	}
}

func (t *Trace) perMinute(rows int) string {
	return importer.Grouped(int(float64(rows)/t.Width.Minutes() + 0.5))
}

// marks explains what is drawn besides the bars.
func marks(total Step, sittings int) string {
	var parts []string
	if total.Refused > 0 {
		parts = append(parts, "refusals (429) are marked at the top")
	}
	if total.Paused > 0 {
		parts = append(parts, "pauses are shaded")
	}
	if sittings > 0 {
		parts = append(parts, "dashed lines: the run was cut off and went on")
	}
	return strings.Join(parts, "; ")
}

// inWords says what the chart shows, for those who do not see it.
func (t *Trace) inWords(total Step, most int) string {
	text := fmt.Sprintf("%s sent in %s; at most %s a minute", importer.Counted(total.Sent, "row was", "rows were"),
		short(time.Duration(len(t.Steps))*t.Width), t.perMinute(most))
	if total.Refused > 0 {
		text += "; " + importer.Counted(total.Refused, "request was refused", "requests were refused") + " (429)"
	}
	if total.Paused > 0 {
		text += "; " + short(total.Paused) + " of pauses"
	}
	return text + "."
}

// coordinate is a number for SVG, to the hundredth.
func coordinate(f float64) string {
	return strconv.FormatFloat(float64(int(f*100+0.5))/100, 'f', -1, 64)
}
