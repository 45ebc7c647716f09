package cli

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/report"
)

const envPrefix = "JSM_ONBOARD_"

// envName is the environment name of a flag: max-rate, JSM_ONBOARD_MAX_RATE.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// onlyTyped are flags that no settings file has: they are meant once. So are report's, but for which ledger is meant.
var onlyTyped = map[string]bool{"config": true, "list": true, "prune": true}

// applySettings sets the flags that the command line does not set: from the environment, else from the --config file.
func (p *program) applySettings(cmd *cobra.Command) error {
	path, _ := cmd.Flags().GetString("config")
	path = cmp.Or(path, p.getenv(envName("config")))
	config, err := readConfig(path)
	if err != nil {
		return err
	}
	if err := p.checkNames(path, config); err != nil {
		return err
	}
	p.configPath, p.config, p.flags = path, config, cmd.Flags()
	apply := func(f *pflag.Flag) {
		rehearsal, _ := cmd.Flags().GetBool("sandbox")
		if f.Changed || onlyTyped[f.Name] || cmd.Name() == "report" && !slices.Contains(siteFlagNames, f.Name) ||
			rehearsal && slices.Contains(outputFlagNames, f.Name) {
			return
		}
		values, where := config[f.Name], path
		if value := p.getenv(envName(f.Name)); value != "" {
			values, where = settingValues{value}, envName(f.Name)
		}
		for _, value := range values {
			if wrong := cmd.Flags().Set(f.Name, value); wrong != nil {
				err = cmp.Or(err, usagef("see --"+f.Name+" in jsm-onboard help settings", "%s: %w", where,
					flagMistake(cmd, wrong)))
			}
		}
		f.Changed = false // it was not typed
	}
	if f := cmd.Flags().Lookup("sandbox"); f != nil {
		apply(f) // first: it decides which of the others count
	}
	cmd.Flags().VisitAll(apply)
	return err
}

// outputFlagNames are about files, and whom to notify: a rehearsal takes them from the command line alone.
var outputFlagNames = strings.Fields("ledger results failed leavers summary page page-addresses metrics-file notify")

// What a printed command needs again, without the settings file: its outputs and its monitor are those of the night.
var (
	siteFlagNames   = []string{"site", "gateway-url", "token-url", "token-file", "ca-file", "sandbox", "ledger"}
	ledgerFlagNames = []string{"site", "ledger"} // for report
	accessFlagNames = []string{"organizations", "service-desk", "update-names"}
	formFlagNames   = []string{"encoding", "delimiter", "preset", "no-header"} // for the file itself
)

// flagArgs returns flags as arguments: of command line and settings, and of the environment the ledger; in a job, all.
func (p *program) flagArgs(names ...string) (args []string) {
	for _, name := range names {
		values := p.config[name]
		f := p.flags.Lookup(name)
		if f != nil && (f.Changed || name == "ledger" || !isTerminal(p.Err) && f.Value.String() != f.DefValue) {
			values = []string{f.Value.String()}
			if list, repeated := f.Value.(pflag.SliceValue); repeated {
				values = list.GetSlice()
			}
		} else if p.getenv(envName(name)) != "" {
			continue
		}
		for _, value := range values {
			switch address := name == "site" || strings.HasSuffix(name, "-url"); {
			case value == "": // no ledger was named
			case name == "ledger", strings.HasSuffix(name, "-file"):
				args = append(args, "--"+name, report.Relative(absolute(value)))
			case value == "true", value == "false":
				args = append(args, strings.TrimSuffix("--"+name+"="+value, "=true"))
			case address && strings.Contains(value, "@"): // it may hold a password
				args = append(args, "--"+name, "URL")
			default:
				args = append(args, "--"+name, value)
			}
		}
	}
	return args
}

// settingValues are a value of the settings file, or several, as the command line would have them; none: the default.
type settingValues []string

// UnmarshalYAML takes a plain value or a list of them.
func (v *settingValues) UnmarshalYAML(decode func(any) error) error {
	var list []string
	if decode(&list) == nil {
		*v = list
		return nil
	}
	var one string
	if err := decode(&one); err != nil {
		place, _, _ := strings.Cut(err.Error(), " ") // [line:column]
		return errors.New(place + " neither a plain value nor a list of them")
	}
	*v = settingValues{strings.TrimSuffix(one, "\n")}
	return nil
}

// readConfig reads a YAML file of "flag-name: value"; a list repeats the flag, no value is the default. No path: none.
func readConfig(path string) (map[string]settingValues, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("give the path of a YAML file as --config", "the settings in %s cannot be read: %s",
			path, report.Plainly(err))
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	decoder, config := yaml.NewDecoder(bytes.NewReader(content)), map[string]settingValues{}
	if err := decoder.Decode(&config); err != nil && err != io.EOF {
		what, _, _ := strings.Cut(err.Error(), "\n") // the rest shows the place in the file
		return nil, usagef(`each line is "flag-name: value"`, "%s: this is not a settings file: %s", path, what)
	}
	if err := decoder.Decode(new(any)); err != io.EOF {
		return nil, usagef("keep one list of settings, without a line ---",
			"%s contains more than one YAML document", path)
	}
	return config, nil
}

// checkNames refuses keys of the settings file, and variables of the environment, that are no setting of any command.
func (p *program) checkNames(path string, config map[string]settingValues) error {
	known := settings()
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if _, ok := known[key]; !ok || onlyTyped[key] {
			return usagef("the keys are flag names without the dashes (jsm-onboard help settings lists them); "+
				"credentials have no key, they come from the environment", "%s: there is no setting %q", path, key)
		}
	}
	for _, variable := range p.Environ {
		name, value, _ := strings.Cut(variable, "=")
		key, ours := strings.CutPrefix(name, envPrefix)
		key = strings.ToLower(strings.ReplaceAll(key, "_", "-"))
		if _, ok := known[key]; ours && value != "" && !ok {
			return usagef("the names are those of flags: --max-rate is "+envName("max-rate")+"; unset the variable, "+
				"or see jsm-onboard help settings", "there is no setting %s", name)
		}
	}
	return nil
}
