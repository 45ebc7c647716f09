package cli

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

//go:embed help/*.md
var helpFiles embed.FS

// topics are those of help TOPIC, each a file that begins with its title.
var topics = []string{"statuses", "exit-codes", "exports", "settings", "nightly", "problems", "access", "undo"}

// helpText is one of the files of this folder's help: they are part of the program.
func helpText(name string) string {
	content, _ := helpFiles.ReadFile("help/" + name + ".md") // a test reads all of them
	return string(content)
}

// command makes the command of use: name and operand, in brackets where it is optional. help/commands.md has the rest.
func (p *program) command(use string, run func(*cobra.Command, []string) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	_, section, _ := strings.Cut(helpText("commands"), "\n## "+name+"\n\n")
	section, _, _ = strings.Cut(section, "\n\n## ")
	section, flags, _ := strings.Cut(section, "\n\nFlags: ")
	short, long, _ := strings.Cut(section, "\n\n")
	return &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		Args:  checkArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, release := p.interruptible(cmd.Context())
			defer release()
			cmd.SetContext(ctx)
			return run(cmd, args)
		},
		Annotations: map[string]string{shownFlags: strings.NewReplacer("`--", "", "`", "").Replace(flags)},
	}
}

// checkArgs refuses a missing argument of a command, or too many.
func checkArgs(cmd *cobra.Command, args []string) error {
	wrong := ""
	switch name, wanted, _ := strings.Cut(cmd.Use, " "); {
	case wanted == "" && len(args) > 0:
		wrong = name + " takes only flags"
	case len(args) == 0 && !strings.HasPrefix(wanted, "[") && wanted != "":
		wrong = name + ": " + wanted + " is missing"
	case len(args) > 1:
		wrong = fmt.Sprintf("%s takes one %s, and here are %d", name, strings.Trim(wanted, "[]"), len(args))
	default:
		return nil
	}
	return usagef("usage: "+cmd.UseLine()+"; put quotes around what has spaces in it", "%s", wrong)
}

// shownFlags is where a command keeps the flags that its --help shows; the others stand in help settings.
const shownFlags = "shown flags"

func (p *program) helpCommand() *cobra.Command {
	cmd := p.command("help [TOPIC|COMMAND]", func(cmd *cobra.Command, args []string) error {
		topic := strings.Join(args, " ")
		if slices.Contains(topics, topic) {
			return p.showMarkdown(helpText(topic))
		}
		named, _, err := cmd.Root().Find(args)
		if err != nil || named == cmd.Root() && topic != "" {
			return usagef("the topics are "+strings.Join(topics, ", "), "there is no help about %q", topic)
		}
		return named.Help()
	})
	cmd.ValidArgs = topics
	return cmd
}

// showMarkdown prints Markdown as text. Lines of code are never broken.
func (p *program) showMarkdown(markdown string) (err error) {
	for block := range strings.SplitSeq(strings.TrimSpace(markdown), "\n\n") {
		if strings.HasPrefix(block, "    ") {
			_, err = fmt.Fprintln(p.Out, block+"\n")
		} else {
			err = p.show(readable(block) + "\n\n")
		}
	}
	return err
}

// Markdown: a row of a table, the rule below its head, and where a paragraph or an item goes on in the next line.
var (
	tableRow     = regexp.MustCompile(`(?m)^\| (.*?) \| (.*) \|$`)
	tableRule    = regexp.MustCompile(`(?m)^\| ---.*\n`)
	continuation = regexp.MustCompile(`(\S)\n(?:  )?([^\s*|])`)
	markdown     = strings.NewReplacer("### ", "", "## ", "", "# ", "", "`", "", "**", "", `\|`, "|")
)

// readable returns a block of Markdown as plain text, with one line for each paragraph, item and row.
func readable(block string) string {
	text := continuation.ReplaceAllString(tableRule.ReplaceAllString(block, ""), "$1 $2")
	text = tableRow.ReplaceAllStringFunc(text, func(row string) string {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		return entry(markdown.Replace(cells[0]), strings.Join(cells[1:], " · "))
	})
	return markdown.Replace(text)
}

// entry is what is explained, and behind it, or below where it is long, its explanation.
func entry(what, explanation string) string {
	if utf8.RuneCountInString(what) > 24 {
		what += "\n" + strings.Repeat(" ", 24)
	}
	return fmt.Sprintf("%-24s  %s", what, explanation)
}

// A setting is a flag as help settings describes it.
type setting struct{ form, standard, meaning string }

// settingLine is a flag's line in the tables of help settings: | `--max-rate N` | 100 | meaning |
var settingLine = regexp.MustCompile("(?m)^\\| `--([a-z-]+)(.*?)` \\| (.*?) \\| (.*) \\|$")

// settings are all flags: help settings is the one place that describes them.
func settings() map[string]setting {
	all := map[string]setting{}
	for _, cells := range settingLine.FindAllStringSubmatch(helpText("settings"), -1) {
		form := "--" + cells[1] + cells[2]
		all[cells[1]] = setting{markdown.Replace(form), markdown.Replace(cells[3]), markdown.Replace(cells[4])}
	}
	return all
}

// usage prints how a command is called, with the flags that people need day to day.
func (p *program) usage(cmd *cobra.Command) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		out.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			fmt.Fprintf(&out, "  %-11s %s\n", sub.Name(), sub.Short)
		}
		out.WriteString("\nTopics (jsm-onboard help TOPIC):\n")
		for _, topic := range topics {
			title, _, _ := strings.Cut(helpText(topic), "\n")
			fmt.Fprintf(&out, "  %-11s %s\n", topic, strings.TrimPrefix(title, "# "))
		}
	}
	names, all := strings.Fields(cmd.Annotations[shownFlags]), settings()
	if len(names) > 0 {
		out.WriteString("\nFlags (all of them: jsm-onboard help settings):\n")
	}
	for _, name := range names {
		out.WriteString(entry("  "+all[name].form, all[name].meaning))
		if standard := all[name].standard; standard != "none" && standard != "false" {
			fmt.Fprintf(&out, " (default: %s)", standard)
		}
		out.WriteByte('\n')
	}
	return p.show(out.String())
}
