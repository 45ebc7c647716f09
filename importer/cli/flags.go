package cli

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"jsm-onboard/importer/export"
	"jsm-onboard/report"
)

// readFlags are the flags that say how an export is read. Their JSON is part of what identifies a run (ledger.Job).
type readFlags struct {
	Columns   []string `json:"columns,omitempty"`
	Include   []string `json:"include,omitempty"`
	Exclude   []string `json:"exclude,omitempty"`
	Preset    string   `json:"preset,omitempty"`
	Encoding  string   `json:"encoding,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"`
	NoHeader  bool     `json:"no_header,omitempty"`
}

func (f *readFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.Columns, "column", nil, "")
	flags.StringArrayVar(&f.Include, "include", nil, "")
	flags.StringArrayVar(&f.Exclude, "exclude", nil, "")
	flags.StringVar(&f.Preset, "preset", "", "")
	flags.StringVar(&f.Encoding, "encoding", "", "")
	flags.StringVar(&f.Delimiter, "delimiter", "", "")
	flags.BoolVar(&f.NoHeader, "no-header", false, "")
}

// withDefaults returns the options. The --column flags of args, with which a failed file was written, fill in for f.
func (f *readFlags) withDefaults(args []string) (export.Options, error) {
	for i, column := range args {
		field, _, _ := strings.Cut(column, "=")
		sets := func(flag string) bool { return strings.HasPrefix(strings.ReplaceAll(flag, " ", ""), field+"=") }
		if i > 0 && args[i-1] == "--column" && !slices.ContainsFunc(f.Columns, sets) {
			f.Columns = append(f.Columns, column)
		}
	}
	return f.options()
}

// options turns the flags into what export understands.
func (f *readFlags) options() (export.Options, error) {
	o := export.Options{Encoding: f.Encoding, Delimiter: f.Delimiter, NoHeader: f.NoHeader, Preset: f.Preset}
	o.Columns = map[export.Field]string{}
	const example = `for example --column email="Contact e-mail"`
	for _, text := range f.Columns {
		name, header, ok := strings.Cut(text, "=")
		if !ok {
			return o, usagef(example, "--column %q is not FIELD=COLUMN", text)
		}
		field, err := export.ParseField(strings.TrimSpace(name))
		if err != nil {
			return o, usagef(example, "--column %q: %w", text, err)
		}
		if old, twice := o.Columns[field]; twice && old != header {
			return o, usagef("give one column for each field", "--column names %q and %q for %s", old, header, field)
		}
		o.Columns[field] = header
	}
	if strings.TrimSpace(o.Columns[export.Name]) == "none" {
		o.NoNames = true
		delete(o.Columns, export.Name)
	}
	var includes, excludes error
	o.Include, includes = matches("--include", f.Include)
	o.Exclude, excludes = matches("--exclude", f.Exclude)
	return o, cmp.Or(includes, excludes)
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

// choices returns the flags as the JSON that the ledger stores with a run.
func (f readFlags) choices() string {
	f.Encoding = strings.ToLower(f.Encoding)
	text, _ := json.Marshal(f) // strings are always writable
	return string(text)
}

// logFlags say what stderr shows.
type logFlags struct {
	report.ConsoleOptions
	format string
}

func (f *logFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.Quiet, "quiet", false, "")
	flags.BoolVar(&f.NoProgress, "no-progress", false, "")
	flags.StringVar(&f.format, "log-format", "text", "")
	flags.TextVar(&f.Level, "log-level", slog.LevelInfo, "")
}

// newConsole makes the one owner of stderr.
func (p *program) newConsole() error {
	format := strings.ToLower(p.log.format)
	if format != "text" && format != "json" {
		return usagef("use text or json", "--log-format %q is not a format", p.log.format)
	}
	p.log.JSON, p.log.Getenv = format == "json", p.getenv
	p.console = report.NewConsole(p.Err, p.log.ConsoleOptions)
	return nil
}

// outputFlags name the files that a run writes, and who else is notified.
type outputFlags struct {
	results, failed, summary, page, metricsFile, notify string

	pageAddresses    bool
	leavers, revoked string // sync: the list, and what became of those on it
}

func (f *outputFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.results, "results", "", "")
	flags.StringVar(&f.summary, "summary", "", "")
}

func (f *outputFlags) registerRows(flags *pflag.FlagSet) {
	flags.StringVar(&f.failed, "failed", "", "")
	flags.StringVar(&f.page, "page", "", "")
	flags.BoolVar(&f.pageAddresses, "page-addresses", false, "")
}

// check refuses what cannot be meant, and makes the paths absolute.
func (f *outputFlags) check() error {
	for _, path := range []*string{&f.results, &f.failed, &f.summary, &f.page, &f.metricsFile, &f.leavers} {
		*path = absolute(*path)
	}
	if f.pageAddresses && f.page == "" {
		return usagef("add --page PATH, or leave --page-addresses out", "--page-addresses needs a page")
	}
	for _, file := range f.files() {
		if file.path == stdout && file.name != "--summary" {
			return usagef("give the path of a file; --summary alone can be -", "%s cannot be stdout", file.name)
		}
	}
	return nil
}

// files returns all of them, each with the name that messages use for it.
func (f *outputFlags) files() []namedFile {
	return []namedFile{
		{"--results", f.results}, {"--failed", f.failed}, {"--leavers", f.leavers},
		{"the leavers' results", f.revoked}, {"--summary", f.summary}, {"--page", f.page},
		{"--metrics-file", f.metricsFile},
	}
}
