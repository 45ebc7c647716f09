// Mutate negates the conditions of the program's pure rules, one at a time, and expects the tests of their room to
// notice each. The source is not touched: a changed copy stands in for it (go test -overlay).
//
// Usage: go run .ci/mutate.go [-jobs N] [-list] [FILE[:FUNCTION] …]
//
// Without arguments it goes through the rules listed below. It ends with 1 when a negated condition was not noticed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// testTime is how long one mutant may keep its tests busy: a loop that never ends is noticed, too.
const testTime = 90 * time.Second

// A rule is one function whose conditions are negated, and the tests that must notice.
type rule struct {
	file, function string // function "": every one of the file
	tests          string // as go test -run takes it
}

// A mutant is one negated condition.
type mutant struct {
	rule
	place  string // file:line
	text   string // the condition
	source []byte // the whole file with it negated
}

func main() {
	jobs := flag.Int("jobs", 2, "mutants tried at once")
	list := flag.Bool("list", false, "print the conditions, try nothing")
	flag.Parse()
	rules := rules
	if flag.NArg() > 0 {
		rules = nil
		for _, arg := range flag.Args() {
			file, function, _ := strings.Cut(arg, ":")
			rules = append(rules, rule{file: file, function: function})
		}
	}
	if err := run(rules, *jobs, *list); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(rules []rule, jobs int, list bool) error {
	var mutants []mutant
	for _, r := range rules {
		found, err := negations(r)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%s %s has no condition: the list of rules is out of date", r.file, r.function)
		}
		mutants = append(mutants, found...)
	}
	if list {
		for _, m := range mutants {
			fmt.Printf("%s: %s\n", m.place, m.text)
		}
		return nil
	}
	began := time.Now()
	missed := try(mutants, jobs)
	fmt.Printf(
		"%d conditions negated, %d noticed, in %s\n",
		len(mutants),
		len(mutants)-missed,
		time.Since(began).Round(time.Second),
	)
	if missed > 0 {
		return fmt.Errorf("%d negated conditions were not noticed by any test", missed)
	}
	return nil
}

// negations returns a mutant for each condition of r: of an if or a case of a switch without a tag, and for each
// operand of && and || in one.
func negations(r rule) ([]mutant, error) {
	source, err := os.ReadFile(r.file)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, r.file, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var found []mutant
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || r.function != "" && f.Name.Name != r.function {
			continue
		}
		for _, c := range conditions(f.Body) {
			from, to := files.Position(c.Pos()), files.Position(c.End())
			changed := bytes.Join(
				[][]byte{
					source[:from.Offset],
					[]byte("!("),
					source[from.Offset:to.Offset],
					[]byte(")"),
					source[to.Offset:],
				},
				nil,
			)
			var text bytes.Buffer
			if err := printer.Fprint(&text, files, c); err != nil {
				return nil, err
			}
			found = append(
				found,
				mutant{rule: r, place: fmt.Sprintf("%s:%d", r.file, from.Line), text: text.String(), source: changed},
			)
		}
	}
	return found, nil
}

func conditions(body ast.Node) []ast.Expr {
	var found []ast.Expr
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			found = append(found, operands(n.Cond)...)
		case *ast.SwitchStmt:
			if n.Tag != nil {
				return true
			}
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					found = append(found, operands(e)...)
				}
			}
		}
		return true
	})
	return found
}

// operands are the parts of a condition that && and || join; of one part, the condition itself.
func operands(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return operands(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			return append(operands(e.X), operands(e.Y)...)
		}
	}
	return []ast.Expr{e}
}

// try runs the tests of each mutant, prints those that nothing noticed, and returns how many.
func try(mutants []mutant, jobs int) (missed int) {
	work := make(chan mutant)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for m := range work {
				noticed, err := m.noticed()
				if noticed {
					continue
				}
				mu.Lock()
				missed++
				fmt.Printf("not noticed: %s: %s", m.place, m.text)
				if err != nil {
					fmt.Printf(" (%v)", err)
				}
				fmt.Println()
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		work <- m
	}
	close(work)
	workers.Wait()
	return missed
}

// noticed reports whether a test fails, or runs for too long, with m in place.
func (m mutant) noticed() (bool, error) {
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	changed := filepath.Join(folder, "changed.go")
	if err := os.WriteFile(changed, m.source, 0o600); err != nil {
		return false, err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return false, err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return false, err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTime+60*time.Second)
	defer cancel()
	args := []string{
		"test",
		"-short",
		"-failfast",
		"-vet=off",
		"-count=1",
		"-timeout",
		testTime.String(),
		"-overlay",
		list,
	}
	if m.tests != "" {
		args = append(args, "-run", m.tests)
	}
	out, err := exec.CommandContext(
		ctx,
		"go",
		append(args, "./"+filepath.ToSlash(filepath.Dir(m.file)))...).CombinedOutput()
	if bytes.Contains(out, []byte("[build failed]")) {
		return false, errors.New("the mutant does not compile")
	}
	return err != nil, nil
}

// rules are those of which a wrong one does harm: what a row has become, when a run stops, who is a leaver, and what
// the cells prove about a column.
var rules = []rule{
	{file: "importer/judge.go", tests: judges},
	{file: "importer/revoke.go", function: "judgeRevoke", tests: judges},
	{file: "importer/revoke.go", function: "deleted", tests: judges},
	{file: "importer/revoke.go", function: "withoutRequest", tests: judges},
	{file: "importer/names.go", function: "judgeRename", tests: judges},
	{file: "importer/lookup.go", function: "forNobody", tests: judges},
	{file: "importer/leavers.go", function: "judgeLeaver", tests: judges},
	{file: "importer/stop.go", function: "sameAgain", tests: stops},
	{file: "importer/stop.go", function: "tooMany", tests: stops},
	{file: "importer/stop.go", function: "StopFor", tests: stops},
	{file: "importer/export/evidence.go", tests: columns},
	{file: "importer/export/score.go", tests: columns},
}

const (
	judges = "^Test(Judge|Deleted|WithoutRequest)"
	stops  = "^Test(SameRefusal|MaxErrors|StopFor)"

	columns = "^Test(Choices|Evidence|Category|Fold|Shapes|Harms|Situations|Own|FailedFiles|WithoutAHeader|Preset|" +
		"Sources)"
)
