package pacer

import (
	"fmt"
	"time"
)

// EventKind says what has happened to the pace.
type EventKind int

const (
	PauseBegan    EventKind = iota + 1 // nothing leaves before Until
	PauseExtended                      // Until is later than was said, by a second or more
	PauseEnded                         // told when the next request leaves
	OutageBegan                        // the site does not answer; single requests probe it, the next at Until
	OutageEnded                        // a request has got through again
	PaceChanged                        // Rate differs by a quarter or more from what was last told
)

// String returns the kind in words.
func (k EventKind) String() string {
	switch k {
	case PauseBegan:
		return "pause began"
	case PauseExtended:
		return "pause extended"
	case PauseEnded:
		return "pause ended"
	case OutageBegan:
		return "outage began"
	case OutageEnded:
		return "outage ended"
	case PaceChanged:
		return "pace changed"
	}
	return "unknown"
}

// Event is something that people who watch a run want to know.
type Event struct {
	Kind   EventKind
	At     time.Time
	Pacer  string        // name of the pacer; of a shared pause the one that was refused
	Shared bool          // the pause is the whole group's
	Until  time.Time     // PauseBegan, PauseExtended, OutageBegan
	Lasted time.Duration // PauseEnded, OutageEnded
	Rate   float64       // PaceChanged: requests a second
	Reason string
}

// String returns one line for the log.
func (e Event) String() string {
	text := e.Pacer + ": " + e.Kind.String()
	switch e.Kind {
	case PauseBegan, PauseExtended:
		text += ", until " + e.Until.Format(time.TimeOnly)
	case OutageBegan:
		text += ", next try at " + e.Until.Format(time.TimeOnly)
	case PauseEnded, OutageEnded:
		text += " after " + e.Lasted.Round(100*time.Millisecond).String()
	case PaceChanged:
		text += fmt.Sprintf(", %.4g a second", e.Rate)
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}
