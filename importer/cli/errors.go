package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// The exit codes. Those of a run that stopped are with [importer.Cause].
const (
	exitBroken       = 1
	exitUsage        = 2
	exitNotGood      = 3
	exitUnauthorised = 4
	exitInterrupted  = 130
)

// exitError is an exit code whose cause has been printed already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// asExit is an exit code as an error; 0 is none.
func asExit(code int) error {
	if code == 0 {
		return nil
	}
	return exitError(code)
}

// hintedError is an error that a person can do something about.
type hintedError struct {
	err  error
	hint string
	code int
}

func (e *hintedError) Error() string { return e.err.Error() }

func (e *hintedError) Unwrap() error { return e.err }

// usagef is a command line that cannot be run as it is.
func usagef(hint, format string, args ...any) error {
	return &hintedError{fmt.Errorf(format, args...), hint, exitUsage}
}

// broken is a run that cannot be done, and unauthorised one that may not.
func broken(hint, format string, args ...any) error {
	return &hintedError{fmt.Errorf(format, args...), hint, exitBroken}
}

func unauthorised(hint, format string, args ...any) error {
	return &hintedError{fmt.Errorf(format, args...), hint, exitUnauthorised}
}

// exitCode prints the error, unless that was done, and returns the code.
func (p *program) exitCode(err error) int {
	if _, printed := errors.AsType[exitError](err); err != nil && !printed {
		if p.console == nil {
			p.console = report.NewConsole(p.Err, report.ConsoleOptions{Getenv: p.env.get})
		}
		what, hint, code := explain(err)
		p.console.Fail(report.Failure{Text: what, Hint: hint, Code: code})
	}
	return codeOf(err)
}

// codeOf is the exit code that an error leads to.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	if printed, ok := errors.AsType[exitError](err); ok {
		return int(printed)
	}
	_, _, code := explain(err)
	return code
}

// explain is what a person reads about an error, what they can do about it, and the exit code. It is the one place
// where errors become exit codes.
func explain(err error) (what, hint string, code int) {
	what, code = err.Error(), exitBroken
	if e, ok := errors.AsType[*hintedError](err); ok {
		return what, e.hint, e.code
	}
	if _, ok := errors.AsType[*export.OptionError](err); ok {
		return what, "take one of those, or leave the flag out: it is found by itself", exitUsage
	}
	if e, ok := errors.AsType[*importer.Stop](err); ok {
		return what, e.Hint, e.Cause.ExitCode()
	}
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		if e.NotAuthorized() {
			code = exitUnauthorised
		}
		return what, e.Hint, code
	}
	if e, ok := errors.AsType[*export.RefusedError](err); ok {
		return what, e.Hint, code
	}
	if e, ok := errors.AsType[*ledger.RefusedError](err); ok {
		return fmt.Sprintf("the ledger %s cannot be used: it %s", report.Shown(e.Path), e.What), e.Hint, code
	}
	if e, ok := errors.AsType[*ledger.HeldError](err); ok {
		return fmt.Sprintf("the ledger %s is in use by %s", report.Shown(e.Path), e.By),
			"wait until that run has ended, or end it; nothing was sent", code
	}
	if _, ok := errors.AsType[*report.WriteError](err); ok {
		return what, report.WriteHint, code
	}
	if e, ok := errors.AsType[*apiclient.PauseError](err); ok {
		return "the quota of the site asks for a pause until " + text.Minute(e.Until) + "; nothing was sent",
			"run the same command again then, or allow a longer wait with --max-pause", importer.QuotaPause.ExitCode()
	}
	if e, ok := errors.AsType[*apiclient.OutageError](err); ok {
		return "the site has not answered since " + e.Since.Local().Format("15:04:05"),
			"look whether the site opens in a browser, then run the same command again", code
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted: nothing was sent", "", exitInterrupted
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return report.Shown(e.Path) + ": " + report.Plainly(e), "", code
	}
	return what, "", code
}

// notWhat says what a value of a flag is not, in place of Go's parsers.
var notWhat = map[string]string{
	"duration": "no time: write it as 30s, 15m or 2h",
	"int":      "no whole number",
	"uint64":   "no whole number from 0 upwards",
	"float64":  "no number",
	"bool":     "neither true nor false",
	"N|P%":     "neither a number of rows (12) nor a share of 0% to 100% (5%)",
}

// secretWords are in the names of flags that somebody looks for who wants to type credentials.
var secretWords = regexp.MustCompile(`(?i)token|password|secret|user|email|api-key`)

// flagMistake makes a mistake in a flag a wrong command line.
func flagMistake(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help, or jsm-onboard help settings"
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef(hint, "--%s %q is %s", e.GetFlag().Name, e.GetValue(), notWhat[e.GetFlag().Value.Type()])
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && secretWords.MatchString(e.GetSpecifiedName()) {
		hint = "credentials are never on the command line: set JIRA_USER_EMAIL and JIRA_API_TOKEN, or give --token-file"
	}
	return usagef(hint, "%w", err)
}
