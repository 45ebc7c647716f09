package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version and commit are set by the linker in a release (-ldflags "-X jsm-onboard/importer/cli.version=v1.2.3").
var version, commit string

// versionText is what version and --version print.
func versionText() string { return "jsm-onboard " + versionNumber() }

// versionNumber is version, commit, Go and platform.
func versionNumber() string {
	v, c := version, commit
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && c == "" {
				c = s.Value
			}
		}
	}
	return fmt.Sprintf("%s (commit %.12s, %s, %s/%s)",
		cmp.Or(v, "devel"), cmp.Or(c, "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// userAgent is how the program names itself to the site.
func userAgent() string { return "jsm-onboard/" + cmp.Or(version, "devel") }

func (p *program) versionCommand() *cobra.Command {
	return p.command("version", cobra.MaximumNArgs(0), func(*cobra.Command, []string) error {
		_, err := fmt.Fprintln(p.Out, versionText())
		return err
	})
}
