// Package cli is the command line: a constructor for each command, the
// settings, the wiring, the exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"jsm-onboard/report"
)

// Streams are what the program reads and writes besides files.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// program is one run of the program: where it reads and writes, and what it
// ends with.
type program struct {
	Streams
	env environment

	siteWords, readWords, ledgerWords []string // of the command line: what a command that follows needs, too

	voice *report.Console // of the command, once it has one
}

// Run is the whole program but for the process: it parses args, runs the
// command, and returns the exit code. env is in the form of [os.Environ].
func Run(ctx context.Context, args, env []string, streams Streams) int {
	p := &program{Streams: streams, env: newEnvironment(env)}
	p.collectAt(tightGC, math.MaxInt64)
	root := p.root()
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	return p.exitCode(root.ExecuteContext(ctx))
}

// How much garbage there may be, in percent of what is held. What a run holds
// are a few arrays without pointers, which cost the collector next to nothing;
// of a large file they take most of the memory that a run may have, of a small
// one hardly any: there both together may take enough bytes.
const (
	tightGC   = 30
	roomyGC   = 400
	enough    = 64 << 20
	smallFile = 200_000 // rows
)

// collectAt sets it, unless GOGC or GOMEMLIMIT do.
func (p *program) collectAt(percent int, limit int64) {
	if p.env["GOGC"] == "" && p.env["GOMEMLIMIT"] == "" {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

func (p *program) getenv(name string) string { return p.env[name] }

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "jsm-onboard COMMAND",
		Short: "Onboard customers in bulk to Jira Service Management Cloud",
		Long: `jsm-onboard reads an export of customers, creates each of them in Jira Service
Management Cloud as fast as the site's quota allows, and writes what became of
every row. Running the same command again is always right and always safe.

Try it without an Atlassian account:
  jsm-onboard import samples/zendesk-users.csv --sandbox`,
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return p.settle(cmd)
		},
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			if err := longDash(args); err != nil {
				return err
			}
			hint := "see jsm-onboard --help"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean jsm-onboard " + near[0] + "?"
			}
			if _, err := os.Stat(args[0]); err == nil {
				hint = "did you mean jsm-onboard import " + args[0] + "?"
			}
			return usagef(hint, "there is no command %q", args[0])
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("{{.Version}}\n")
	root.PersistentFlags().String("config", "", "`FILE` (YAML) with settings; its keys are flag names")
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(p.importCommand(), p.syncCommand(), p.revokeCommand(), p.checkCommand(), p.reportCommand(), p.sandboxCommand(), p.doctorCommand(), p.completionCommand())
	root.SetUsageFunc(usage)
	return root
}

// usageError is a command line that cannot be run as it is.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }

func usagef(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// oneFile is the check for commands that take one FILE.
func oneFile(cmd *cobra.Command, args []string) error {
	if err := longDash(args); err != nil {
		return err
	}
	switch len(args) {
	case 0:
		return usagef("usage: "+cmd.UseLine(), "%s needs the name of a file", cmd.Name())
	case 1:
		return nil
	}
	return usagef("usage: "+cmd.UseLine()+"; a name with blanks goes into quotes", "%s takes one file, not %d", cmd.Name(), len(args))
}

// longDashes are what word processors make of hyphens.
const longDashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"

// longDash refuses what was meant for a flag, but would be taken for a file.
func longDash(args []string) error {
	for _, arg := range args {
		first, _ := utf8.DecodeRuneInString(arg)
		name := strings.TrimLeft(arg, longDashes+"-")
		if !strings.ContainsRune(longDashes, first) || name == "" {
			continue
		}
		if _, err := os.Stat(arg); err != nil {
			return usagef("a flag begins with two hyphens: --"+name, "%s begins with a long dash, as word processors make it", arg)
		}
	}
	return nil
}

// noArguments is the check for commands that have flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if err := longDash(args); err != nil {
		return err
	}
	if len(args) == 0 {
		return nil
	}
	return usagef("usage: "+cmd.UseLine(), "%s takes no arguments, and %q is one", cmd.Name(), args[0])
}

// exitError is an exit code whose cause has been told already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// hinted is an error that a person can do something about.
type hinted struct {
	err  error
	hint string
	code int
}

func (e *hinted) Error() string { return e.err.Error() }

func (e *hinted) Unwrap() error { return e.err }

// exitCode tells the error, if it has not been told, and gives the code.
func (p *program) exitCode(err error) int {
	if err == nil {
		return 0
	}
	if told, ok := errors.AsType[exitError](err); ok {
		return int(told)
	}
	text, hint, code := explain(err)
	if p.voice == nil {
		p.voice = report.NewConsole(p.Err, report.ConsoleOptions{})
	}
	p.voice.Fail(text, hint, code)
	return code
}
