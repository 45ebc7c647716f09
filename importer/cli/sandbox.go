package cli

import (
	"bytes"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"jsm-onboard/apiclient/jsmtest"
)

// sandboxFlags say what the site that the sandbox command serves is like.
type sandboxFlags struct {
	site           jsmtest.Options
	addr, existing string
	quota          float64
	burst          int
	rateHeaders    bool
	faults         []string
}

func (p *program) sandboxCommand() *cobra.Command {
	f := &sandboxFlags{site: jsmtest.Sandbox()}
	cmd := p.command("sandbox", func(cmd *cobra.Command, _ []string) error {
		return p.serveSandbox(cmd, f)
	})
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8765", "")
	flags.Float64Var(&f.quota, "quota", 100, "")
	flags.IntVar(&f.burst, "burst", 0, "")
	flags.BoolVar(&f.rateHeaders, "rate-headers", false, "")
	flags.DurationVar(&f.site.Latency, "latency", 0, "")
	flags.DurationVar(&f.site.SearchLag, "search-lag", 0, "")
	flags.StringArrayVar(&f.faults, "fault", nil, "")
	flags.Uint64Var(&f.site.Seed, "seed", 1, "")
	flags.StringVar(&f.existing, "existing", "", "")
	return cmd
}

// check refuses values that cannot be meant, and adds to the options what must be parsed.
func (f *sandboxFlags) check() (err error) {
	if f.quota < 0 || f.burst < 0 || f.site.Latency < 0 || f.site.SearchLag < 0 {
		return usagef("0 means none", "--quota, --burst, --latency and --search-lag cannot be negative")
	}
	f.site.Quotas = jsmtest.BurstQuotas(f.quota, f.burst, f.rateHeaders)
	for _, kind := range f.faults {
		fault, err := jsmtest.ParseFault(kind)
		if err != nil {
			return usagef("see jsm-onboard sandbox --help", "--fault: %w", err)
		}
		f.site.Faults = append(f.site.Faults, fault)
	}
	if f.existing == "" {
		return nil
	}
	content, err := os.ReadFile(f.existing)
	if err == nil {
		f.site.Existing, err = jsmtest.ReadExisting(bytes.NewReader(content))
	}
	if err != nil {
		return usagef("give the path of a CSV file with lines of address,name", "--existing: %s", asStop(err).What)
	}
	return nil
}

// assignment is the line that sets a variable, for programs started there, in the shell that a system's users have.
func assignment(system, name, value string) string {
	if system == "windows" {
		return fmt.Sprintf("$env:%s=\"%s\"\n", name, value)
	}
	return fmt.Sprintf("export %s=%s\n", name, value)
}

func (p *program) serveSandbox(cmd *cobra.Command, f *sandboxFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	url, stop, err := jsmtest.New(f.site).Start(f.addr)
	if err != nil {
		return usagef("name an address that no other program has, such as 127.0.0.1:0", "--addr: %w", err)
	}
	token := jsmtest.SandboxToken()
	fmt.Fprint(p.Out, assignment(runtime.GOOS, "JIRA_BASE_URL", url),
		assignment(runtime.GOOS, "JIRA_USER_EMAIL", token.Email),
		assignment(runtime.GOOS, "JIRA_API_TOKEN", token.Secret))
	fmt.Fprintf(p.Err, "A simulated site listens on %s; Ctrl-C ends it. Paste the lines above into another terminal.\n"+
		"See %s/sandbox/accounts and %s/sandbox/stats.\n", url, url, url)
	<-cmd.Context().Done()
	return stop()
}
