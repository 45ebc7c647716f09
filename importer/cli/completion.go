package cli

import "github.com/spf13/cobra"

func (p *program) completionCommand() *cobra.Command {
	one := cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)
	cmd := p.command("completion SHELL", one, func(cmd *cobra.Command, args []string) error {
		switch root := cmd.Root(); args[0] {
		case "bash":
			return root.GenBashCompletionV2(p.Out, true)
		case "zsh":
			return root.GenZshCompletion(p.Out)
		case "fish":
			return root.GenFishCompletion(p.Out, true)
		default:
			return root.GenPowerShellCompletionWithDesc(p.Out)
		}
	})
	cmd.ValidArgs = []string{"bash", "zsh", "fish", "powershell"}
	return cmd
}
