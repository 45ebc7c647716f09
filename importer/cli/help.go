package cli

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:embed help/*.md
var helpFiles embed.FS

// topics are those of help TOPIC, each a file, with a line about it.
var topics = []struct{ name, about string }{
	{"statuses", "what each jsm_status means, and what to do about it"},
	{"exit-codes", "what each exit code means"},
	{"exports", "which files are read, and how columns are found"},
	{"settings", "every flag, environment variables, the settings file"},
	{"nightly", "the nightly job: cron, systemd, Windows; what to watch"},
	{"problems", "what can be wrong with a file, a token or the network, and what to do"},
	{"access", "organizations and service projects"},
	{"undo", "what to do after a mistaken import"},
}

func (p *program) helpCommand() *cobra.Command {
	var names []string
	for _, t := range topics {
		names = append(names, t.name)
	}
	return &cobra.Command{
		Use:       "help [TOPIC|COMMAND]",
		Short:     "Print the reference for a topic, or help for a command",
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Root().Help()
			}
			if content, err := helpFiles.ReadFile("help/" + args[0] + ".md"); err == nil {
				_, err := p.Out.Write(content)
				return err
			}
			if named, _, err := cmd.Root().Find(args); err == nil && named != cmd.Root() {
				return named.Help()
			}
			return usagef("the topics are "+strings.Join(names, ", "), "there is no help about %q", args[0])
		},
	}
}

// shownFlags keeps, in a command's annotations, the flags that its --help shows;
// the others stand in help settings.
const shownFlags = "shown flags"

// showFlags says which flags the --help of cmd shows, in this order.
func showFlags(cmd *cobra.Command, names string) {
	cmd.Annotations = map[string]string{shownFlags: names}
}

// usage prints how a command is called, with the flags that people need day to
// day.
func usage(cmd *cobra.Command) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&out, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		out.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&out, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
		out.WriteString("\nTopics (jsm-onboard help TOPIC):\n")
		for _, t := range topics {
			fmt.Fprintf(&out, "  %-11s %s\n", t.name, t.about)
		}
		out.WriteString("\nSee jsm-onboard COMMAND --help for the flags of each.\n")
	} else if shown, more := flagsOf(cmd); shown != "" {
		fmt.Fprintf(&out, "\nFlags:\n%s", shown)
		out.WriteString("\nEach can also be an environment variable (--max-rate: JSM_ONBOARD_MAX_RATE)\n" +
			"or a line of the --config file (max-rate: 50).\n")
		if more {
			out.WriteString("There are more: jsm-onboard help settings\n")
		}
	}
	_, err := io.WriteString(cmd.OutOrStderr(), out.String())
	return err
}

// flagsOf is the flags that the help of cmd shows, and whether it has others.
func flagsOf(cmd *cobra.Command) (shown string, more bool) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	names := strings.Fields(cmd.Annotations[shownFlags])
	for _, name := range names {
		set.AddFlag(cmd.Flags().Lookup(name))
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !slices.Contains(names, f.Name) {
			more = true
		}
	})
	return set.FlagUsagesWrapped(100), more
}
