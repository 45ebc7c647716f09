//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// endSignals are the ways in which this process is asked to stop; SIGHUP is a closed terminal.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// The system's errors that people can do something about.
const (
	errDiskFull     = syscall.ENOSPC
	errAddressInUse = syscall.EADDRINUSE
)
