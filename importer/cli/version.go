package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set by the linker in a release
// (-ldflags "-X jsm-onboard/importer/cli.version=v1.2.3").
var version, commit string

// versionText is what --version prints.
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
	if v == "" {
		v = "devel"
	}
	if c == "" {
		c = "unknown"
	}
	return fmt.Sprintf("%s (commit %.12s, %s, %s/%s)", v, c, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// userAgent is how the program names itself to the site.
func userAgent() string {
	if version == "" {
		return "jsm-onboard/devel"
	}
	return "jsm-onboard/" + version
}
