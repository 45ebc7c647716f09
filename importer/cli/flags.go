package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// limitFlag is a flag of the form N|P%. A share comes to no less than atLeast.
type limitFlag struct {
	limit   *importer.Limit
	atLeast int
}

func (f limitFlag) String() string {
	if f.limit == nil {
		return ""
	}
	return f.limit.String()
}

func (f limitFlag) Type() string { return "N|P%" }

func (f limitFlag) Set(s string) error {
	limit, err := importer.ParseLimit(s)
	if err != nil {
		return err
	}
	if limit.Percent > 0 {
		limit.AtLeast = f.atLeast
	}
	*f.limit = limit
	return nil
}

// readFlags say how an export is to be read.
type readFlags struct {
	columns, include, exclude   []string
	preset, encoding, delimiter string
	noHeader                    bool
}

func (f *readFlags) register(flags *pflag.FlagSet) {
	grouped(flags, "Reading the file", func(g *pflag.FlagSet) {
		g.StringArrayVar(&f.columns, "column", nil, "`FIELD=HEADER`: take a field from this column; fields: email, name, first_name, last_name, organization, external_id, account_id (may be repeated)")
		g.StringVar(&f.preset, "preset", "", "`NAME` of the header set, such as zendesk or hubspot; none turns it off (default: found by itself; a wrong name lists them all)")
		g.StringArrayVar(&f.include, "include", nil, "`COLUMN=VALUE`: only rows with this value (may be repeated)")
		g.StringArrayVar(&f.exclude, "exclude", nil, "`COLUMN=VALUE`: leave out rows with this value (may be repeated)")
		g.StringVar(&f.encoding, "encoding", "", "`NAME` of the character encoding, such as windows-1252 (default: found by itself)")
		g.StringVar(&f.delimiter, "delimiter", "", "`C` between cells: one character, or tab (default: found by itself)")
		g.BoolVar(&f.noHeader, "no-header", false, "the first line is a row already; columns are then called 1, 2, 3, …")
	})
}

// options turns the flags into what export understands.
func (f *readFlags) options() (export.Options, error) {
	o := export.Options{Encoding: f.encoding, Delimiter: f.delimiter, NoHeader: f.noHeader, Preset: f.preset}
	for _, text := range f.columns {
		field, header, ok := strings.Cut(text, "=")
		if !ok {
			return o, usagef("for example --column email=\"Contact e-mail\"", "--column %q is not FIELD=HEADER", text)
		}
		parsed, err := export.ParseField(strings.TrimSpace(field))
		if err != nil {
			return o, usagef("for example --column email=\"Contact e-mail\"", "--column %q: %w", text, err)
		}
		if o.Columns == nil {
			o.Columns = make(map[export.Field]string)
		}
		if old, twice := o.Columns[parsed]; twice && old != header {
			return o, usagef("give one column for each field", "--column names %q and %q for %s", old, header, parsed)
		}
		o.Columns[parsed] = header
	}
	var err error
	if o.Include, err = matches("--include", f.include); err != nil {
		return o, err
	}
	o.Exclude, err = matches("--exclude", f.exclude)
	return o, err
}

func matches(flag string, texts []string) ([]export.Match, error) {
	var list []export.Match
	for _, text := range texts {
		column, value, ok := strings.Cut(text, "=")
		if !ok || column == "" {
			return nil, usagef("for example "+flag+" Suspended=TRUE", "%s %q is not COLUMN=VALUE", flag, text)
		}
		list = append(list, export.Match{Column: column, Value: value})
	}
	return list, nil
}

// choices is what makes two readings of the same file differ: part of a run's
// identity, as JSON.
func (f *readFlags) choices() string {
	text, err := json.Marshal(choices{f.columns, f.include, f.exclude, f.preset, strings.ToLower(f.encoding), f.delimiter, f.noHeader})
	if err != nil {
		panic(err) // strings are always writable
	}
	return string(text)
}

// unchoose is the reverse of choices.
func (f *readFlags) unchoose(text string) error {
	var c choices
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fmt.Errorf("the choices of the run are not readable: %w", err)
	}
	*f = readFlags{columns: c.Columns, include: c.Include, exclude: c.Exclude, preset: c.Preset, encoding: c.Encoding, delimiter: c.Delimiter, noHeader: c.NoHeader}
	return nil
}

type choices struct {
	Columns   []string `json:"column,omitempty"`
	Include   []string `json:"include,omitempty"`
	Exclude   []string `json:"exclude,omitempty"`
	Preset    string   `json:"preset,omitempty"`
	Encoding  string   `json:"encoding,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"`
	NoHeader  bool     `json:"no-header,omitempty"`
}

// siteFlags say which site is meant and how it is reached.
type siteFlags struct {
	site, gatewayURL, tokenURL string
	tokenFile, caFile          string
	sandbox                    bool
	timeout, maxPause          time.Duration
	maxRate                    float64
	workers                    int
}

func (f *siteFlags) register(flags *pflag.FlagSet) {
	f.registerSite(flags)
	grouped(flags, "Pace", func(g *pflag.FlagSet) {
		g.Float64Var(&f.maxRate, "max-rate", 100, "never more than `N` requests a second on one endpoint; 0: unpaced until the site says stop")
		g.IntVar(&f.workers, "workers", 64, "`N` requests in flight at most")
		f.registerPatience(g)
	})
}

// registerSite is for commands that have no pace of their own, too.
func (f *siteFlags) registerSite(flags *pflag.FlagSet) {
	grouped(flags, "The site", func(g *pflag.FlagSet) {
		g.StringVar(&f.site, "site", "", "`URL` of the Jira site, such as https://your-domain.atlassian.net (default: JIRA_BASE_URL)")
		g.BoolVar(&f.sandbox, "sandbox", false, "use a Jira Service Management site inside this process, with a ledger of its own: nothing leaves this machine")
		g.StringVar(&f.tokenFile, "token-file", "", "`PATH` of a file with the API token, readable by you alone (instead of JIRA_API_TOKEN)")
		g.StringVar(&f.caFile, "ca-file", "", "`PATH` of a PEM file with a certificate authority to trust, too")
		g.StringVar(&f.gatewayURL, "gateway-url", apiclient.DefaultGatewayURL, "`URL` of Atlassian's API gateway, for tests and proxies")
		g.StringVar(&f.tokenURL, "token-url", apiclient.DefaultTokenURL, "`URL` of Atlassian's token endpoint, for tests and proxies")
	})
}

func (f *siteFlags) registerPatience(g *pflag.FlagSet) {
	g.DurationVar(&f.timeout, "timeout", time.Minute, "longest `TIME` for one request")
	g.DurationVar(&f.maxPause, "max-pause", 15*time.Minute, "longest `TIME` to wait for the quota, or for a site that does not answer; then the run ends cleanly")
	g.Lookup("timeout").DefValue, g.Lookup("max-pause").DefValue = "1m", "15m"
}

// check refuses values that cannot be meant.
func (f *siteFlags) check() error {
	switch {
	case f.maxRate < 0 || f.maxRate != f.maxRate:
		return usagef("0 means unpaced", "--max-rate %g is less than nothing", f.maxRate)
	case f.workers < 1 || f.workers > 1024:
		return usagef("64 is enough for any quota", "--workers %d is not between 1 and 1024", f.workers)
	case f.timeout < time.Second:
		return usagef("a request that is given up may still be carried out: keep it long", "--timeout %s is less than a second", f.timeout)
	case f.maxPause <= 0:
		return usagef("for example --max-pause 15m", "--max-pause %s is no time at all", f.maxPause)
	}
	return nil
}

// tellFlags say how a run speaks.
type tellFlags struct {
	logFormat, logLevel string
	quiet, noProgress   bool
	metricsFile, notify string
}

func (f *tellFlags) register(flags *pflag.FlagSet) {
	f.registerLog(flags)
	grouped(flags, "Log and progress", func(g *pflag.FlagSet) {
		g.BoolVar(&f.noProgress, "no-progress", false, "no progress bar")
		g.StringVar(&f.metricsFile, "metrics-file", "", "`PATH` for totals in the Prometheus text format")
		g.StringVar(&f.notify, "notify", "", "`URL` that is told of start (URL/start), success (URL) and failure (URL/fail)")
	})
}

// registerLog is for commands that show no progress, too.
func (f *tellFlags) registerLog(flags *pflag.FlagSet) {
	grouped(flags, "Log and progress", func(g *pflag.FlagSet) {
		g.StringVar(&f.logFormat, "log-format", "text", "`FORMAT` of the log on stderr: text or json")
		g.StringVar(&f.logLevel, "log-level", "info", "`LEVEL`: debug, info, warn or error")
		g.BoolVar(&f.quiet, "quiet", false, "say nothing but warnings, errors and the totals; a dry run still prints its plan")
	})
}

// grouped registers flags under a heading of the help text.
func grouped(flags *pflag.FlagSet, group string, register func(*pflag.FlagSet)) {
	g := pflag.NewFlagSet(group, pflag.ContinueOnError)
	g.SortFlags = false
	register(g)
	g.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{"group": {group}}
		flags.AddFlag(f)
	})
}
