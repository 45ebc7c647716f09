package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient/jsmtest"
)

// sandboxFlags say what the site that the sandbox command serves is like.
type sandboxFlags struct {
	addr        string
	quota       float64
	burst       int
	rateHeaders bool
	latency     time.Duration
	faults      []string
	seed        uint64
	existing    string
}

func (p *program) sandboxCommand() *cobra.Command {
	f := &sandboxFlags{}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a Jira Service Management site on loopback, with quotas and faults to choose",
		Long: `Serves a Jira Service Management site in memory, on a loopback address, until
Ctrl-C. Point the program at it with the lines that it prints: paste them into
another shell (on Windows, PowerShell). What the
site knows can be read at /sandbox/accounts (CSV) and /sandbox/stats (JSON).`,
		Example: `  jsm-onboard sandbox --quota 50 --fault 503=0.02 --fault reset-after=0.01`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serveSandbox(cmd, f)
		},
	}
	grouped(cmd.Flags(), "The site", func(g *pflag.FlagSet) {
		g.StringVar(&f.addr, "addr", "127.0.0.1:8765", "`HOST:PORT` to listen on; loopback only")
		g.StringVar(&f.existing, "existing", "", "`FILE` (CSV: address,name) of accounts that are there from the start (default: a handful)")
		g.Float64Var(&f.quota, "quota", 100, "`N` POST requests a second; 0: no quota")
		g.IntVar(&f.burst, "burst", 0, "`N` requests at once (default: one second's)")
		g.BoolVar(&f.rateHeaders, "rate-headers", false, "send X-RateLimit-* headers")
		g.DurationVar(&f.latency, "latency", 0, "`D`: time that an answer takes")
		g.StringArrayVar(&f.faults, "fault", nil, "`KIND=SHARE` of the requests, such as 503=0.02 (may be repeated); kinds: "+strings.Join(jsmtest.FaultNames(), ", "))
		g.Uint64Var(&f.seed, "seed", 1, "`N`: the same faults for the same requests")
	})
	return cmd
}

// options are what the flags ask for.
func (f *sandboxFlags) options() (jsmtest.Options, error) {
	o := jsmtest.Sandbox()
	if f.quota < 0 || f.burst < 0 || f.latency < 0 {
		return o, usagef("0 means none", "--quota, --burst and --latency cannot be less than nothing")
	}
	o.Seed = f.seed
	o.Quotas = jsmtest.BurstQuotas(f.quota, f.burst, f.rateHeaders)
	o.Latency = jsmtest.Latency{Fixed: f.latency}
	for _, text := range f.faults {
		fault, err := jsmtest.ParseFault(text)
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
		return o, usagef("give the path of a CSV file with address,name", "--existing %s cannot be read: %s", f.existing, plainly(err))
	}
	defer file.Close()
	if o.Existing, err = jsmtest.ReadExisting(file); err != nil {
		return o, usagef("each line is address,name", "--existing %s: %w", f.existing, err)
	}
	return o, nil
}

// setIn is the line that sets a variable in the shell that a system's users
// have, for the programs that are started there.
func setIn(system, name, value string) string {
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
	token := jsmtest.SandboxToken()
	err = jsmtest.New(o).Serve(ctx, f.addr, func(url string) {
		fmt.Fprint(p.Out, setIn(runtime.GOOS, "JIRA_BASE_URL", url), setIn(runtime.GOOS, "JIRA_USER_EMAIL", token.Email), setIn(runtime.GOOS, "JIRA_API_TOKEN", token.Secret))
		fmt.Fprintf(p.Err, "A Jira Service Management site listens on %s; Ctrl-C ends it.\n", url)
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return &hinted{code: exitBroken, err: fmt.Errorf("the address %s is taken by another program", f.addr), hint: "say another one with --addr, as in --addr 127.0.0.1:0"}
	}
	if err != nil {
		return &hinted{code: exitUsage, err: err, hint: "see --addr in jsm-onboard sandbox --help"}
	}
	return nil
}
