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

// askedAtMost is how often a question is put to somebody who does not answer
// it.
const askedAtMost = 3

// ask puts a question on stderr that is answered by y or n; Enter alone is n,
// and anything else is asked again. When there is no answer (Ctrl-C, the end of
// the input, three times something else), nothing may be done: the error says
// so. Without a terminal nobody is asked, and the answer is no.
func (p *program) ask(ctx context.Context, question string) (bool, error) {
	if !p.interactive() {
		return false, nil
	}
	for range askedAtMost {
		fmt.Fprintf(p.Err, "%s [y/N] ", question)
		line, err := p.answer(ctx)
		if err != nil {
			return false, err
		}
		if agreed, clear := understand(line); clear {
			return agreed, nil
		}
		fmt.Fprintln(p.Err, "Please answer y or n.")
	}
	return false, errNotAgreed
}

// understand reads an answer; not clear: it is neither yes nor no.
func understand(line string) (agreed, clear bool) {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, true
	case "", "n", "no":
		return false, true
	}
	return false, false
}

// answer is the next line that is typed.
func (p *program) answer(ctx context.Context) (string, error) {
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
		return "", errAskedInVain
	case r := <-replies:
		switch {
		case errors.Is(r.err, io.EOF) && r.line == "":
			fmt.Fprintln(p.Err)
			return "", errNotAgreed
		case r.err != nil && !errors.Is(r.err, io.EOF):
			return "", fmt.Errorf("reading the answer: %w", r.err)
		}
		return r.line, nil
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

// Why a question ends a run before it has begun: it was not agreed to, or
// Ctrl-C was pressed.
var (
	errNotAgreed   = &importer.Stop{Cause: importer.Interrupted, What: "not confirmed: nothing was sent"}
	errAskedInVain = &importer.Stop{Cause: importer.Interrupted, What: "interrupted: nothing was sent"}
)
