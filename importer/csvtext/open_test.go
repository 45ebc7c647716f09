package csvtext

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for name, begin := range map[string]string{"before any byte": "", "in the middle": "email,name\n"} {
		t.Run(name, func(t *testing.T) {
			stdin, feed := io.Pipe() // never ends
			defer feed.Close()
			go feed.Write([]byte(begin))
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			start := time.Now()
			if _, err := Open(ctx, "-", stdin); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestReadErrorsAreReturned(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("email,name\n"), brokenReader{})
	if _, err := Open(t.Context(), "-", broken); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	r := newReader(io.MultiReader(strings.NewReader("a,b\nc,d"), brokenReader{}), Dialect{Delimiter: ','})
	if rec, err := r.Next(); err != nil || len(rec.Cells) != 2 {
		t.Errorf("got %q, %v", rec.Cells, err)
	}
	if _, err := r.Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

// The lines that decide on the encoding are whole, however the text is cut into pieces.
func TestLinesAreCountedWhole(t *testing.T) {
	long := strings.Repeat("é", maxCell)
	for name, tt := range map[string]struct {
		text      string
		good, bad int
	}{
		"a long line":    {"x" + long, 5, 0},
		"lines with CR":  {strings.Repeat("é,ü\r", 1<<18), 1 << 20, 0},
		"one bad line":   {"a\né\n\xe9\nü\n", 2, 1},
		"one bad, CR":    {"a\ré\r\xe9\rü\r", 2, 1},
		"ASCII":          {"a\r\nb\r\n", 0, 0},
		"no end":         {"é\nü", 2, 0},
		"bad at the end": {"é\n\xfc", 1, 1},
	} {
		f, err := Open(t.Context(), "-", strings.NewReader(tt.text))
		if err != nil {
			t.Fatal(name, err)
		}
		if good := f.isUTF8; f.NotUTF8 != tt.bad || good > tt.good || good == 0 && tt.good > 0 {
			t.Errorf("%s: %d good lines and %d bad ones", name, good, f.NotUTF8)
		}
		if err := f.Close(); err != nil {
			t.Error(name, err)
		}
	}
}

func TestForeignFiles(t *testing.T) {
	for text, want := range map[string]string{
		"\xd0\xcf\x11\xe0\xa1":              "Excel",
		"%PDF-1.4":                          "PDF",
		"\xef\xbb\xbf\r\n begin:VCARD":      "vCard",
		"version: 1\r\n\r\n# x\r\ndn: cn=x": "LDIF",
		"version: 1\nAnn":                   "",
		"dn,mail\n":                         "",
		"From a@example.com\nSubject: x\n":  "mbox",
		"From,To\na,b: c\n":                 "",
		"{\n  \"a\": 1}":                    "JSON",
		"[\n  {":                            "JSON",
		"{x},y\n1,2\n":                      "",
		"\xff\xfe{\x00\"\x00a\x00":          "JSON",
		"{\\rtf1":                           "RTF",
		" <html>":                           "HTML",
		"\x28\xb5\x2f\xfdx":                 "zstd",
	} {
		err := (&File{head: []byte(text)}).refuseForeign()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestNamedEncodings(t *testing.T) {
	for name, want := range map[string]string{
		"UTF8": "UTF-8", "utf-16": "utf-16", "cp1250": "cp1250", "Windows-1252": "windows-1252", "IBM850": "ibm850",
		"cp850": "cp850", "latin1": "latin1", "mac": "mac", "sjis": "sjis", "gbk": "gbk", "866": "866",
		"utf-7": "", "replacement": "", "": "",
	} {
		e, err := findEncoding(name)
		if _, refused := errors.AsType[*OptionError](err); e.Name != want || refused != (want == "") {
			t.Errorf("%q is %q (%v), want %q", name, e.Name, err, want)
		}
	}
}

func TestEncodingsThatAreTriedAreKnown(t *testing.T) {
	for _, e := range legacy {
		if e.Name == "" || e.encoding == nil {
			t.Errorf("%+v", e)
		}
	}
}

func TestEncodingsByTheBytes(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\r\n\x1b$B;3ED\x1b(B,c\r\n":        "iso-2022-jp",
		"é\nü\n\xe9\n":                         "UTF-8",
		"a\x00,\x00b\x00\n\x00c\x00,\x00d\x00": "utf-16le",
		"\x00a\x00,\x00b\x00\n\x00c\x00,\x00d": "utf-16be",
	} {
		f, err := Open(t.Context(), "-", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Encodings(""); err != nil || len(got) != 1 || got[0].Name != want {
			t.Errorf("%q: %v %v, want %s", text, got, err, want)
		}
		f.Close()
	}
	if e, err := findEncoding("utf-8"); err != nil || e.encoding != nil {
		t.Errorf("UTF-8 is decoded by %v, %v: its broken bytes would be lost", e.encoding, err)
	}
}

func TestMisread(t *testing.T) {
	for name, want := range map[string]bool{
		"Èâàí": true, "JosÃ©": true, "Åsa Öberg": false, "Иван": false, "王": false, "Øå": false,
	} {
		if got := IsMisread(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLettersOfAnotherEncoding(t *testing.T) {
	for name, want := range map[string]bool{
		"Muñoz": true, "Muńoz": false, "NUŃEZ": false, "Toruń": true, "Wałęsa": true, "João": true, "Joăo": false,
		"Brăescu": true, "Simões": true, "Simőes": false, "Győző": true, "Tõnu": true, "Niccol\u0652": false, "Jose\u0301": true,
		"GROßMANN": true, "WEIß": true, "Weiß": true, "Аnn": false, "αλβany": false,
	} {
		if got := MakesWords(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestByteOrderMarkBeatsTheFlag(t *testing.T) {
	for text, want := range map[string]string{
		"\xef\xbb\xbfa,b":       "UTF-8",
		"\xff\xfea\x00":         "utf-16le",
		"\xff\xfe\x00\x00":      "utf-32le",
		"a,b":                   "cp1250",
		"a\x00,\x00b\x00\n\x00": "cp1250",
	} {
		path := filepath.Join(t.TempDir(), "x.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Encodings("cp1250"); err != nil || len(got) != 1 || got[0].Name != want {
			t.Errorf("%q: %v %v, want %s", text, got, err, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLargeArchivesAreRefused(t *testing.T) {
	_, err := Open(t.Context(), "-", io.MultiReader(strings.NewReader("PK\x03\x04"), io.LimitReader(endless("x"), maxZip)))
	if e, ok := errors.AsType[*RefusedError](err); !ok || !strings.Contains(e.What, "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("a,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file + ".none": "there is no such file", filepath.Join(file, "below"): "",
	} {
		_, err := Open(t.Context(), path, nil)
		e, ok := errors.AsType[*RefusedError](err)
		if !ok || e.What == "" || !strings.Contains(e.What, want) || e.Hint == "" || e.Path != path {
			t.Errorf("%s: %+v", path, err)
		}
	}
}
