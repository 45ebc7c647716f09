package export

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const twoPeople = ab + "a@example.com,Ann\nb@example.com,Bob\n"

func gzipOf(t testing.TB, parts ...string) string {
	var b bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// zipOf packs names and contents in turn.
func zipOf(t testing.TB, entries ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		e, err := w.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(entries[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPackedFiles(t *testing.T) {
	packed := gzipOf(t, twoPeople)
	damaged := []byte(packed)
	damaged[len(damaged)-5] ^= 1 // the checksum
	for _, c := range []struct{ name, content, refused string }{
		{"people.csv.gz", packed, ""},
		{"members.csv.gz", gzipOf(t, ab+"a@example.com,Ann\n", "b@example.com,Bob\n"), ""},
		{"checksum.csv.gz", string(damaged), "the gzip file is damaged"},
		{"cut.csv.gz", packed[:len(packed)-12], "the gzip file is damaged"},
		{"cutdeep.csv.gz", packed[:5], "the gzip file is damaged"},
		{"people.zip", zipOf(t, "Contacts.csv", twoPeople), ""},
		{"beside.zip", zipOf(t, "__MACOSX/._Contacts.csv", "x", "readme.md", "x", "d/Contacts.csv", twoPeople), ""},
		{"two.zip", zipOf(t, "Contacts.csv", twoPeople, "Accounts.csv", "x"), "2 CSV files (it holds: Contacts.csv, Accounts.csv)"},
		{"none.zip", zipOf(t, "readme.md", "x"), "0 CSV files (it holds: readme.md)"},
		{"book.xlsx", zipOf(t, "[Content_Types].xml", "x", "xl/workbook.xml", "x"), "save it as CSV UTF-8"},
		{"sheet.ods", zipOf(t, "mimetype", "x", "content.xml", "x"), "save it as CSV UTF-8"},
		{"cut.zip", zipOf(t, "Contacts.csv", twoPeople)[:60], "the zip archive, or Excel workbook, is damaged"},
		{"cut.xlsx", zipOf(t, "[Content_Types].xml", "x", "xl/workbook.xml", "x")[:90], "the zip archive, or Excel workbook, is damaged or encrypted [download it again; of a workbook export the people as CSV UTF-8]"},
		{"cut-book.csv", zipOf(t, "[Content_Types].xml", "x", "xl/workbook.xml", "x")[:90], "the zip archive, or Excel workbook, is damaged"},
		{"other.xlsx", "PK\x03\x04xxxx", "the zip archive, or Excel workbook, is damaged"},
		{"damaged.xls", "\x09\x08\x10\x00\x00\x06\x05\x00\x01\x02", "no header names a column of e-mail addresses"},
		{"cut.xls", "\xd0\xcf\x11\xe0\xa1", "save it as CSV UTF-8"},
		{"text.xls", strings.ReplaceAll(twoPeople, ",", "\t"), ""},
		{"unicode-text.xls", "\xff\xfe" + utf16le(strings.ReplaceAll(twoPeople, ",", "\t")), ""},
		{"people.csv.xz", "\xfd7zXZ\x00xx", "unpack it first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, rows, err := readAll(t, writeFile(t, c.name, c.content), Options{})
			if got := refused(err); c.refused != "" || err != nil {
				if c.refused == "" || !strings.Contains(got, c.refused) {
					t.Errorf("refused with %q, want %q", got, c.refused)
				}
				return
			}
			if len(rows) != 2 || rows[1].Name != "Bob" {
				t.Error(tellAll(rows))
			}
		})
	}
}

func TestStdinIsSpooledAndRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f, err := Open(t.Context(), "-", strings.NewReader(twoPeople))
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Survey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Valid != 2 || f.Path != "stdin" {
		t.Errorf("%d valid rows of %s", s.Valid, f.Path)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStem(t *testing.T) {
	for path, want := range map[string]string{
		"people.csv": "people", "d/people.CSV.gz": "d/people", "people.zip": "people", "people": "people", "people.txt": "people", "a.tsv": "a", "a.csv/people.gz": "a.csv/people", ".csv": ".csv",
	} {
		if got := Stem(path); got != want {
			t.Errorf("the stem of %s is %s, want %s", path, got, want)
		}
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	for path, want := range map[string]string{filepath.Join(t.TempDir(), "none.csv"): "no such file", t.TempDir(): "folder"} {
		if _, err := Open(t.Context(), path, nil); !strings.Contains(refused(err), want) {
			t.Errorf("%s gives %v", path, err)
		}
	}
}

func TestSurveyTellsTheFile(t *testing.T) {
	path := writeFile(t, "export.csv", twoPeople)
	s, _, err := readAll(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(twoPeople))
	if s.SHA256 != hex.EncodeToString(sum[:]) || s.HeaderLine != 1 || s.Width != 2 || s.Dialect.String() != "comma" {
		t.Errorf("%+v", s)
	}
	want := []Column{{Email, "email", 0, "header"}, {Name, "name", 1, "header"}}
	if diff := cmp.Diff(want, s.Columns); diff != "" {
		t.Error(diff)
	}
}

func TestUnchangedFileIsReadAgain(t *testing.T) {
	path := writeFile(t, "export.csv", twoPeople)
	f, err := Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Survey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil { // the bytes decide
		t.Fatal(err)
	}
	for range 2 {
		n := 0
		for _, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d rows", n)
		}
	}
	for range s.All(t.Context()) {
		break // must not go on
	}
}

func TestCancelledReading(t *testing.T) {
	f, err := Open(t.Context(), writeFile(t, "export.csv", twoPeople), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Survey(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled survey gives %v", err)
	}
	s, err := f.Survey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.All(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled reading gives %v", err)
		}
	}
}
