package pacer

import (
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

type quotaOf = jsmtest.Quota

// changes are rates in turn, each for so long.
func changes(every time.Duration, rates ...float64) (c []jsmtest.Change) {
	for i, r := range rates {
		c = append(c, jsmtest.Change{After: time.Duration(i) * every, Rate: r})
	}
	return c
}

// neighbour takes 40 % in every other 20 s.
func neighbour() []jsmtest.Change {
	var rates []float64
	for range 25 {
		rates = append(rates, 100, 60)
	}
	return changes(20*time.Second, rates...)
}

// goals are the scenes of the table but for the million rows.
func goals() []scene {
	dip := changes(time.Minute, 100, 30, 100)
	return []scene{
		{name: "levels; bucket 100/s", rows: 20_000, time: 1.007, // also the first second has 100
			quota: quotaOf{Rate: 100, RateHeaders: true}},
		{name: "levels; 100, 30, 100/s", rows: 20_000, time: 1.01, refused: 0.001,
			quota: quotaOf{Rate: 100, Schedule: dip, RateHeaders: true}},
		{name: "429; bucket 100/s", rows: 20_000, time: 1.01, refused: 0.0005, quota: quotaOf{Rate: 100}},
		{name: "429; 100, 30, 100/s", rows: 20_000, time: 1.05, refused: 0.0025,
			quota: quotaOf{Rate: 100, Schedule: dip}},
		{name: "429; lockout of 1 s; bucket 100/s", rows: 20_000, time: 1.03, refused: 0.002,
			quota: quotaOf{Rate: 100, Lockout: time.Second}},
		{name: "429; bucket 10/s, burst 10", rows: 5_000, time: 1.01, refused: 0.011, quota: quotaOf{Rate: 10}},
		{name: "429; bucket 37/s, burst 50", rows: 10_000, time: 1.005, refused: 0.005,
			quota: quotaOf{Rate: 37, Burst: 50}},
		{name: "429; window 1,000 in 60 s", rows: 10_000, time: 1.01, refused: 0.009,
			quota: quotaOf{Window: time.Minute, Limit: 1000}},
		{name: "429; neighbour takes 40 %", rows: 20_000, time: 1.05, refused: 0.007,
			quota: quotaOf{Rate: 100, Schedule: neighbour()}},
		{name: "429; 1,000 rows; bucket 100/s", rows: 1_000, time: 1.13, quota: quotaOf{Rate: 100}},
		{name: "stray 1 %; 100/s", rows: 20_000, time: 1.10, refused: 1,
			stray: 0.01, quota: quotaOf{Rate: 100, NoRetryAfter: true}},
		{name: "stray 3 %; 100/s", rows: 20_000, time: 1.25, refused: 1,
			stray: 0.03, quota: quotaOf{Rate: 100, NoRetryAfter: true}},
		{name: "stray 1 % beside plenty; 100/s", rows: 20_000, time: 1.10, refused: 1,
			stray: 0.01, plenty: 80, quota: quotaOf{Rate: 100, NoRetryAfter: true, RateHeaders: true}},
		{name: "stray 1 %; 100, 30, 100/s", rows: 20_000, time: 1.15, refused: 1,
			stray: 0.01, quota: quotaOf{Rate: 100, Schedule: dip, NoRetryAfter: true}},
		{name: "stray 1 % with Retry-After: 1; 100/s", rows: 20_000, time: 3, refused: 1,
			stray: 0.01, quota: quotaOf{Rate: 100}},
		{name: "one row always refused; 100/s", rows: 20_000, time: 1.05, refused: 1, cursed: 5000,
			quota: quotaOf{Rate: 100}},
		{name: "429; 503 of 3 %; 100/s", rows: 20_000, time: 1.02, refused: 0.0005, faults: 0.03,
			quota: quotaOf{Rate: 100}},
	}
}

// more are scenes without goals: their figures are there to be watched.
func more() []scene {
	dip := changes(time.Minute, 100, 30, 100)
	window := quotaOf{Window: time.Minute, Limit: 1000}
	levels := window
	levels.RateHeaders = true
	return []scene{
		{name: "levels; window 1,000 in 60 s", rows: 10_000, quota: levels},
		{name: "levels; bucket 10/s, burst 10", rows: 5_000, quota: quotaOf{Rate: 10, RateHeaders: true}},
		{name: "levels; bucket 37/s, burst 50", rows: 10_000, quota: quotaOf{Rate: 37, Burst: 50, RateHeaders: true}},
		{name: "levels; neighbour takes 40 %", rows: 20_000,
			quota: quotaOf{Rate: 100, Schedule: neighbour(), RateHeaders: true}},
		{name: "levels; lockout; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, RateHeaders: true, Lockout: time.Second}},
		{name: "levels and strays of 1 %; 100/s", rows: 20_000,
			stray: 0.01, quota: quotaOf{Rate: 100, RateHeaders: true, NoRetryAfter: true}},
		{name: "429 with levels; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, RateHeaders: true},
			alter: func(_ time.Duration, d *decision) {
				if d.Admitted {
					d.Level = nil
				}
			}},
		{name: "levels that vanish; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, RateHeaders: true},
			alter: func(at time.Duration, d *decision) {
				if at > 100*time.Second {
					d.Level = nil
				}
			}},
		{name: "levels that appear; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, RateHeaders: true},
			alter: func(at time.Duration, d *decision) {
				if at < 100*time.Second {
					d.Level = nil
				}
			}},
		{name: "429, no Retry-After; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, NoRetryAfter: true}},
		{name: "429, no Retry-After; 10/s, burst 10", rows: 5_000, quota: quotaOf{Rate: 10, NoRetryAfter: true}},
		{name: "429, no Retry-After; 100, 30, 100/s", rows: 20_000,
			quota: quotaOf{Rate: 100, Schedule: dip, NoRetryAfter: true}},
		{name: "429, no Retry-After; window 1,000", rows: 10_000,
			quota: quotaOf{Window: time.Minute, Limit: 1000, NoRetryAfter: true}},
		{name: "429; lockout; 37/s, burst 50", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 50, Lockout: time.Second}},
		{name: "429; lockout; 37/s, burst 10", rows: 10_000,
			quota: quotaOf{Rate: 37, Burst: 10, Lockout: time.Second}},
		{name: "429; bucket 37/s, burst 10", rows: 10_000, quota: quotaOf{Rate: 37, Burst: 10}},
		{name: "429; bucket 97/s, burst 10", rows: 20_000, quota: quotaOf{Rate: 97, Burst: 10}},
		{name: "429; bucket 80/s, burst 20", rows: 20_000, quota: quotaOf{Rate: 80, Burst: 20}},
		{name: "429; 20, 80, 40/s, burst 20", rows: 20_000,
			quota: quotaOf{Rate: 80, Burst: 20, Schedule: changes(100*time.Second, 20, 80, 40)}},
		{name: "429; bucket 10/s, burst 100", rows: 5_000, quota: quotaOf{Rate: 10, Burst: 100}},
		{name: "stray 3 % with Retry-After: 1; 100/s", rows: 20_000, stray: 0.03, quota: quotaOf{Rate: 100}},
		{name: "stray 1 % with Retry-After: 1; 37/s", rows: 20_000, stray: 0.01, quota: quotaOf{Rate: 37}},
		{name: "stray 1 % with Retry-After: 1; 100, 30, 100/s", rows: 20_000, stray: 0.01,
			quota: quotaOf{Rate: 100, Schedule: dip}},
		{name: "stray 1 %; 37/s", rows: 20_000, stray: 0.01, quota: quotaOf{Rate: 37, NoRetryAfter: true}},
		{name: "bare strays of 1 %, not the bucket's; 80/s", rows: 20_000,
			stray: 0.01, quota: quotaOf{Rate: 80, RateHeaders: true},
			alter: func(_ time.Duration, d *decision) {
				if d.Level == nil {
					d.RetryAfter = 0
				}
				d.Level = nil
			}},
		{name: "no ceiling; levels; bucket 100/s", rows: 20_000, maxRate: -1,
			quota: quotaOf{Rate: 100, RateHeaders: true}},
		{name: "no ceiling; levels; window 1,000", rows: 10_000, maxRate: -1, quota: levels},
		{name: "no ceiling; 429; bucket 100/s", rows: 20_000, maxRate: -1, quota: quotaOf{Rate: 100}},
		{name: "no ceiling; 429; 100, 30, 100/s", rows: 20_000, maxRate: -1,
			quota: quotaOf{Rate: 100, Schedule: dip}},
		{name: "no ceiling; 429; window 1,000", rows: 10_000, maxRate: -1, quota: window},
	}
}

// millions are the scenes that take minutes.
func millions() []scene {
	return []scene{
		{name: "429; 1,000,000 rows; bucket 100/s", rows: 1_000_000, time: 1.002, refused: 0.0002,
			quota: quotaOf{Rate: 100}},
		{name: "429; 1,000,000 rows; bucket 97/s", rows: 1_000_000, quota: quotaOf{Rate: 97, Burst: 100}},
	}
}
