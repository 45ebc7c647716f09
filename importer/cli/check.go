package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"jsm-onboard/importer/export"
	"jsm-onboard/report"
)

// checkFlags are those of check.
type checkFlags struct {
	read          readFlags
	json          bool
	organizations bool
}

func (p *program) checkCommand() *cobra.Command {
	f := &checkFlags{}
	cmd := p.command("check FILE", func(cmd *cobra.Command, args []string) error {
		return p.runCheck(cmd.Context(), f, args[0])
	})
	f.read.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, "")
	cmd.Flags().BoolVar(&f.organizations, "organizations", false, "")
	return cmd
}

func (p *program) runCheck(ctx context.Context, f *checkFlags, path string) error {
	options, err := f.read.options()
	if err != nil {
		return err
	}
	options.Organizations = f.organizations
	file, err := export.Open(ctx, path, p.In)
	if err != nil {
		return err
	}
	defer file.Close()
	survey, err := file.Survey(ctx, options)
	if err != nil {
		return err
	}
	check := report.Check{
		Survey: survey,
		Words: slices.Concat([]string{path}, p.again(siteFlagNames...), p.again(accessFlagNames...),
			p.again(formFlagNames...), survey.Repeat, p.again("include", "exclude")),
		Organizations: f.organizations,
	}
	for row, err := range survey.All(ctx) {
		if err != nil {
			return err
		}
		check.See(row)
	}
	if err := p.print(f.json, check.Text, check.JSON); err != nil {
		return err
	}
	if survey.Invalid > 0 {
		return exitError(3) // as a run with rows that are not good
	}
	return nil
}
