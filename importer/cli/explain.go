package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
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

// plainly is an error of the operating system without the call and the path.
func plainly(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read it"
	case errors.Is(err, syscall.EISDIR):
		return "it is a folder"
	case errors.Is(err, syscall.ENOTDIR):
		return "it is no folder"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

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
		return err.Error(), "take one of those, or leave the flag away: it is found by itself", exitUsage
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
		return fmt.Sprintf("the ledger %s cannot be used: it %s", e.Path, e.What), e.Hint, exitBroken
	}
	if e, ok := errors.AsType[*ledger.HeldError](err); ok {
		return fmt.Sprintf("the ledger %s is in use by %s", e.Path, e.By), "wait until that run has ended, or end it; nothing was sent", exitBroken
	}
	if e, ok := errors.AsType[*report.WriteError](err); ok {
		return err.Error(), e.Hint, exitBroken
	}
	if e, ok := errors.AsType[*pacer.PauseError](err); ok {
		return "the quota of the site asks for a pause until " + importer.MinuteAfter(e.Until) + "; nothing was sent",
			"run the same command again then, or allow a longer wait with --max-pause", importer.QuotaPause.ExitCode()
	}
	if e, ok := errors.AsType[*pacer.OutageError](err); ok {
		return "the site has not answered since " + e.Since.Local().Format("15:04:05"),
			"look whether the site opens in a browser, then run the same command again", exitBroken
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted: nothing was sent", "", importer.Interrupted.ExitCode()
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Path + ": " + plainly(e), "", exitBroken
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
