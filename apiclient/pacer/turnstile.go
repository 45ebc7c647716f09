package pacer

import (
	"context"
	"time"
)

// turnstile lets one waiter at a time look at the pace; the others stand in line behind it, first come, first served.
// It is made of channels, because waits must end with their contexts.
type turnstile struct {
	front chan struct{} // holds a token while somebody is at the front
	bell  chan struct{} // rung when the one at the front should look again
}

func newTurnstile() turnstile {
	return turnstile{front: make(chan struct{}, 1), bell: make(chan struct{}, 1)}
}

// enter waits for the place at the front.
func (t turnstile) enter(ctx context.Context) error {
	select {
	case t.front <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave makes room for the next one.
func (t turnstile) leave() { <-t.front }

// ring makes the one at the front look again. It never blocks.
func (t turnstile) ring() {
	select {
	case t.bell <- struct{}{}:
	default:
	}
}

// sleep waits for d, for the bell, or for the end of ctx.
func (t turnstile) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.bell:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
