package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"jsm-onboard/importer"
)

// interruptible returns a context that ends at the first Ctrl-C or request to terminate, with
// [importer.ErrInterrupted] as its cause. The second one ends the process at once: the ledger sets that right when the
// command is run again. Call release when the work is done.
//
// On Windows, Ctrl-C and Ctrl-Break arrive as os.Interrupt, and closing the window, logging off and shutting down as
// SIGTERM.
func (p *program) interruptible(parent context.Context) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // the last: a closed terminal
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for range signals {
			if ctx.Err() != nil {
				os.Exit(importer.Interrupted.ExitCode())
			}
			p.console.Interrupted("stopping: requests that were sent are finished, and everything is written; " +
				"press Ctrl-C again to end at once")
			cancel(importer.ErrInterrupted)
		}
	})
	return ctx, func() {
		signal.Stop(signals) // nothing is sent to the channel any more
		close(signals)
		watcher.Wait()
		cancel(nil)
	}
}
