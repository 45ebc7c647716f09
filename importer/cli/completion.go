package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (p *program) completionCommand() *cobra.Command {
	cmd := p.command("completion SHELL", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		root := cmd.Root()
		switch strings.ToLower(args[0]) {
		case "bash":
			return root.GenBashCompletionV2(p.Out, true)
		case "zsh":
			return root.GenZshCompletion(p.Out)
		case "fish":
			return root.GenFishCompletion(p.Out, true)
		case "powershell", "pwsh":
			return root.GenPowerShellCompletionWithDesc(p.Out)
		}
		return usagef("one of: "+strings.Join(shells, ", "), "there is no completion for %q", args[0])
	})
	cmd.ValidArgs = shells
	return cmd
}
