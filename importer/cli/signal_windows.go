package cli

import (
	"os"
	"syscall"
)

// endSignals are the ways in which this process is asked to stop.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}
