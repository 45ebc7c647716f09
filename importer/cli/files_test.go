package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// folderOf has files of these names.
func folderOf(t *testing.T, names ...string) string {
	folder := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Nothing that is written may be a file that is in use, however it is spelled.
func TestApart(t *testing.T) {
	t.Parallel()
	folder := folderOf(t, "people.csv", "ledger", "token", "ca.pem", "nightly.yml", "x.csv.partial")
	path := func(name string) string { return filepath.Join(folder, name) }
	if err := os.Mkdir(path("sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	inUse := append(ledgerFiles(path("ledger")), namedFile{"the input", path("people.csv")}, namedFile{"the token file", path("token")},
		namedFile{"the settings file", path("nightly.yml")}, namedFile{"the CA file", path("ca.pem")}, namedFile{"", ""})
	for _, tc := range []struct {
		name    string
		outputs []namedFile
		refused string
	}{
		{"all apart", []namedFile{{"--results", path("r.csv")}, {"--failed", path("f.csv")}, {"--page", ""}}, ""},
		{"the input", []namedFile{{"--results", path("people.csv")}}, "the same file as the input"},
		{"the input through a folder", []namedFile{{"--results", path("sub/../people.csv")}}, "the input"},
		{"the ledger", []namedFile{{"--summary", path("ledger")}}, "the ledger"},
		{"beside the ledger", []namedFile{{"--summary", path("ledger-wal")}}, "a file of the ledger"},
		{"the token", []namedFile{{"--page", path("token")}}, "the token file"},
		{"the settings", []namedFile{{"--metrics-file", path("nightly.yml")}}, "the settings file"},
		{"the CA", []namedFile{{"--failed", path("ca.pem")}}, "the CA file"},
		{"one another", []namedFile{{"--results", path("same.csv")}, {"--failed", path("same.csv")}}, "--results"},
		{"one another, in other letters", []namedFile{{"--results", path("Same.csv")}, {"--failed", path("same.csv")}}, "--results"},
		{"another's partial file", []namedFile{{"--results", path("r.csv")}, {"--failed", path("r.csv.partial")}}, "--results"},
		{"its own partial file is another", []namedFile{{"--results", path("r.csv.partial")}, {"--failed", path("r.csv")}}, "--results"},
		{"stdout", []namedFile{{"--summary", stdout}, {"--results", path("r.csv")}}, ""},
		{"a device twice", []namedFile{{"--summary", os.DevNull}, {"--page", os.DevNull}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := checkDistinct(inUse, tc.outputs, false)
			if (err != nil) != (tc.refused != "") || err != nil && (!strings.Contains(err.Error(), tc.refused) || codeOf(err) != 2) {
				t.Errorf("%v, and %q was expected", err, tc.refused)
			}
		})
	}
	err := checkDistinct([]namedFile{{"the input", path("x.csv.partial")}}, []namedFile{{"--results", path("x.csv")}}, false)
	if err == nil || !strings.Contains(err.Error(), "the same file as the input") {
		t.Errorf("an input that would be a partial file: %v", err)
	}
}

// A run replaces what an earlier one has written, and what is empty, but no file of somebody else. Rows to fix get
// another name by themselves.
func TestApartFromFilesOfOthers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, flag, content string
		refused             bool
	}{
		{"customers", "--results", "name,email\nAnn Lee,ann@example.com\n", true},
		{"a text", "--summary", "Call Ann.", true},
		{"another page", "--page", "<!doctype html>\n<html><title>Ann</title></html>\n", true},
		{"other metrics", "--metrics-file", "node_load1 0.5\n", true},
		{"an empty file", "--leavers", "", false},
		{"results", "--results", "\ufeff\"e\",\"jsm_status\",\"jsm_account_id\"\r\n", false},
		{"rows to fix", "--failed", "edited", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			err := checkDistinct(nil, []namedFile{{tc.flag, path}}, false)
			want := tc.flag + " " + path + " is there, and no file of this program"
			if (err != nil) != tc.refused || err != nil && (err.Error() != want || codeOf(err) != 2) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	for _, tc := range []struct {
		name, text, system string
		mode               os.FileMode
		want, refused      string
	}{
		{"mine alone", "secret\n", "linux", 0o600, "secret", ""},
		{"what editors add", "\ufeffsecret\r\n", "linux", 0o400, "secret", ""},
		{"of a service's group", "secret", "linux", 0o440, "secret", ""},
		{"open to others", "secret", "linux", 0o644, "", "can be read by others"},
		{"on Windows there are no modes", "secret", "windows", 0o644, "secret", ""},
		{"empty", " \n", "linux", 0o600, "", "is empty"},
	} {
		if runtime.GOOS == "windows" && tc.system != "windows" {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			_ = os.Remove(path)
			if err := os.WriteFile(path, []byte(tc.text), tc.mode); err != nil {
				t.Fatal(err)
			}
			got, err := readTokenFile(path, tc.system)
			if got != tc.want || (err != nil) != (tc.refused != "") ||
				err != nil && (!strings.Contains(err.Error(), tc.refused) || codeOf(err) != 4) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
