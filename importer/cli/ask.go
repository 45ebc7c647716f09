package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"jsm-onboard/importer"
)

// errNotAgreed is why a question ends a run before it has begun.
var errNotAgreed = &importer.Stop{Cause: importer.Interrupted, What: "not confirmed: nothing was sent"}

// interactive reports whether there is somebody who can be asked: both stdin and stderr are terminals.
func (p *program) interactive() bool { return isTerminal(p.In) && isTerminal(p.Err) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// askedAtMost is how often a question is put to somebody who does not answer it.
const askedAtMost = 3

// ask prints a question on stderr and returns the one of answers that the person types, as a whole word. Enter alone,
// "no", the end of the input and three other answers mean no: the error says so.
func (p *program) ask(ctx context.Context, question string, answers ...string) (string, error) {
	in := bufio.NewReader(p.In)
	for range askedAtMost {
		p.console.People(question + " ")
		line, err := p.readAnswer(ctx, in)
		if err != nil {
			return "", err
		}
		typed := strings.ToLower(strings.TrimSpace(line))
		if typed == "" || strings.HasPrefix("none", typed) {
			return "", errNotAgreed
		}
		if slices.Contains(answers, typed) {
			return typed, nil
		}
		p.console.People("Please answer " + strings.Join(answers, ", ") + " or none.\n")
	}
	return "", errNotAgreed
}

// readAnswer is the next line that is typed.
func (p *program) readAnswer(ctx context.Context, in *bufio.Reader) (string, error) {
	typed := make(chan string, 1)
	go func() { // a read from a terminal cannot be cancelled; it ends with the process
		line, _ := in.ReadString('\n')
		typed <- line
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line := <-typed:
		if line == "" { // the end of the input
			fmt.Fprintln(p.Err)
			return "", errNotAgreed
		}
		return line, nil
	}
}
