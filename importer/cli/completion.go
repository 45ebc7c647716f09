package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (p *program) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script for bash, zsh, fish or powershell",
		Long: `Prints a script that lets the shell complete commands and flags.

  bash        source <(jsm-onboard completion bash)
  zsh         jsm-onboard completion zsh >"${fpath[1]}/_jsm-onboard"
  fish        jsm-onboard completion fish >~/.config/fish/completions/jsm-onboard.fish
  powershell  jsm-onboard completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      oneArgument("the name of a shell: " + strings.Join(shells, ", ")),
		RunE: func(cmd *cobra.Command, args []string) error {
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
		},
	}
}
