package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"jsm-onboard/importer"
)

// errNotConfirmed is why a question ends a run before it has begun.
var errNotConfirmed = &importer.Stop{Cause: importer.Interrupted, What: "not confirmed: nothing was sent"}

// interactive reports whether there is somebody who can be asked: both stdin and stderr are terminals.
func (p *program) interactive() bool { return isTerminal(p.In) && isTerminal(p.Err) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask prints a question on stderr and returns the one of answers that the person types, as a whole word. Enter alone,
// "no" or "none", the end of the input and three other answers mean no: the error says so.
func (p *program) ask(ctx context.Context, question string, answers ...string) (string, error) {
	in := bufio.NewReader(p.In)
	for range 3 {
		p.console.ShowText(question + " [" + strings.Join(answers, "/") + "] ")
		typed := make(chan string, 1)
		go func() { // a read from a terminal cannot be cancelled; it ends with the process
			line, err := in.ReadString('\n')
			if err != nil { // the end of the input
				fmt.Fprintln(p.Err)
			}
			typed <- strings.ToLower(strings.TrimSpace(line))
		}()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case answer := <-typed:
			if strings.HasPrefix("none", answer) {
				return "", errNotConfirmed
			}
			if slices.Contains(answers, answer) {
				return answer, nil
			}
		}
		p.console.ShowText("Please answer " + strings.Join(answers, " or ") + ".\n")
	}
	return "", errNotConfirmed
}

// interruptible returns a context that ends at the first Ctrl-C or request to terminate, with [importer.ErrInterrupted]
// as its cause; the second one ends the process. Call release when the work is done.
// On Windows, Ctrl-C and Ctrl-Break are os.Interrupt; closing the window, logging off and shutting down are SIGTERM.
func (p *program) interruptible(parent context.Context) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} { // the last: a closed terminal
		if !signal.Ignored(s) { // as nohup makes SIGHUP, and a shell script the Ctrl-C of its background jobs
			signal.Notify(signals, s)
		}
	}
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for range signals {
			first, second := "stopping; Ctrl-C again ends at once", "ended at once"
			if p.sending.Load() {
				first = "stopping: waiting for answers, then all is written; Ctrl-C again ends at once, without them"
				second += ": run the same command again to go on. Customers whose creation was not awaited become " +
					"created_unconfirmed, which undo does not revoke"
			}
			if ctx.Err() != nil {
				time.AfterFunc(time.Second/4, func() { os.Exit(int(importer.Interrupted)) })
				p.console.Interrupted(second)
				fmt.Fprintln(p.Err) // the bar stays where it is
				os.Exit(int(importer.Interrupted))
			}
			cancel(importer.ErrInterrupted)
			watcher.Go(func() { p.console.Interrupted(first) }) // it cannot, while nobody reads stderr
		}
	})
	return ctx, func() {
		signal.Stop(signals) // nothing is sent to the channel any more
		close(signals)
		watcher.Wait()
		cancel(nil)
	}
}
