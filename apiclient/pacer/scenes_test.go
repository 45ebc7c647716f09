package pacer

import "math/rand/v2"

// dip is the quota that falls in mid-run and comes back.
func dip() schedule { return schedule{{0, 100}, {60, 30}, {120, 100}} }

func bucketOf(b tokenBucket) func(*rand.Rand) quota {
	return func(*rand.Rand) quota { c := b; return &c }
}

func windowOf(w fixedWindow) func(*rand.Rand) quota {
	return func(*rand.Rand) quota { c := w; return &c }
}

func shardsOf(headers bool) func(*rand.Rand) quota {
	return func(r *rand.Rand) quota { return newSharded(4, 100, 100, headers, r) }
}

// goals are the scenes that have goals, but for the million rows.
func goals() []scene {
	return []scene{
		{name: "levels; bucket 100/s", rows: 20_000, maxRate: 100, time: 1.005,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100, headers: true})},
		{name: "levels; 100, 30, 100/s", rows: 20_000, maxRate: 100, time: 1.01, refused: 0.001,
			quota: bucketOf(tokenBucket{rates: dip(), burst: 100, headers: true})},
		{name: "429; bucket 100/s", rows: 20_000, maxRate: 100, time: 1.01, refused: 0.0005,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100})},
		{name: "429; 100, 30, 100/s", rows: 20_000, maxRate: 100, time: 1.05, refused: 0.0025,
			quota: bucketOf(tokenBucket{rates: dip(), burst: 100})},
		{name: "429; lockout of 1 s; bucket 100/s", rows: 20_000, maxRate: 100, time: 1.03, refused: 0.002,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100, lockout: true})},
		{name: "429; bucket 10/s, burst 10", rows: 5_000, maxRate: 100, time: 1.005, refused: 0.011,
			quota: bucketOf(tokenBucket{rates: steady(10), burst: 10})},
		{name: "429; bucket 10/s, burst 100", rows: 5_000, maxRate: 100, time: 1.005, refused: 0.011,
			quota: bucketOf(tokenBucket{rates: steady(10), burst: 100})},
		{name: "429; window 1,000 in 60 s", rows: 10_000, maxRate: 100, time: 1.01, refused: 0.007,
			quota: windowOf(fixedWindow{size: 1000, every: 60})},
		{name: "429; 1,000 rows; bucket 100/s", rows: 1_000, maxRate: 100, time: 1.13,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100})},
	}
}

// more are scenes without goals: their figures are there to be watched.
func more() []scene {
	neighbour := alternate(100, 60, 20, 1000)
	return []scene{
		{name: "levels; window 1,000 in 60 s", rows: 10_000, maxRate: 100,
			quota: windowOf(fixedWindow{size: 1000, every: 60, headers: true})},
		{name: "levels; bucket 10/s, burst 10", rows: 5_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(10), burst: 10, headers: true})},
		{name: "levels; bucket 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, headers: true})},
		{name: "429; bucket 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50})},
		{name: "429 with levels; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: func(*rand.Rand) quota {
				return refusalLevels{&tokenBucket{rates: steady(37), burst: 50, headers: true}}
			}},
		{name: "429, no Retry-After; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, noRetryAfter: true})},
		{name: "levels that vanish; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, headers: true, headersEnd: 100})},
		{name: "levels that appear; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, headers: true, headersFrom: 100})},
		{name: "levels; lockout; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, headers: true, lockout: true})},
		{name: "429; lockout; 37/s, burst 50", rows: 10_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(37), burst: 50, lockout: true})},
		{name: "levels; neighbour takes 40 %", rows: 20_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: neighbour, burst: 100, headers: true})},
		{name: "429; neighbour takes 40 %", rows: 20_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: neighbour, burst: 100})},
		{name: "levels; 4 shards; 100/s", rows: 20_000, maxRate: 100, quota: shardsOf(true)},
		{name: "429; 4 shards; 100/s", rows: 20_000, maxRate: 100, quota: shardsOf(false)},
		{name: "no ceiling; levels; bucket 100/s", rows: 20_000,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100, headers: true})},
		{name: "no ceiling; levels; window 1,000", rows: 10_000,
			quota: windowOf(fixedWindow{size: 1000, every: 60, headers: true})},
		{name: "no ceiling; 429; bucket 100/s", rows: 20_000,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100})},
		{name: "no ceiling; 429; 100, 30, 100/s", rows: 20_000,
			quota: bucketOf(tokenBucket{rates: dip(), burst: 100})},
		{name: "no ceiling; 429; lockout; 100/s", rows: 20_000,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100, lockout: true})},
		{name: "no ceiling; 429; window 1,000", rows: 10_000,
			quota: windowOf(fixedWindow{size: 1000, every: 60})},
	}
}

// millions are the scenes that take minutes.
func millions() []scene {
	return []scene{
		{name: "429; 1,000,000 rows; bucket 100/s", rows: 1_000_000, maxRate: 100, time: 1.002, refused: 0.0002,
			quota: bucketOf(tokenBucket{rates: steady(100), burst: 100})},
		{name: "429; 1,000,000 rows; bucket 97/s", rows: 1_000_000, maxRate: 100,
			quota: bucketOf(tokenBucket{rates: steady(97), burst: 100})},
	}
}
