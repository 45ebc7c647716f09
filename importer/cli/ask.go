package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"jsm-onboard/importer"
)

// interactive tells whether there is somebody who can be asked: both stdin
// and stderr are terminals.
func (p *program) interactive() bool {
	return isTerminal(p.In) && isTerminal(p.Err)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask puts a question on stderr that is answered by y or yes, or else by no.
// Ctrl-C ends the wait with an error. Without a terminal nobody is asked, and
// the answer is no.
func (p *program) ask(ctx context.Context, question string) (bool, error) {
	if !p.interactive() {
		return false, nil
	}
	fmt.Fprintf(p.Err, "%s [y/N] ", question)
	type reply struct {
		line string
		err  error
	}
	replies := make(chan reply, 1)
	go func() { // a read from a terminal cannot be called off; it ends with the process
		line, err := readLine(p.In)
		replies <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		return false, errNotAgreed
	case r := <-replies:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return false, fmt.Errorf("reading the answer: %w", r.err)
		}
		answer := strings.ToLower(strings.TrimSpace(r.line))
		return answer == "y" || answer == "yes", nil
	}
}

// readLine reads no further than the end of the line, so that the next
// question finds its own answer.
func readLine(in io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for {
		n, err := in.Read(one)
		if err != nil || n == 1 && one[0] == '\n' {
			return string(line), err
		}
		line = append(line, one[:n]...)
	}
}

// errNotAgreed ends a run that was not agreed to.
var errNotAgreed = &importer.Stop{Cause: importer.Interrupted, What: "not confirmed: nothing was sent"}
