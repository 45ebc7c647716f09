package pacer

import "time"

// Kind says what became of a request, as far as the pace is concerned.
type Kind int

const (
	Passed  Kind = iota + 1 // any answer that shows that the site works: 2xx, and 4xx but 429
	Refused                 // 429
	Failed                  // 5xx, network error, timeout
	Unsent                  // it never left
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Passed:
		return "passed"
	case Refused:
		return "refused"
	case Failed:
		return "failed"
	case Unsent:
		return "unsent"
	}
	return "unknown"
}

// Answer is what a sender has to say about one ticket.
type Answer struct {
	Kind       Kind
	RetryAfter time.Duration // with Refused: the least time to wait; with Failed only probes of an outage heed it; 0: not said
	Shared     bool          // with Refused: a quota of the whole tenant, every pacer of the group pauses
	Reason     string        // with Refused or Failed: for people
	Level      *Level        // rate headers; nil: there were none
}

// Level is what rate headers say. Limit is sometimes the bucket and sometimes the rate, so nothing here depends on it.
type Level struct {
	Remaining int
	Limit     int           // 0: not said
	Reset     time.Duration // from the moment of the answer; 0: not said
}

// Ticket is the leave for one request. Each one is given back by Done, exactly once.
type Ticket struct {
	number uint64 // of the sends of this pacer, from 1
	epoch  uint64 // congestion events before it left
	left   time.Time
	retry  bool
	probe  uint64 // which outage it probes; 0: none
}
