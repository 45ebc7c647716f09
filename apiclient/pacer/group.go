package pacer

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Config is what all pacers of a group share.
type Config struct {
	MaxPause time.Duration // the longest wait for quota or site; 0: any length
	Notify   func(Event)   // may be nil; called with no lock held, by the goroutine that caused it
}

// Group is the endpoints of one tenant: each has its own pace, and a shared refusal pauses all of them.
type Group struct {
	config Config
	jitter func() float64 // 0.7 to 1.3

	mu     sync.Mutex // guards the group and all of its pacers; held for no wait
	shared pause
	pacers []*Pacer
}

// NewGroup makes a group without pacers.
func NewGroup(c Config) *Group {
	return &Group{config: c, jitter: func() float64 { return 0.7 + 0.6*rand.Float64() }}
}

// Pacer adds the pace of one endpoint and method. maxRate, in requests a second, is the ceiling and the first guess;
// with 0 it is unpaced until the first refusal or level.
func (g *Group) Pacer(name string, maxRate float64) *Pacer {
	p := newPacer(g, name, maxRate)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pacers = append(g.pacers, p)
	return p
}

// notify tells events that were gathered under the lock; it is called without it.
func (g *Group) notify(events []Event) {
	if g.config.Notify == nil {
		return
	}
	for _, e := range events {
		g.config.Notify(e)
	}
}
