package cli

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// endSignals are the ways in which this process is asked to stop.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// errAddressInUse is how the system says that another program listens there.
const errAddressInUse = windows.WSAEADDRINUSE
