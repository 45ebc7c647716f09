package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/importer/export"
	"jsm-onboard/report"
)

// documentedRate is how many customers a second Atlassian lets an API token
// create.
const documentedRate = 100

func (p *program) checkCommand() *cobra.Command {
	read, asJSON := &readFlags{}, false
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Read FILE as import would, offline, and say what is in it and what is wrong",
		Long: `Reads FILE as import would and tells how it was understood, with its first rows
as they would be sent, how many people are in it, and every problem with its
lines. Nothing is sent, and no site is needed. It shows names and addresses: it
is for your eyes, not for a log.

Exit codes: 0 all is well, 1 the file is refused, 2 wrong command line, 3 some
rows are invalid.`,
		Example: `  jsm-onboard check customers.csv
  jsm-onboard check customers.csv --json`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runCheck(cmd.Context(), read, args[0], asJSON)
		},
	}
	read.register(cmd.Flags())
	grouped(cmd.Flags(), "Output", func(g *pflag.FlagSet) {
		g.BoolVar(&asJSON, "json", false, "print JSON, for scripts")
	})
	return cmd
}

func (p *program) runCheck(ctx context.Context, read *readFlags, path string, asJSON bool) error {
	ctx, release := interruptible(ctx, nil)
	defer release()
	options, err := read.options()
	if err != nil {
		return err
	}
	file, err := export.Open(ctx, path, p.In)
	if err != nil {
		return err
	}
	defer file.Close()
	survey, err := file.Survey(ctx, options, nil)
	if err != nil {
		return err
	}
	words := append([]string{path}, read.words()...)
	text := []byte(report.CheckText(survey, words, survey.DuplicateLines(), documentedRate))
	if asJSON {
		if text, err = report.CheckJSON(survey, words, survey.DuplicateLines(), documentedRate); err != nil {
			return err
		}
	}
	if _, err := p.Out.Write(text); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	if survey.Invalid > 0 {
		return exitError(exitNotGood)
	}
	return nil
}

// words are the flags that read a file in the same way, as a command line has
// them, wherever they were set.
func (f *readFlags) words() []string {
	var words []string
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				words = append(words, flag, v)
			}
		}
	}
	if f.noHeader {
		words = append(words, "--no-header")
	}
	add("--encoding", f.encoding)
	add("--delimiter", f.delimiter)
	add("--preset", f.preset)
	add("--column", f.columns...)
	add("--include", f.include...)
	add("--exclude", f.exclude...)
	return words
}
