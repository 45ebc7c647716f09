package cli

import (
	"cmp"
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
	"jsm-onboard/report"
)

// asExit is an exit code as an error without text, as its cause has been printed already; 0 is none.
func asExit(code int) error {
	if code == 0 {
		return nil
	}
	return &importer.Stop{Cause: importer.Cause(code)}
}

// stopf returns why a command cannot go on, with a hint on what to do about it.
func stopf(cause importer.Cause, hint, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &importer.Stop{Cause: cause, What: err.Error(), Hint: hint, Err: errors.Unwrap(err)}
}

// usagef returns the error for a wrong command line.
func usagef(hint, format string, args ...any) error {
	return stopf(importer.Usage, hint, format, args...)
}

// codeOf is the exit code that an error leads to.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	return int(asStop(err).Cause)
}

// isLocked reports whether another process holds the ledger, or writes a file of the command.
func isLocked(err error) bool {
	refused, ok := errors.AsType[*ledger.RefusedError](err)
	unwritten, too := errors.AsType[*report.WriteError](err)
	return ok && refused.Locked || too && unwritten.Locked
}

// asStop returns message, hint and cause (the exit code) of an error: the one place where errors become exit codes.
func asStop(err error) *importer.Stop {
	s := &importer.Stop{Cause: importer.Broken, What: err.Error(), Err: err}
	if e, ok := errors.AsType[*importer.Stop](err); ok {
		s.Cause, s.Hint = e.Cause, e.Hint
	} else if _, ok := errors.AsType[*export.OptionError](err); ok {
		s.Cause, s.Hint = importer.Usage, "use one of those, or leave the flag out: the program finds it by itself"
	} else if e, ok := errors.AsType[*apiclient.Error](err); ok {
		s.Hint = e.Hint
		if e.NotAuthorized() {
			s.Cause = importer.Unauthorised
		}
	} else if e, ok := errors.AsType[*export.RefusedError](err); ok {
		s.Hint = e.Hint
	} else if e, ok := errors.AsType[*ledger.RefusedError](err); ok {
		s.What, s.Hint = fmt.Sprintf("the ledger %s cannot be used: it %s", report.Shown(e.Path), e.What), e.Hint
	} else if e, ok := errors.AsType[*report.WriteError](err); ok {
		s.Hint = e.Hint
	} else if stop := importer.StopFor(err); stop != nil {
		return stop
	} else if errors.Is(err, context.Canceled) {
		s.Cause, s.What = importer.Interrupted, "interrupted: nothing was sent this time"
	} else if e, ok := errors.AsType[*fs.PathError](err); ok {
		s.What = report.Shown(e.Path) + ": " + report.Plainly(e)
	}
	return s
}

// notWhat says what a flag's value should have been, by its name or type, in place of the errors of Go's parsers.
var notWhat = map[string]string{
	"duration":  "not a duration: write it as 30s, 15m or 2h",
	"int":       "not a whole number",
	"uint64":    "not a whole number from 0 upwards",
	"float64":   "not a number",
	"bool":      "neither true nor false",
	"log-level": "not a level: use debug, info, warn or error",
	"":          "neither a number of rows (12) nor a share of 0% to 100% (5%)", // a guard
}

// secretWords matches flag names that people try who want to type credentials.
var secretWords = regexp.MustCompile(`(?i)token|password|secret|user|email|api-key`)

// flagMistake makes a mistake in a flag a wrong command line.
func flagMistake(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help, or jsm-onboard help settings"
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		return usagef(hint, "--%s %q is %s", f.Name, e.GetValue(), cmp.Or(notWhat[f.Name], notWhat[f.Value.Type()]))
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && secretWords.MatchString(e.GetSpecifiedName()) {
		hint = "credentials are never on the command line: set JIRA_USER_EMAIL and JIRA_API_TOKEN, " +
			"or give --token-file"
	}
	return usagef(hint, "%w", err)
}
