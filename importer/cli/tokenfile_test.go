package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenToOthers(t *testing.T) {
	for _, tc := range []struct {
		system    string
		mode      fs.FileMode
		bySystemd bool
		want      bool
	}{
		{"linux", 0o600, false, false},
		{"linux", 0o400, false, false},
		{"linux", 0o440, false, true},
		{"linux", 0o604, false, true},
		{"darwin", 0o644, false, true},
		{"linux", 0o400, true, false},
		{"linux", 0o440, true, false},
		{"linux", 0o444, true, true},
		{"windows", 0o666, false, false},
		{"linux", fs.ModeNamedPipe | 0o666, false, false}, // a shell's <(…)
	} {
		if got := openToOthers(tc.system, tc.mode, tc.bySystemd); got != tc.want {
			t.Errorf("%s, %v, by systemd %t: %t", tc.system, tc.mode, tc.bySystemd, got)
		}
	}
}

// A token as systemd's LoadCredential puts it there is taken, and no other file
// whose mode looks like it.
func TestTokenOfSystemd(t *testing.T) {
	credentials, elsewhere := t.TempDir(), t.TempDir()
	for _, folder := range []string{credentials, elsewhere} {
		if err := os.WriteFile(filepath.Join(folder, "token"), []byte("some-token\n"), 0o440); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(credentials)
	for _, path := range []string{filepath.Join(credentials, "token"), "token"} {
		if token, err := readTokenFile(path, credentials); err != nil || token != "some-token" {
			t.Errorf("%s: %q, %v", path, token, err)
		}
	}
	for _, tc := range [][2]string{{filepath.Join(elsewhere, "token"), credentials}, {filepath.Join(credentials, "token"), ""}, {filepath.Join(credentials, "..", filepath.Base(elsewhere), "token"), credentials}} {
		if _, err := readTokenFile(tc[0], tc[1]); err == nil && os.PathSeparator == '/' {
			t.Errorf("%s was taken, and it can be read by others", tc[0])
		}
	}
}
