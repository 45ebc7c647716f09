package csvtext

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	saveAs   = "open it in the spreadsheet program and save it as CSV UTF-8"
	asCSV    = "export the people as CSV"
	unpackIt = "unpack it first"
)

// foreign are beginnings of files that are something else, in lower case.
var foreign = []struct{ magic, what, hint string }{
	{"\xd0\xcf\x11\xe0", "this is an old Excel workbook (.xls)", saveAs},
	{"%pdf", "this is a PDF", asCSV},
	{"bzh", "this is packed with bzip2", unpackIt},
	{"\xfd7zxz\x00", "this is packed with xz", unpackIt},
	{"\x28\xb5\x2f\xfd", "this is packed with zstd", unpackIt},
	{"7z\xbc\xaf\x27\x1c", "this is a 7z archive", unpackIt},
	{"rar!", "this is a RAR archive", unpackIt},
	{"sqlite format 3\x00", "this is a database", asCSV},
	{"begin:vcard", "this is a vCard file, not CSV", asCSV},
	{"begin:vcalendar", "this is a calendar, not CSV", asCSV},
	{"dn: ", "this is LDIF, not CSV", asCSV},
	{"dn:: ", "this is LDIF, not CSV", asCSV},
	{"{\\rtf", "this is a text document (RTF), not CSV", saveAs},
	{"<", "this is HTML or XML, not CSV", saveAs},
	{"{\"", "this is JSON, not CSV", asCSV},
	{"{\n", "this is JSON, not CSV", asCSV},
	{"{}", "this is JSON, not CSV", asCSV},
	{"[{", "this is JSON, not CSV", asCSV},
	{"[\"", "this is JSON, not CSV", asCSV},
	{"[\n", "this is JSON, not CSV", asCSV},
	{"[]", "this is JSON, not CSV", asCSV},
}

// refuseForeign refuses what is no text of cells by its beginning.
func refuseForeign(path string, head []byte) error {
	text := plainStart(head)
	for _, m := range foreign {
		if strings.HasPrefix(text, m.magic) {
			return &RefusedError{Path: path, What: m.what, Hint: m.hint}
		}
	}
	first, rest, _ := strings.Cut(text, "\n")
	switch {
	case strings.HasPrefix(text, "version: 1\n") && strings.Contains(rest, "dn:"):
		return &RefusedError{Path: path, What: "this is LDIF, not CSV", Hint: asCSV}
	case strings.HasPrefix(first, "from ") && strings.Contains(rest, ": ") && !strings.ContainsAny(first, ",;\t"):
		return &RefusedError{Path: path, What: "this is a mailbox (mbox), not CSV", Hint: asCSV}
	case strings.HasPrefix(text, "{") && strings.Contains(text, `":`):
		return &RefusedError{Path: path, What: "this is JSON, not CSV", Hint: asCSV}
	case isWorkbook(path) && isBinary(head):
		return damagedWorkbook(path)
	}
	return nil
}

// plainStart is the beginning of a text in lower case, without marks, blanks,
// comments and the NULs of UTF-16.
func plainStart(head []byte) string {
	if isWide(head) {
		head = bytes.TrimLeft(bytes.ReplaceAll(head, []byte{0}, nil), "\xff\xfe")
	}
	text := strings.ReplaceAll(lowerASCII(bytes.TrimPrefix(head, []byte(utf8BOM))), "\r", "\n")
	for strings.Contains(text, "\n\n") {
		text = strings.ReplaceAll(text, "\n\n", "\n")
	}
	text = strings.TrimLeft(text, " \t\n")
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "\n", "")
	}
	return text
}

// lowerASCII leaves bytes above ASCII as they are.
func lowerASCII(b []byte) string {
	lower := bytes.Clone(b)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// isWorkbook reports whether a file is called like a spreadsheet.
func isWorkbook(path string) bool {
	return slices.Contains([]string{".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers"},
		strings.ToLower(filepath.Ext(path)))
}

// isWide reports text in UTF-16 or UTF-32.
func isWide(head []byte) bool {
	_, wide := wideWithoutMark(head)
	return wide || bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
}

// isBinary reports bytes that are no text in any encoding. Text called .xls is
// what many programs export.
func isBinary(head []byte) bool {
	if isWide(head) {
		return false
	}
	return bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1a", r) })
}

func damagedWorkbook(path string) error {
	return &RefusedError{Path: path, What: "this is an Excel workbook, and it is damaged",
		Hint: "export it again, open it in the spreadsheet program and save it as CSV UTF-8"}
}

// damagedZip knows a workbook by the name of the file, or of its first entry.
func damagedZip(path string, raw io.ReaderAt, err error) error {
	head := make([]byte, 256)
	n, _ := raw.ReadAt(head, 0)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "docProps/", "xl/"} {
		if isWorkbook(path) || bytes.Contains(head[:n], []byte(name)) {
			return damagedWorkbook(path)
		}
	}
	return &RefusedError{Path: path, What: fmt.Sprintf("the zip archive is damaged: %v", err),
		Hint: "download it again"}
}

func isFlateError(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}

// onlyEntry finds the one text in a zip archive: the only .csv in it, else the
// only .tsv or .txt.
func onlyEntry(file string, raw io.ReaderAt, size int64) (*zip.File, error) {
	archive, err := zip.NewReader(raw, size)
	if err != nil {
		return nil, damagedZip(file, raw, err)
	}
	var csv, text []*zip.File
	var names []string
	for _, e := range archive.File {
		base := path.Base(e.Name)
		switch {
		case strings.HasPrefix(e.Name, "xl/"):
			return nil, &RefusedError{Path: file, What: "this is an Excel workbook (.xlsx)", Hint: saveAs}
		case e.Name == "mimetype", strings.HasPrefix(e.Name, "Index/"), strings.HasPrefix(e.Name, "word/"):
			return nil, &RefusedError{Path: file, What: "this is a spreadsheet or document, not CSV", Hint: saveAs}
		case e.FileInfo().IsDir(), strings.HasPrefix(base, "."), strings.HasPrefix(e.Name, "__MACOSX/"):
			continue
		}
		names = append(names, e.Name)
		switch strings.ToLower(path.Ext(base)) {
		case ".csv":
			csv = append(csv, e)
		case ".tsv", ".txt", ".tab":
			text = append(text, e)
		}
	}
	if len(csv) == 0 {
		csv = text
	}
	return oneOf(file, csv, names)
}

func oneOf(file string, found []*zip.File, names []string) (*zip.File, error) {
	const listed = 10
	if len(found) == 1 {
		if found[0].Flags&1 != 0 {
			return nil, &RefusedError{Path: file, What: fmt.Sprintf("%q in the zip archive is encrypted",
				found[0].Name), Hint: unpackIt}
		}
		return found[0], nil
	}
	list := strings.Join(names[:min(len(names), listed)], ", ")
	if len(names) > listed {
		list += ", …"
	}
	return nil, &RefusedError{Path: file, What: fmt.Sprintf("the zip archive has %d CSV files (it holds: %s)",
		len(found), list),
		Hint: "unpack it and name the one that holds the people"}
}
