package cli

import (
	"bytes"
	"context"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// lines are those of a topic that begin with | `word`.
func tableWords(topic string) map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(helpText(topic)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for word := range strings.SplitSeq(cell, ", ") {
			if trimmed := strings.Trim(word, "`"); strings.HasPrefix(line, "| ") && trimmed != word {
				words[trimmed] = true
			}
		}
	}
	return words
}

// What the program knows has a line in the reference: whoever adds a status, a flag or a preset adds it there.
func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	var statuses []string
	for _, s := range append(outcome.ImportStatuses(), outcome.RevokeStatuses()...) {
		statuses = append(statuses, s.String())
	}
	for a := outcome.Added; a <= outcome.AccessNotAttempted; a++ {
		statuses = append(statuses, a.String())
	}
	for _, tc := range []struct {
		topic string
		words []string
	}{
		{"statuses", statuses}, {"exports", export.Presets()},
	} {
		words := tableWords(tc.topic)
		for _, word := range tc.words {
			if !words[word] {
				t.Errorf("help %s has no line for %s", tc.topic, word)
			}
		}
	}
	for _, code := range []string{"0", "1", "2", "3", "4", "5", "6", "130"} {
		if !strings.Contains(helpText("exit-codes"), "\n| "+code+" | ") {
			t.Errorf("help exit-codes has no line for %s", code)
		}
	}
}

// Each flag stands in help settings, and what stands there is a flag; the help of a command shows at most 20.
func TestFlagsAreDescribed(t *testing.T) {
	t.Parallel()
	p := &program{}
	all, used := settings(), map[string]bool{"config": true}
	for _, cmd := range p.root().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			used[f.Name] = true
			if all[f.Name].meaning == "" && f.Name != "help" {
				t.Errorf("help settings has no line for --%s of %s", f.Name, cmd.Name())
			}
		})
		shown := strings.Fields(cmd.Annotations[shownFlags])
		if len(shown) > 20 {
			t.Errorf("the help of %s shows %d flags", cmd.Name(), len(shown))
		}
		for _, name := range shown {
			if cmd.Flags().Lookup(name) == nil && name != "config" {
				t.Errorf("the help of %s shows --%s, which it does not have", cmd.Name(), name)
			}
		}
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("help/commands.md does not describe %s", cmd.Name())
		}
	}
	for name := range all {
		if !used[name] {
			t.Errorf("help settings describes --%s, which no command has", name)
		}
	}
}

// The defaults that help settings names are those of the flags.
func TestDefaultsAreDescribed(t *testing.T) {
	t.Parallel()
	root := (&program{}).root()
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			standard := settings()[f.Name].standard
			if f.DefValue == strconv.Itoa(math.MaxInt) {
				f.DefValue = "none"
			}
			value := strings.TrimSuffix(strings.TrimSuffix(f.DefValue, "m0s"), "0m0s")
			switch f.Value.Type() {
			case "bool", "int", "float64", "uint64":
				if standard != value && f.Name != "help" && !(value == "0" && strings.ContainsAny(standard, "no")) && cmd.Name() != "doctor" {
					t.Errorf("--%s of %s is %s, and help settings says %s", f.Name, cmd.Name(), value, standard)
				}
			}
		})
	}
}

// bare is a text without blanks, and without what only Markdown or only a terminal has.
func bare(text string) string {
	text = regexp.MustCompile(`(?m)^\|[ |-]+\|$`).ReplaceAllString(text, "")
	return regexp.MustCompile("[\\s|·`*#\\\\]").ReplaceAllString(text, "")
}

// Markdown is read as people read it: a paragraph and an item are one line each, and so is a row of a table.
func TestReadable(t *testing.T) {
	t.Parallel()
	for markdown, want := range map[string]string{
		"## A `b`":                 "A b",
		"one\ntwo **three**\nfour": "one two three four",
		"* one\n  two\n* three":    "* one two\n* three",
		"| a | b | c |\n| --- | --- | --- |\n| `--x N\\|P%` | 1 | two |": "a                         b · c\n--x N|P%                  1 · two",
		"| a long thing to explain here | b |":                           "a long thing to explain here\n                          b",
	} {
		if got := readable(markdown); got != want {
			t.Errorf("%q is %q, want %q", markdown, got, want)
		}
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(readme, []byte("\n")); n > 250 {
		t.Errorf("the README has %d lines", n)
	}
	entries, err := helpFiles.ReadDir("help")
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range topics {
		if !bytes.Contains(readme, []byte("(importer/cli/help/"+topic+".md)")) {
			t.Errorf("the README has no link to %s", topic)
		}
		out := runHelp(t, 0, "help", topic)
		if bare(out) != bare(helpText(topic)) || strings.Contains(out, "`") || strings.Contains(out, `\|`) || strings.HasPrefix(out, "#") {
			t.Errorf("help %s prints %q", topic, out)
		}
	}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".md")
		if name != "commands" && !slices.Contains(topics, name) {
			t.Errorf("help/%s.md is no topic", name)
		}
	}
	if out := runHelp(t, 0, "help", "import"); !strings.Contains(out, "Flags (all of them: jsm-onboard help settings):\n  --site URL") {
		t.Errorf("help import prints %q", out)
	}
	if out := runHelp(t, 2, "help", "statusses"); !strings.Contains(out, "the topics are statuses, exit-codes") {
		t.Errorf("help of what is none prints %q", out)
	}
}

func runHelp(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out strings.Builder
	if got := Run(context.Background(), args, os.Getenv, Streams{Out: &out, Err: &out}); got != code {
		t.Errorf("%v: exit code %d", args, got)
	}
	return out.String()
}

// A command that has no examples prints none.
func TestUsage(t *testing.T) {
	t.Parallel()
	for _, cmd := range (&program{}).root().Commands() {
		if cmd.Example == "    " {
			t.Errorf("%s has empty examples", cmd.Name())
		}
	}
}
