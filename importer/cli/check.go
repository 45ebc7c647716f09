package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"jsm-onboard/importer/export"
	"jsm-onboard/report"
)

func (p *program) checkCommand() *cobra.Command {
	read, check, json := &readFlags{}, &report.Check{}, false
	cmd := p.command("check FILE", func(cmd *cobra.Command, args []string) error {
		if err := p.check(cmd.Context(), args[0], read, check); err != nil {
			return err
		}
		code := map[bool]int{true: 3}[check.Survey.Invalid > 0] // as a run with rows that are not good
		return cmp.Or(p.print(json, check.Text, check.JSON), asExit(code))
	})
	read.register(cmd.Flags())
	cmd.Flags().BoolVar(&json, "json", false, "")
	cmd.Flags().BoolVar(&check.Organizations, "organizations", false, "")
	return cmd
}

// check reads the file as import would.
func (p *program) check(ctx context.Context, path string, read *readFlags, check *report.Check) error {
	options, err := read.options()
	if err != nil {
		return err
	}
	options.Organizations = check.Organizations
	file, err := export.Open(ctx, path, p.In)
	if err != nil {
		return err
	}
	defer file.Close()
	if check.Survey, err = file.Survey(ctx, options); err != nil {
		return err
	}
	check.Args = slices.Concat([]string{path}, p.flagArgs(siteFlagNames...), p.flagArgs(accessFlagNames...),
		p.flagArgs(formFlagNames...), check.Survey.Repeat, p.flagArgs("include", "exclude"))
	for row, err := range check.Survey.All(ctx) {
		if err != nil {
			return err
		}
		check.Add(row)
	}
	return nil
}
