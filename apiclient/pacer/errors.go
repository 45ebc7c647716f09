package pacer

import (
	"fmt"
	"time"
)

// PauseError is what waiters get when the quota asks for a longer pause than Config.MaxPause.
type PauseError struct {
	Until  time.Time // when the quota is open again
	Reason string    // as the server said it; may be empty
}

func (e *PauseError) Error() string {
	text := "the quota asks for a pause until " + e.Until.Format(time.RFC3339)
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}

// OutageError is what waiters get when no request has got through for Config.MaxPause.
type OutageError struct {
	Since  time.Time // the first failure after the last request that got through
	Reason string    // of the last failure; may be empty
}

func (e *OutageError) Error() string {
	text := fmt.Sprintf("no request has got through since %s", e.Since.Format(time.RFC3339))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}
