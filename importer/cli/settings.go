package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment is the process's environment, as given to Run.
type environment map[string]string

func newEnvironment(list []string) environment {
	env := make(environment, len(list))
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	return env
}

// envName is the environment name of a flag: max-rate, JSM_ONBOARD_MAX_RATE.
func envName(flag string) string {
	return "JSM_ONBOARD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// onlyTyped are the flags that only the command line has; notInConfig those
// that cannot be in the file of --config.
var (
	onlyTyped   = map[string]bool{"help": true, "version": true}
	notInConfig = map[string]bool{"help": true, "version": true, "config": true}
)

// settle fills in the flags that the command line does not have: from the
// environment, else from the configuration file.
func (p *program) settle(cmd *cobra.Command) error {
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		path = p.env[envName("config")]
	}
	entries, err := readConfig(path)
	if err != nil {
		return err
	}
	if err := knownKeys(cmd.Root(), path, entries); err != nil {
		return err
	}
	p.siteWords, p.readWords, p.ledgerWords = typed(cmd, siteFlagNames), typed(cmd, readFlagNames), typed(cmd, ledgerFlagNames)
	siteTyped := cmd.Flags().Changed("site")
	var failed []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || notInConfig[f.Name] {
			return
		}
		if value := p.env[envName(f.Name)]; value != "" {
			failed = append(failed, set(cmd, f, []string{value}, envName(f.Name)))
			return
		}
		if entry, ok := entries[f.Name]; ok {
			failed = append(failed, set(cmd, f, entry.values, fmt.Sprintf("%s, line %d", path, entry.line)))
		}
	})
	if sandbox := cmd.Flags().Lookup("sandbox"); siteTyped && sandbox != nil && sandbox.Value.String() == "true" {
		failed = append(failed, usagef("leave one of them away: the sandbox is a site inside this process, and nothing is sent to another",
			"--site and --sandbox contradict each other"))
	}
	return errors.Join(failed...)
}

// The flags that say where the site and its ledger are, and those that say which
// columns count: what is typed once has to be typed again with the next file.
var (
	siteFlagNames = []string{"config", "site", "gateway-url", "token-url", "token-file", "ca-file", "sandbox", "ledger"}
	readFlagNames = []string{"column", "preset"}

	ledgerFlagNames = []string{"config", "site", "ledger"} // of them, those that report has
)

// typed are those of the flags that the command line has, as words of it.
func typed(cmd *cobra.Command, names []string) []string {
	var words []string
	for _, name := range names {
		f := cmd.Flags().Lookup(name)
		switch {
		case f == nil || !f.Changed:
		case f.Value.Type() == "bool" && f.Value.String() == "true":
			words = append(words, "--"+name)
		case f.Value.Type() == "bool":
			words = append(words, "--"+name+"=false")
		default:
			values := []string{f.Value.String()}
			if list, ok := f.Value.(pflag.SliceValue); ok {
				values = list.GetSlice()
			}
			for _, value := range values {
				words = append(words, "--"+name, value)
			}
		}
	}
	return words
}

func set(cmd *cobra.Command, f *pflag.Flag, values []string, where string) error {
	for _, value := range values {
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			return usagef("see --"+f.Name+" in "+cmd.CommandPath()+" --help", "%s: %w", where, flagMistake(cmd, err))
		}
	}
	return nil
}

// configEntry is one key of a configuration file.
type configEntry struct {
	line   int
	values []string
}

// readConfig reads a YAML file of the form "flag-name: value"; a list repeats
// the flag. No path: no entries.
func readConfig(path string) (map[string]configEntry, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("give the path of a YAML file as --config", "the settings in %s cannot be read: %s", path, plainly(err))
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, usagef("each line is \"flag-name: value\"", "%s, %s", path, notYAML(err))
	}
	entries := make(map[string]configEntry)
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		pairs, err := mapping(doc.Body, path)
		if err != nil {
			return nil, err
		}
		for _, pair := range pairs {
			entry := configEntry{line: pair.Key.GetToken().Position.Line}
			if entry.values, err = scalars(pair.Value); err != nil {
				return nil, usagef("each line is \"flag-name: value\"", "%s, line %d: %w", path, entry.line, err)
			}
			entries[pair.Key.GetToken().Value] = entry
		}
	}
	return entries, nil
}

func mapping(node ast.Node, path string) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, usagef("each line is \"flag-name: value\"", "%s, line %d: not a list of settings", path, node.GetToken().Position.Line)
}

func scalars(node ast.Node) ([]string, error) {
	switch n := node.(type) {
	case *ast.SequenceNode:
		var values []string
		for _, item := range n.Values {
			if _, ok := item.(ast.ScalarNode); !ok {
				return nil, errors.New("a list of values may hold only plain values")
			}
			values = append(values, item.GetToken().Value)
		}
		return values, nil
	case ast.ScalarNode:
		return []string{node.GetToken().Value}, nil
	}
	return nil, errors.New("the value is neither a plain value nor a list of them")
}

// knownKeys refuses a key that is no flag of any command: one file may serve
// several commands.
func knownKeys(root *cobra.Command, path string, entries map[string]configEntry) error {
	known := make(map[string]bool)
	for _, cmd := range append(root.Commands(), root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = !notInConfig[f.Name] })
	}
	for _, key := range slices.SortedFunc(maps.Keys(entries), func(a, b string) int { return entries[a].line - entries[b].line }) {
		if !known[key] {
			return usagef("the keys are the names of the flags without the dashes; credentials have no key, they come from the environment",
				"%s, line %d: there is no setting %q", path, entries[key].line, key)
		}
	}
	return nil
}

// notYAML is the parser's first line, "[2:1] what", in words.
func notYAML(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	place, what, ok := strings.Cut(strings.TrimPrefix(line, "["), "] ")
	if number, _, found := strings.Cut(place, ":"); ok && found {
		return "line " + number + ": this is not YAML: " + what
	}
	return "this is not YAML: " + line
}
