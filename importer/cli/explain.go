package cli

import (
	"context"
	"errors"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// The exit codes. Those of a run that stopped are with importer.Cause.
const (
	exitBroken       = 1
	exitUsage        = 2
	exitNotGood      = 3
	exitUnauthorised = 4
)

// explain is what a person is told about an error, what they can do about it,
// and the exit code. It is the one place where errors become exit codes.
func explain(err error) (text, hint string, code int) {
	if e, ok := errors.AsType[*usageError](err); ok {
		return err.Error(), e.hint, exitUsage
	}
	if e, ok := errors.AsType[*hinted](err); ok {
		return err.Error(), e.hint, e.code
	}
	if _, ok := errors.AsType[*export.OptionError](err); ok {
		return err.Error(), "", exitUsage
	}
	if e, ok := errors.AsType[*importer.Stop](err); ok {
		return err.Error(), e.Hint, e.Cause.ExitCode()
	}
	if e, ok := errors.AsType[*apiclient.Error](err); ok {
		return err.Error(), e.Hint, exitOf(e.Kind)
	}
	if e, ok := errors.AsType[*export.RefusedError](err); ok {
		return err.Error(), e.Hint, exitBroken
	}
	if e, ok := errors.AsType[*ledger.RefusedError](err); ok {
		return err.Error(), e.Hint, exitBroken
	}
	if _, ok := errors.AsType[*ledger.HeldError](err); ok {
		return err.Error(), "wait until that run has ended, or stop it; nothing was sent", exitBroken
	}
	if e, ok := errors.AsType[*report.WriteError](err); ok {
		return err.Error(), e.Hint, exitBroken
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted before anything was sent", "", importer.Interrupted.ExitCode()
	}
	return err.Error(), "", exitBroken
}

func exitOf(k apiclient.Kind) int {
	switch k {
	case apiclient.KindUnauthorized, apiclient.KindScope, apiclient.KindForbidden:
		return exitUnauthorised
	}
	return exitBroken
}
