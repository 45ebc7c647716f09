package cli

import (
	"embed"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"jsm-onboard/report"
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

// A setting is a flag as help settings describes it.
type setting struct{ form, standard, meaning string }

// settingLine is a flag's line in the tables of help settings: | `--max-rate N` | 100 | meaning |
var settingLine = regexp.MustCompile("(?m)^\\| `--([a-z-]+)(.*?)` \\| (.*?) \\| (.*) \\|$")

// settings are all flags: help settings is the one place that describes them.
func settings() map[string]setting {
	content, err := helpFiles.ReadFile("help/settings.md")
	if err != nil {
		panic(err) // it is part of the program
	}
	plain := strings.NewReplacer("`", "", `\|`, "|")
	all := map[string]setting{"config": {"--config FILE", "none", "a file of settings"}}
	for _, cells := range settingLine.FindAllStringSubmatch(string(content), -1) {
		all[cells[1]] = setting{plain.Replace("--" + cells[1] + cells[2]), plain.Replace(cells[3]), plain.Replace(cells[4])}
	}
	return all
}

// shownFlags keeps, in a command's annotations, the flags that its --help shows.
const shownFlags = "shown flags"

// showFlags says which flags the --help of cmd shows, in this order; the others stand in help settings.
func showFlags(cmd *cobra.Command, names string) {
	cmd.Annotations = map[string]string{shownFlags: names}
}

// usage prints how a command is called, with the flags that people need day to day.
func (p *program) usage(cmd *cobra.Command) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&out, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		out.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			fmt.Fprintf(&out, "  %-11s %s\n", sub.Name(), sub.Short)
		}
		out.WriteString("\nTopics (jsm-onboard help TOPIC):\n")
		for _, t := range topics {
			fmt.Fprintf(&out, "  %-11s %s\n", t.name, t.about)
		}
		out.WriteString("\nSee jsm-onboard COMMAND --help for the flags of each.\n")
	} else if names := strings.Fields(cmd.Annotations[shownFlags]); len(names) > 0 {
		out.WriteString("\nFlags (all: jsm-onboard help settings):\n")
		all := settings()
		for _, name := range names {
			fmt.Fprintf(&out, "  %-24s %s", all[name].form, all[name].meaning)
			if standard := all[name].standard; standard != "none" && standard != "false" {
				fmt.Fprintf(&out, " (default %s)", standard)
			}
			out.WriteByte('\n')
		}
		out.WriteString("\nEach can also be an environment variable (--max-rate: JSM_ONBOARD_MAX_RATE)\n" +
			"or a line of the --config file (max-rate: 50).\n")
	}
	_, err := io.WriteString(p.Out, report.Fit(p.Out, out.String(), p.env.get))
	return err
}
