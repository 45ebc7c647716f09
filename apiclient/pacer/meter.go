package pacer

import (
	"math"
	"time"
)

const meterLeast = 0.1 // seconds that a mean is taken over at least

// meter measures how many requests leave a second, smoothed over about one.
type meter struct {
	start time.Time
	value float64
	at    time.Time
}

func (m *meter) left(now time.Time) {
	if m.start.IsZero() {
		m.start = now
	}
	m.value = m.decayed(now) + 1
	m.at = now
}

func (m *meter) decayed(now time.Time) float64 {
	dt := now.Sub(m.at)
	if dt <= 0 {
		return m.value
	}
	return m.value * math.Exp(-dt.Seconds())
}

// rate makes up for the time before the first request.
func (m *meter) rate(now time.Time) float64 {
	if m.start.IsZero() {
		return 0
	}
	age := max(now.Sub(m.start).Seconds(), meterLeast)
	return m.decayed(now) / (1 - math.Exp(-age))
}
