//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// endSignals are the ways in which this process is asked to stop; SIGHUP is a closed terminal.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// errAddressInUse is how the system says that another program listens there.
const errAddressInUse = syscall.EADDRINUSE
