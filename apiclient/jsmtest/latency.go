package jsmtest

import (
	"math"
	"time"
)

// Latency is how long the site takes to answer. What was asked for is done at
// once and the answer comes later, so a client that gives up early has changed
// something without knowing. Either Fixed or P5 and P95, the 5 % and 95 %
// quantiles of a lognormal distribution.
type Latency struct {
	Fixed   time.Duration
	P5, P95 time.Duration
}

// sampler draws latencies that the seed and the number of a request decide.
type sampler struct {
	latency   Latency
	seed      uint64
	mu, sigma float64
}

func newSampler(l Latency, seed uint64) sampler {
	s := sampler{latency: l, seed: mix(seed, 21)}
	if l.P5 > 0 && l.P95 >= l.P5 {
		const z95 = 1.6448536269514722
		low, high := math.Log(float64(l.P5)), math.Log(float64(l.P95))
		s.mu, s.sigma = (low+high)/2, (high-low)/(2*z95)
	}
	return s
}

func (s sampler) draw(n uint64) time.Duration {
	if s.mu == 0 {
		return s.latency.Fixed
	}
	u := chance(s.seed, n) + 0.5/(1<<53) // above 0, below 1
	z := math.Sqrt2 * math.Erfinv(2*u-1)
	return time.Duration(math.Exp(s.mu + s.sigma*z))
}
