package csvtext

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer/text"
)

const (
	saveAs = "open it in the spreadsheet program and save it as CSV UTF-8"
	asCSV  = "export the people as CSV"
)

// foreign are the beginnings of files that are something else. A character of a pattern is a byte of the file.
var foreign = []struct {
	start      *regexp.Regexp
	what, hint string
}{
	{start(`\xd0\xcf\x11\xe0`), "this is an old Excel workbook (.xls)", saveAs},
	{start(`%pdf`), "this is a PDF", asCSV},
	{start(`bzh|\xfd7zxz|\x28\xb5\x2f\xfd|7z\xbc\xaf\x27\x1c|rar!`),
		"this is packed with bzip2, xz, zstd, 7-Zip or RAR", "unpack it first"},
	{start(`sqlite format 3`), "this is a database", asCSV},
	{start(`begin:vcard`), "this is a vCard file, not CSV", asCSV},
	{start(`begin:vcalendar`), "this is a calendar, not CSV", asCSV},
	{start(`dn::? |version: 1[\r\n].*dn:`), "this is LDIF, not CSV", asCSV},
	{start(`from [^\r\n,;\t]*[\r\n].*: `), "this is a mailbox (mbox), not CSV", asCSV},
	{start(`\{\\rtf`), "this is a text document (RTF), not CSV", saveAs},
	{start(`<`), "this is HTML or XML, not CSV", saveAs},
	{start(`\{\s*"|\[\s*[{"\]]|\{.*"\s*:`), "this is JSON, not CSV", asCSV},
}

// start is a pattern for the first bytes but for byte order marks and blanks, in capitals or not.
func start(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(` + pattern + `)`)
}

// refuseForeign refuses what is no text of cells by its beginning.
func refuseForeign(path string, head []byte) error {
	text, _ := charmap.ISO8859_1.NewDecoder().Bytes(head[:min(len(head), 512)]) // every byte is a character
	text = bytes.ReplaceAll(text, []byte{0}, nil)                               // those of UTF-16
	for _, f := range foreign {
		if f.start.Match(text) {
			return &RefusedError{Path: path, What: f.what, Hint: f.hint}
		}
	}
	return nil
}

// document is an entry of an archive that a spreadsheet or text program has written.
var document = regexp.MustCompile(`^(xl/|word/|Index/|mimetype$)`)

// csvInZip opens the one CSV file in a zip archive.
func csvInZip(file string, raw io.ReaderAt, size int64) (io.Reader, error) {
	archive, err := zip.NewReader(raw, size)
	if err != nil {
		return nil, err
	}
	var texts []*zip.File
	var names []string
	for _, e := range archive.File {
		switch base := path.Base(e.Name); {
		case document.MatchString(e.Name):
			return nil, &RefusedError{Path: file,
				What: "this is an Excel workbook (.xlsx), or another program's document", Hint: saveAs}
		case e.FileInfo().IsDir(), strings.HasPrefix(base, "."), strings.HasPrefix(e.Name, "__MACOSX/"):
			continue
		case strings.EqualFold(path.Ext(base), ".csv"):
			texts = append(texts, e)
		}
		names = append(names, e.Name)
	}
	if len(texts) != 1 {
		return nil, &RefusedError{Path: file,
			What: fmt.Sprintf("the zip archive has %d CSV files (it holds: %s)", len(texts),
				text.Shorten(strings.Join(names, ", "), 200)),
			Hint: "unpack it and name the one that holds the people"}
	}
	return texts[0].Open()
}
