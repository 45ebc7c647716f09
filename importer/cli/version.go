package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker in a release (-ldflags "-X jsm-onboard/importer/cli.version=v1.2.3").
var version string

// versionNumber is the version, of a release or as Go has stamped it, with Go and platform.
func versionNumber() string {
	number := version
	if info, ok := debug.ReadBuildInfo(); ok {
		number = cmp.Or(number, info.Main.Version)
	}
	number = cmp.Or(number, "devel")
	return fmt.Sprintf("%s (%s, %s/%s)", number, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (p *program) versionCommand() *cobra.Command {
	return p.command("version", cobra.MaximumNArgs(0), func(cmd *cobra.Command, _ []string) error {
		_, err := fmt.Fprintln(p.Out, cmd.Root().Version)
		return err
	})
}
