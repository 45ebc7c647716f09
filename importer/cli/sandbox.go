package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer"
	"jsm-onboard/report"
)

// sandboxFlags say what the site that the sandbox command serves is like.
type sandboxFlags struct {
	addr, existing     string
	quota              float64
	burst              int
	rateHeaders        bool
	latency, searchLag time.Duration
	faults             []string
	seed               uint64
}

func (p *program) sandboxCommand() *cobra.Command {
	f := &sandboxFlags{}
	cmd := p.command("sandbox", cobra.MaximumNArgs(0), func(cmd *cobra.Command, _ []string) error {
		return p.serveSandbox(cmd, f)
	})
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8765", "")
	flags.Float64Var(&f.quota, "quota", 100, "")
	flags.IntVar(&f.burst, "burst", 0, "")
	flags.BoolVar(&f.rateHeaders, "rate-headers", false, "")
	flags.DurationVar(&f.latency, "latency", 0, "")
	flags.DurationVar(&f.searchLag, "search-lag", 0, "")
	flags.StringArrayVar(&f.faults, "fault", nil, "")
	flags.Uint64Var(&f.seed, "seed", 1, "")
	flags.StringVar(&f.existing, "existing", "", "")
	return cmd
}

// options are what the flags ask for.
func (f *sandboxFlags) options() (jsmtest.Options, error) {
	o := jsmtest.Sandbox()
	if f.quota < 0 || f.burst < 0 || f.latency < 0 || f.searchLag < 0 {
		return o, usagef("0 means none", "--quota, --burst, --latency and --search-lag cannot be less than nothing")
	}
	o.Seed, o.SearchLag = f.seed, f.searchLag
	o.Quotas = jsmtest.BurstQuotas(f.quota, f.burst, f.rateHeaders)
	o.Latency = jsmtest.Latency{Fixed: f.latency}
	for _, kind := range f.faults {
		fault, err := jsmtest.ParseFault(kind)
		if err != nil {
			return o, usagef("see jsm-onboard sandbox --help", "--fault: %w", err)
		}
		o.Faults = append(o.Faults, fault)
	}
	if f.existing == "" {
		return o, nil
	}
	file, err := os.Open(f.existing)
	if err != nil {
		return o, usagef("give the path of a CSV file with address,name", "--existing %s: %s", f.existing, report.Plainly(err))
	}
	defer file.Close()
	if o.Existing, err = jsmtest.ReadExisting(file); err != nil {
		return o, usagef("each line is address,name", "--existing %s: %w", f.existing, err)
	}
	return o, nil
}

// windowsAddressInUse is WSAEADDRINUSE; no other system has an error of this number.
const windowsAddressInUse = syscall.Errno(10048)

// assignment is the line that sets a variable in the shell that a system's users have, for the programs that are
// started there.
func assignment(system, name, value string) string {
	if system == "windows" {
		return fmt.Sprintf("$env:%s=\"%s\"\n", name, value)
	}
	return fmt.Sprintf("export %s=%s\n", name, value)
}

func (p *program) serveSandbox(cmd *cobra.Command, f *sandboxFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	ctx, release := interruptible(cmd.Context(), nil)
	defer release()
	server, err := jsmtest.New(o).Start(f.addr)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsAddressInUse) {
		return stopf(importer.Broken, "for example --addr 127.0.0.1:0", "the address %s is taken by another program", f.addr)
	}
	if err != nil {
		return usagef("see --addr in jsm-onboard sandbox --help", "%w", err)
	}
	token := jsmtest.SandboxToken()
	for _, line := range [][2]string{
		{"JIRA_BASE_URL", server.URL}, {"JIRA_USER_EMAIL", token.Email}, {"JIRA_API_TOKEN", token.Secret},
	} {
		fmt.Fprint(p.Out, assignment(runtime.GOOS, line[0], line[1]))
	}
	fmt.Fprintf(p.Err, "A make-believe site listens on %s; Ctrl-C ends it.\n"+
		"See %s/sandbox/accounts and %s/sandbox/stats.\n", server.URL, server.URL, server.URL)
	<-ctx.Done()
	return server.Close()
}
