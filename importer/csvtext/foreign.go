package csvtext

import (
	"archive/zip"
	"bytes"
	"cmp"
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

// foreign are the beginnings of files that are something else, behind byte order marks and blanks, in capitals or not.
// A character of a pattern is a byte of the file.
var foreign = []struct{ start, what, hint string }{
	{`^$`, "the file is empty: there is nothing to do",
		"check whether the export has failed, and make it again"},
	{`\xd0\xcf\x11\xe0`, "this is an old Excel workbook (.xls)", saveAs},
	{`%pdf`, "this is a PDF", asCSV},
	{`bzh|\xfd7zxz|\x28\xb5\x2f\xfd|7z\xbc\xaf\x27\x1c|rar!`,
		"this is packed with bzip2, xz, zstd, 7-Zip or RAR", "unpack it first"},
	{`sqlite format 3`, "this is a database", asCSV},
	{`begin:vca(rd|lendar)`, "this is a vCard or calendar file, not CSV", asCSV},
	{`dn::? |# extended ldif|version: 1[\r\n].*dn:`, "this is LDIF, not CSV", asCSV},
	{`from [^\r\n,;\t]*[\r\n].*: `, "this is a mailbox (mbox), not CSV", asCSV},
	{`\{\\rtf`, "this is a text document (RTF), not CSV", saveAs},
	{`<`, "this is HTML or XML, not CSV", saveAs},
	{`\{\s*"|\[\s*[{"\]]|\{.*"\s*:`, "this is JSON, not CSV", asCSV},
}

// refuseForeign refuses what is empty, and what is no text of cells by its beginning.
func (f *File) refuseForeign() error {
	text, _ := charmap.ISO8859_1.NewDecoder().Bytes(f.head[:min(len(f.head), 512)]) // every byte is a character
	text = bytes.ReplaceAll(text, []byte{0}, nil)                                   // those of UTF-16
	for _, other := range foreign {
		start := regexp.MustCompile(`(?is)^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(` + other.start + `)`)
		if start.Match(text) {
			return f.refuse(other.what, other.hint)
		}
	}
	return nil
}

// document is an entry of an archive that a spreadsheet or text program has written.
var document = regexp.MustCompile(`^(xl/|word/|Index/|mimetype$)`)

const maxZip = 64 << 20 // bytes

// csvInZip opens the one CSV file in a zip archive.
func (f *File) csvInZip(raw io.Reader) (io.Reader, error) {
	packed, err := io.ReadAll(io.LimitReader(raw, maxZip+1))
	if len(packed) > maxZip {
		return nil, f.refuse("the zip archive is larger than 64 MiB", "unpack it first")
	}
	archive, zipErr := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err = cmp.Or(err, zipErr); err != nil {
		return nil, err
	}
	var texts []*zip.File
	var names []string
	for _, e := range archive.File {
		switch base := path.Base(e.Name); {
		case document.MatchString(e.Name):
			return nil, f.refuse("this is an Excel workbook (.xlsx), or another program's document", saveAs)
		case e.FileInfo().IsDir(), strings.HasPrefix(base, "."), strings.HasPrefix(e.Name, "__MACOSX/"):
			continue
		case strings.EqualFold(path.Ext(base), ".csv"):
			texts = append(texts, e)
		}
		names = append(names, e.Name)
	}
	if len(texts) != 1 {
		return nil, f.refuse(fmt.Sprintf("the zip archive has %d CSV files (it holds: %s)", len(texts),
			text.Shorten(strings.Join(names, ", "), 200)), "unpack it and name the one that holds the people")
	}
	return texts[0].Open()
}
