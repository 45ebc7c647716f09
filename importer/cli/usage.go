package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagMistake puts what pflag says of a command line into plain words.
func flagMistake(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help"
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		near := nearest(cmd, e.GetSpecifiedName())
		switch {
		case isSecret(e.GetSpecifiedName()):
			hint = "credentials are never on the command line: set JIRA_USER_EMAIL and JIRA_API_TOKEN, or give --token-file"
		case near != "" && e.GetSpecifiedShortnames() == "":
			hint = "did you mean --" + near + "? " + hint
		}
		return usagef(hint, "%s has no flag %s", cmd.Name(), flagAsTyped(e.GetSpecifiedName(), e.GetSpecifiedShortnames()))
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usagef(hint, "--%s needs a value", e.GetFlag().Name)
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef(hint, "--%s %q is %s", e.GetFlag().Name, e.GetValue(), notWhat(e.GetFlag(), e.Unwrap()))
	}
	if e, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return usagef(hint, "%q is no flag", e.GetSpecifiedFlag())
	}
	return usagef(hint, "%w", err)
}

// isSecret tells whether somebody looked for a flag for credentials.
func isSecret(name string) bool {
	return slices.ContainsFunc([]string{"token", "password", "secret", "user", "email", "api-key"}, func(word string) bool {
		return strings.Contains(strings.ToLower(name), word)
	})
}

func flagAsTyped(name, short string) string {
	if short != "" {
		return "-" + name
	}
	return "--" + name
}

// notWhat says what a value is not, in place of Go's parsers.
func notWhat(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "duration":
		return "no time: write it as 30s, 15m or 2h"
	case "int":
		return "no whole number"
	case "uint64":
		return "no whole number from 0 upwards"
	case "float64":
		return "no number"
	case "bool":
		return "neither true nor false"
	case "N|P%":
		return "neither a number of rows (12) nor a share of 0% to 100% (5%)"
	}
	return "refused: " + err.Error()
}

// nearest is the flag of cmd that differs from name by a slip or two; "" when
// there is none.
func nearest(cmd *cobra.Command, name string) string {
	best, least := "", 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if d := slips(name, f.Name); d < least && d < len(name) {
			best, least = f.Name, d
		}
	})
	return best
}

// slips is the Levenshtein distance: letters put in, left out or changed.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// usage lists what a command takes: its flags by what they are for, each with
// its environment name.
func usage(cmd *cobra.Command) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&text, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		text.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&text, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
		text.WriteString("\nSee jsm-onboard COMMAND --help for the flags of each.\n")
	}
	fmt.Fprintf(&text, `
%sA flag comes before its environment variable, that before a line such as
"max-rate: 50" in the file of --config, and that before the default.
`, flagGroups(cmd))
	_, err := io.WriteString(cmd.OutOrStderr(), text.String())
	return err
}

// flagGroups is the flags of cmd as text, group by group in the order in which
// they were registered.
func flagGroups(cmd *cobra.Command) string {
	sets := map[string]*pflag.FlagSet{}
	var order []string
	cmd.Flags().SortFlags = false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "Other"
		if group := f.Annotations["group"]; len(group) > 0 {
			name = group[0]
		}
		if sets[name] == nil {
			sets[name] = pflag.NewFlagSet(name, pflag.ContinueOnError)
			sets[name].SortFlags = false
			if name != "Other" {
				order = append(order, name)
			}
		}
		shown := *f
		if !onlyTyped[f.Name] {
			shown.Usage += " [" + envName(f.Name) + "]"
		}
		sets[name].AddFlag(&shown)
	})
	var text strings.Builder
	for _, name := range append(order, "Other") {
		if sets[name] != nil {
			fmt.Fprintf(&text, "%s:\n%s\n", name, sets[name].FlagUsagesWrapped(100))
		}
	}
	return text.String()
}
