// Mutate negates the conditions of the program's pure rules, one at a time, and expects the tests of their room to
// notice each. The source is not touched: a copy in which each condition can be negated stands in for it
// (go test -overlay), so that a room is built once.
//
// Usage: go run .ci/mutate.go [-jobs N] [-list] [FILE[:FUNCTION] …]
//
// Without arguments it goes through the rules listed below. It ends with 1 when a negated condition was not noticed.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// A mutant is one condition that is negated.
type mutant struct {
	rule
	number     int    // from 1
	place      string // file:line
	text       string // the condition
	start, end int    // its bytes in the file
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
	began := time.Now()
	var mutants []mutant
	for _, r := range rules {
		found, err := conditionsOf(r)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%s %s has no condition: the list of rules is out of date", r.file, r.function)
		}
		for _, m := range found {
			m.number = len(mutants) + 1
			mutants = append(mutants, m)
			if list {
				fmt.Printf("%s: %s\n", m.place, m.text)
			}
		}
	}
	if list {
		return nil
	}
	rooms, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(rooms)
	programs := map[string]string{} // of the tests, by folder
	for _, m := range mutants {
		folder := filepath.Dir(m.file)
		if programs[folder] != "" {
			continue
		}
		programs[folder] = filepath.Join(rooms, fmt.Sprintf("%d.test.exe", m.number))
		if err := build(folder, programs[folder], mutants); err != nil {
			return err
		}
	}
	for _, r := range rules { // that would notice anything
		if noticed(programs[filepath.Dir(r.file)], mutant{rule: r}) {
			return fmt.Errorf("the tests %q of %s fail with nothing negated", r.tests, r.file)
		}
	}
	missed := try(mutants, jobs, programs)
	fmt.Printf("%d conditions negated, %d noticed, in %s\n", len(mutants), len(mutants)-missed,
		time.Since(began).Round(time.Second))
	if missed > 0 {
		return fmt.Errorf("%d negated conditions were not noticed by any test", missed)
	}
	return nil
}

// conditionsOf returns a mutant for each condition of r: of an if or a case of a switch without a tag, and for each
// operand of && and || in one.
func conditionsOf(r rule) ([]mutant, error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, r.file, nil, 0)
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
			var text bytes.Buffer
			if err := printer.Fprint(&text, files, c); err != nil {
				return nil, err
			}
			found = append(found, mutant{rule: r, place: fmt.Sprintf("%s:%d", r.file, from.Line), text: text.String(),
				start: from.Offset, end: to.Offset})
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

// build makes the program of a folder's tests, in which the variable MUTANT has the number of what is negated.
func build(folder, program string, mutants []mutant) error {
	replace := map[string]string{}
	put := func(name string, content []byte) error {
		absolute, err := filepath.Abs(filepath.Join(folder, name))
		replace[absolute] = program + "." + name
		return cmp.Or(err, os.WriteFile(replace[absolute], content, 0o600))
	}
	var file *ast.File
	for _, name := range files(folder, mutants) {
		source, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			file, err = parser.ParseFile(token.NewFileSet(), name, source, parser.PackageClauseOnly)
		}
		if err == nil {
			err = put(name, negatable(source, filepath.Join(folder, name), mutants))
		}
		if err != nil {
			return err
		}
	}
	overlay := program + ".json"
	err := put("mutant_number.go", []byte("package "+file.Name.Name+"\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\n"+
		"var mutantNumber, _ = strconv.Atoi(os.Getenv(\"MUTANT\"))\n"))
	if err != nil {
		return err
	}
	content, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		return err
	}
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program,
		"./"+filepath.ToSlash(folder)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the tests of %s: %w\n%s", folder, err, out)
	}
	return nil
}

// files are the names of a folder's files that have mutants.
func files(folder string, mutants []mutant) (names []string) {
	for _, m := range mutants {
		if filepath.Dir(m.file) == folder {
			names = append(names, filepath.Base(m.file))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// negatable is a file's source in which each condition of the mutants is negated when its number is asked for.
func negatable(source []byte, file string, mutants []mutant) []byte {
	before, after := map[int]string{}, map[int]string{}
	for _, m := range mutants {
		if filepath.Clean(m.file) == file { // of one in another, the outer one comes first
			before[m.start] += "(("
			after[m.end] = fmt.Sprintf(") != (mutantNumber == %d))", m.number) + after[m.end]
		}
	}
	var changed bytes.Buffer
	for i, b := range source {
		changed.WriteString(after[i] + before[i])
		changed.WriteByte(b)
	}
	return changed.Bytes()
}

// try runs the tests of each mutant, prints those that nothing noticed, and returns how many.
func try(mutants []mutant, jobs int, programs map[string]string) (missed int) {
	work := make(chan mutant)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for m := range work {
				if noticed(programs[filepath.Dir(m.file)], m) {
					continue
				}
				mu.Lock()
				missed++
				fmt.Printf("not noticed: %s: %s\n", m.place, m.text)
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

// noticed reports whether a test fails, or runs for too long, with m negated.
func noticed(program string, m mutant) bool {
	ctx, cancel := context.WithTimeout(context.Background(), testTime+time.Minute)
	defer cancel()
	tests := exec.CommandContext(ctx, program, "-test.short", "-test.failfast", "-test.timeout", testTime.String(),
		"-test.run", cmp.Or(m.tests, "."))
	tests.Dir = filepath.Dir(m.file)
	tests.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", m.number))
	return tests.Run() != nil
}

// rules are those of which a wrong one does harm: what a row has become, when a run stops, who is a leaver, and what
// the cells prove about a column.
var rules = []rule{
	{file: "importer/judge.go", tests: judges},
	{file: "importer/revoke.go", function: "withoutRequest", tests: judges},
	{file: "importer/revoke.go", function: "upToDate", tests: "TestRevokeLeavers"},
	{file: "importer/lookup.go", function: "try", tests: stops},
	{file: "importer/guards.go", tests: guards},
	{file: "importer/leavers.go", function: "judge", tests: judges},
	{file: "importer/stop.go", function: "sameRefusal", tests: stops},
	{file: "importer/stop.go", function: "tooMany", tests: stops},
	{file: "importer/stop.go", function: "StopFor", tests: stops},
	{file: "importer/export/evidence.go", tests: columns},
	{file: "importer/export/names.go", tests: columns},
	{file: "importer/export/alignment.go", tests: "TestAddressesOfOthers|TestAddressOfAnother|TestShapes"},
}

const (
	judges = "^Test(Judge|Deleted|WithoutRequest)"
	guards = "^Test(Guards|Check|ParseLimit)"
	stops  = "^Test(SameRefusal|MaxErrors|StopFor)"

	columns = "^Test(Evidence|Category|Fold|Shapes|Situations|Own|FailedFiles|WithoutAHeader|Preset|Sources)"
)
