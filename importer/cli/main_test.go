package cli_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"testing"

	"jsm-onboard/importer/cli"
	"jsm-onboard/importer/importertest"
)

// asProgram makes the test binary the program itself, for tests that have to
// kill or signal it, or take things away from it.
const asProgram = "TEST_AS_JSM_ONBOARD"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		limitFiles()
		os.Exit(cli.Run(context.Background(), os.Args[1:], os.Getenv, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}))
	}
	http.DefaultTransport.(*http.Transport).DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		return nil, fmt.Errorf("a test dialled %s %s", network, address)
	}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) { // by nohup or a script, and then by the programs that tests start: those are to get it
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	importertest.TempInMemory()
	debug.SetGCPercent(400)
	// most tests wait for a disk or a pause: more of them than cores go side by side, unless -parallel says otherwise
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
