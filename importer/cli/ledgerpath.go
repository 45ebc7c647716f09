package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// ledgerPath is where the ledger of a site is kept when nothing else is said:
// in the user's state folder, one file for each site.
func (p *program) ledgerPath(site *url.URL) (string, error) {
	folder, err := p.stateFolder()
	if err != nil {
		return "", err
	}
	name := strings.NewReplacer(":", "_", "[", "", "]", "").Replace(strings.ToLower(site.Host))
	return filepath.Join(folder, "jsm-onboard", name+".ledger"), nil
}

// ledgerError names the ledger, and a way out, where an error of the operating
// system does not.
func ledgerError(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &hinted{code: exitBroken, err: fmt.Errorf("the ledger %s cannot be opened: %s: %s", path, e.Path, plainly(e)), hint: "name another file with --ledger"}
	}
	return err
}

// stateFolder follows the XDG Base Directory Specification on Unix, and the
// system's own custom on macOS and Windows.
func (p *program) stateFolder() (string, error) {
	home := p.env["HOME"]
	switch runtime.GOOS {
	case "windows":
		if folder := p.env["LocalAppData"]; folder != "" {
			return folder, nil
		}
		home = p.env["USERPROFILE"]
		if home != "" {
			return filepath.Join(home, "AppData", "Local"), nil
		}
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support"), nil
		}
	default:
		if folder := p.env["XDG_STATE_HOME"]; filepath.IsAbs(folder) {
			return folder, nil
		}
		if home != "" {
			return filepath.Join(home, ".local", "state"), nil
		}
	}
	return "", &hinted{err: fmt.Errorf("there is no home folder to keep the ledger in"), hint: "say where with --ledger PATH", code: 1}
}
