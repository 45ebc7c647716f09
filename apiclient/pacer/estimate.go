package pacer

import "math"

const (
	slowest = 0.1 // requests a second: no signal drives a pace lower

	trustLow, trustHigh = 0.7, 1.1 // an estimate outside, as a share of the rate, says nothing by itself
	agreement           = 0.2      // two estimates that differ by less confirm each other
	sameQuota           = 0.02     // and by less than this: the quota is known well
	moved               = 0.6      // what is admitted now, as a share of the estimate, when the quota is another one since
	flowMargin          = 1.15     // a few sends say no more exactly what is admitted
	backOff             = 0.85
	backOffBlind        = 0.5 // from a first guess
	backOffLong         = 0.6 // before a long pause: were it a window's, the next is used up at another time
	fewSends            = 6   // sends after a refusal that are too few for a share

	creep      = 5e-5 // growth a second while the quota is known well
	vague      = 3e-3 // while it was taught by levels that have gone
	search     = 0.02 // while it is not known
	searchTime = 40.0 // seconds in which the gap between rate and estimate is searched

	accelerate    = 0.0015 // growth after the quiet time, a second squared
	accelerateLow = 0.03   // the same while the quota is unknown or below the best one

	spendShare = 0.4 // of what a pause has let into the bucket, to be used up at once, lest it overflows
	spendTime  = 2.0 // seconds
)

// signs is what a congestion event has to say about the quota.
type signs struct {
	rate     float64 // at which requests were sent when it began
	between  float64 // sends admitted since the last event ÷ time since; 0: it is the first
	before   float64 // the same of the last event; 0: none
	taught   bool    // the rate is more than a first guess
	long     bool    // the pause is a long one
	sent     int     // sends after the first refused one
	admitted int     // of them admitted
}

// verdict is the rate to go on at, and whether it is the quota.
type verdict struct {
	rate  float64
	known bool
}

// judge derives the next rate. The bucket was empty at both events, so what was admitted between is the quota,
// unless the bucket overflowed or the quota moved; then the share admitted since is the better guide.
func judge(s signs) verdict {
	flow, flows := s.flow()
	low := s.between < trustLow*s.rate
	inRange := !low && s.between <= trustHigh*s.rate
	switch {
	case s.between > 0 && inRange && flows && flow < moved*s.between:
		return verdict{rate: clamp(flowMargin*flow, slowest, backOff*s.rate)}
	case s.between > 0 && inRange,
		s.between > 0 && low && math.Abs(s.between-s.before) < agreement*s.before:
		return verdict{rate: max(s.between, slowest), known: true}
	case flows:
		return verdict{rate: clamp(flowMargin*flow, max(s.between, slowest), max(backOff*s.rate, s.between, slowest))}
	}
	return verdict{rate: max(s.step()*s.rate, slowest)}
}

// flow is the rate that was admitted once the bucket was empty; false when there were too few sends, or none was admitted,
// which says more about the server's way of refusing than about its quota.
func (s signs) flow() (float64, bool) {
	if s.sent < fewSends || s.admitted == 0 {
		return 0, false
	}
	return s.rate * (float64(s.admitted) + 0.5) / (float64(s.sent) + 1), true
}

// step is the factor on the rate when nothing is known.
func (s signs) step() float64 {
	switch {
	case s.long:
		return backOffLong
	case s.between == 0 && !s.taught:
		return backOffBlind
	}
	return backOff
}

// slope is the growth a second for the next stretch. An estimate is never too high, but too low when the bucket
// overflowed: then the rate had to go far beyond it until the next refusal came, and that gap is searched.
func slope(last, quota, rate, before float64) float64 {
	if before > 0 && math.Abs(quota-before) < sameQuota*before {
		return max(last/4, creep)
	}
	return clamp((rate/quota-1)/searchTime, creep, search)
}

// stretch is how the rate goes on after an event, as long as no other comes. Its times are seconds.
type stretch struct {
	base   float64 // the rate that it begins with; 0: not paced
	known  bool    // base is the quota, as far as one knows
	slope  float64 // growth a second
	quiet  float64 // before it grows faster
	faster float64 // growth a second squared, then
	paused float64 // the pause before, when the quota was known after it
	pushed float64 // in which the pace held requests back so far: only they count for growth
}

// rate is the present rate; 0: not paced.
func (s *stretch) rate() float64 {
	if s.base == 0 {
		return 0
	}
	x := max(s.pushed-s.quiet, 0)
	return s.base * (1 + s.slope*s.pushed + s.faster*x*x + spending(s.pushed, s.paused))
}

// spending is the share of the rate that uses up what a pause has let into the bucket, so many seconds after it.
func spending(seconds, pause float64) float64 {
	if pause == 0 {
		return 0
	}
	return spendShare / spendTime * min(pause, 1) * math.Exp(-seconds/spendTime)
}

// expected is the seconds until the next refusal when the quota is known exactly: the pause has filled the bucket with
// so many seconds of requests, and growth uses them up.
func expected(pause, slope float64) float64 {
	return math.Sqrt(2 * (1 - spendShare) * pause / max(slope, creep))
}

func clamp(x, low, high float64) float64 { return max(low, min(x, high)) }
