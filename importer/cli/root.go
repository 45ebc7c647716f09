// Package cli is the command line: a file for each command, and what they share.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/apiclient"
	"jsm-onboard/report"
)

// Streams are what the program reads and writes besides files.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	Environ []string // as [os.Environ], to find names that are no setting; may be nil

	configure func(*apiclient.Config) // a test's last word on the client; nil: none
}

// program is one run of the program: where it reads and writes, and what every command needs of its command line.
type program struct {
	Streams
	getenv func(string) string

	configPath string // the file of settings; "": none
	config     map[string]settingValues
	flags      *pflag.FlagSet // of the command

	sending atomic.Bool // rows are on their way to the site
	log     logFlags
	console *report.Console // owns stderr; made before a command runs
}

// Run is the program but for the process: it parses args, runs the command, and returns the exit code.
func Run(ctx context.Context, args []string, getenv func(string) string, streams Streams) int {
	log.SetOutput(io.Discard) // net/http prints there what comes behind an answer, such as names
	p := &program{Streams: streams, getenv: getenv}
	p.console = report.NewConsole(p.Err, report.ConsoleOptions{Getenv: getenv})
	root := p.root()
	root.SetArgs(args)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		p.console.Fail(asStop(err))
	}
	return codeOf(err)
}

func (p *program) root() *cobra.Command {
	about, _, _ := strings.Cut(strings.TrimPrefix(helpText("commands"), "# Commands\n\n"), "\n\n## ")
	root := &cobra.Command{
		Use:           "jsm-onboard COMMAND",
		Short:         "Onboard customers in bulk to Jira Service Management Cloud",
		Long:          about,
		Version:       "jsm-onboard " + versionNumber(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			needsNone := slices.Contains([]string{"help", "version", "completion"}, cmd.Name())
			if err := p.applySettings(cmd); err != nil && !needsNone {
				return err
			}
			return p.newConsole()
		},
		Args:              cobra.ArbitraryArgs,
		RunE:              unknownCommand,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("{{.Version}}\n")
	root.PersistentFlags().String("config", "", "a file of settings")
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(p.importCommand(), p.syncCommand(), p.revokeCommand(), p.undoCommand(), p.checkCommand(),
		p.reportCommand(), p.doctorCommand(), p.sandboxCommand(), p.completionCommand(), p.versionCommand())
	root.SetHelpCommand(p.helpCommand())
	root.SetUsageFunc(p.usage)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_ = errors.Join(p.showMarkdown(cmd.Long+"\n\n"), p.usage(cmd))
	})
	described := settings()
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = described[f.Name].meaning }) // for completion
	}
	return root
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	hint := "see jsm-onboard --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean jsm-onboard " + near[0] + "?"
	}
	if _, err := os.Stat(args[0]); err == nil {
		hint = "did you mean " + report.Command("import", args[0]) + "?"
	}
	return usagef(hint, "there is no command %q", args[0])
}

// print writes on stdout what a command is for: for people, or with --json for programs.
func (p *program) print(asJSON bool, text func() string, content func() []byte) error {
	if !asJSON {
		return p.show(text())
	}
	_, err := p.Out.Write(content())
	return err
}

// show writes text for people on stdout, as fits their terminal.
func (p *program) show(text string) error { return p.console.Print(p.Out, text) }

func (p *program) completionCommand() *cobra.Command {
	cmd := p.command("completion SHELL", func(cmd *cobra.Command, args []string) error {
		switch root := cmd.Root(); args[0] {
		case "bash":
			return root.GenBashCompletionV2(p.Out, true)
		case "zsh":
			return root.GenZshCompletion(p.Out)
		case "fish":
			return root.GenFishCompletion(p.Out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(p.Out)
		}
		return usagef("the shells are bash, zsh, fish and powershell", "there is no completion for %q", args[0])
	})
	cmd.ValidArgs = []string{"bash", "zsh", "fish", "powershell"}
	return cmd
}

// version is set by the linker in a release (-ldflags "-X jsm-onboard/importer/cli.version=v1.2.3").
var version string

// versionNumber is the version, of a release or as Go has stamped it, with Go and platform.
func versionNumber() string {
	number := version
	if info, ok := debug.ReadBuildInfo(); ok {
		number = cmp.Or(number, info.Main.Version)
	}
	return fmt.Sprintf("%s (%s, %s/%s)", cmp.Or(number, "devel"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (p *program) versionCommand() *cobra.Command {
	return p.command("version", func(cmd *cobra.Command, _ []string) error {
		return p.show(cmd.Root().Version + "\n")
	})
}
