package cli

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// endSignals are the ways in which this process is asked to stop.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// The system's errors that people can do something about.
const (
	errDiskFull     = windows.ERROR_DISK_FULL
	errAddressInUse = windows.WSAEADDRINUSE
)
