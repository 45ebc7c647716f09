//go:build unix

package cli_test

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// fileSize is how large a file of the program may become, in bytes.
const fileSize = "TEST_FILE_SIZE"

// limitFiles makes writing beyond a size fail, as on a full disk.
func limitFiles() {
	n, err := strconv.ParseUint(os.Getenv(fileSize), 10, 64)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // then the write returns an error
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}
