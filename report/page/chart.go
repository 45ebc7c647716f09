package page

import (
	"strconv"
	"time"

	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// The chart is drawn on a canvas of this size and stretched to the page; its
// words are outside of it and keep their size.
const (
	chartWidth  = 960
	chartHeight = 200
	leastSteps  = 3
)

// mark is a rectangle of a chart.
type mark struct{ X, Y, Width, Height, Text string }

// chart is the run over time.
type chart struct {
	Bars, Pauses     []mark
	Top, Middle, End string
	Start            string
	Text             string // the chart in words
}

// draw shows the rows that were answered; nil when none were sent, or when it was over too soon to draw anything.
func (t *Trace) draw() *chart {
	total, most, paused := 0, 0, time.Duration(0)
	for _, s := range t.Steps {
		total += s.Rows
		most = max(most, s.Rows)
		paused += s.Paused
	}
	if total == 0 || len(t.Steps) < leastSteps {
		return nil
	}
	span := time.Duration(len(t.Steps)) * t.Width
	c := &chart{
		Start:  text.When(t.Start),
		Top:    t.inStep(most),
		Middle: report.Short(span / 2),
		End:    report.Short(span),
	}
	width := float64(chartWidth) / float64(len(t.Steps))
	for i, s := range t.Steps {
		c.step(t, s, i, width, most)
	}
	c.Text = text.Counted(total, "row was", "rows were") + " answered, at most " + t.inStep(most)
	if t.Pauses > 0 {
		c.Text += "; " + text.Counted(t.Pauses, "pause", "pauses") + " (shaded), " + report.Short(paused) + " in all"
	}
	c.Text += "."
	return c
}

func (c *chart) step(t *Trace, s Step, i int, width float64, most int) {
	x, at := float64(i)*width, report.Short(time.Duration(i)*t.Width)
	if s.Paused > 0 {
		paused := at + ": paused for " + report.Short(s.Paused)
		c.Pauses = append(c.Pauses, mark{X: number(x), Width: number(width), Text: paused})
	}
	if s.Rows == 0 {
		return
	}
	height := max(float64(s.Rows)/float64(most)*chartHeight, 1)
	c.Bars = append(c.Bars, mark{
		X:      number(x),
		Y:      number(chartHeight - height),
		Width:  number(max(width-0.6, 0.5)),
		Height: number(height),
		Text:   at + ": " + t.inStep(s.Rows),
	})
}

func (t *Trace) inStep(rows int) string { return text.Grouped(rows) + " in " + report.Short(t.Width) }

// number is a coordinate for SVG, to the hundredth.
func number(f float64) string {
	return strconv.FormatFloat(float64(int(f*100+0.5))/100, 'f', -1, 64)
}
