package export

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// File is an export that has been opened. It holds temporary files, which Close removes.
type File struct {
	path  string
	raw   *os.File // as it lies on disk: packed, undecoded
	spool bool     // raw is a temporary copy
	pack  pack
	sums  *checksums // nil until the first pass
	marks marks      // what the first pass saw of the encoding
	keys  []*os.File // spooled keys of the surveys
}

type pack int

const (
	unpacked pack = iota
	gzipped
	zipped
)

// Open opens the export at path, "-" for stdin. What cannot be read twice is
// copied to a temporary file (mode 0600). Packed files are unpacked while
// they are read. A *RefusedError tells why a file is none that can be read.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f, err := openRaw(ctx, path, stdin)
	if err != nil {
		return nil, err
	}
	if err := f.recognise(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openRaw(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	if path == "-" {
		raw, err := spool(ctx, stdin)
		return &File{path: "stdin", raw: raw, spool: true}, err
	}
	raw, err := os.Open(path)
	if err != nil {
		return nil, refuseOpen(path, err)
	}
	st, err := raw.Stat()
	switch {
	case err != nil:
		raw.Close()
		return nil, err
	case st.IsDir():
		raw.Close()
		return nil, &RefusedError{Path: path, What: "this is a folder", Hint: "name the CSV file in it"}
	case !st.Mode().IsRegular():
		defer raw.Close()
		copied, err := spool(ctx, raw)
		return &File{path: path, raw: copied, spool: true}, err
	}
	return &File{path: path, raw: raw}, nil
}

func refuseOpen(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &RefusedError{Path: path, What: "there is no such file", Hint: "name the CSV file to read, or - for stdin"}
	case errors.Is(err, fs.ErrPermission):
		return &RefusedError{Path: path, What: "you may not read this file", Hint: "make it readable for this user"}
	case errors.Is(err, syscall.ENOTDIR):
		return &RefusedError{Path: path, What: "there is no such file: a part of the path is no folder", Hint: "name the CSV file to read, or - for stdin"}
	}
	return err
}

// Close closes the file and removes the temporary ones.
func (f *File) Close() error {
	var errs []error
	if f.spool {
		errs = append(errs, discard(f.raw))
	} else {
		errs = append(errs, f.raw.Close())
	}
	for _, k := range f.keys {
		errs = append(errs, discard(k))
	}
	f.keys = nil
	return errors.Join(errs...)
}

// Path is the path as given, or "stdin".
func (f *File) Path() string { return f.path }

// Stem is the path without .csv, .gz and .zip: what names of other files are made from.
func (f *File) Stem() string { return Stem(f.path) }

// Stem is path without .csv, .gz and .zip.
func Stem(path string) string {
	stem := path
	for _, ext := range []string{".gz", ".zip", ".csv"} {
		if n := len(stem) - len(ext); n > 0 && strings.EqualFold(stem[n:], ext) && filepath.Base(stem[:n]) != "." {
			stem = stem[:n]
		}
	}
	return stem
}

const saveAs = "open it in the spreadsheet program and save it as CSV UTF-8"

// foreign are beginnings of files that are no text.
var foreign = []struct{ magic, what, hint string }{
	{"\xd0\xcf\x11\xe0", "this is an old Excel workbook (.xls)", saveAs},
	{"%PDF", "this is a PDF", "export the people as CSV"},
	{"BZh", "this is packed with bzip2", "unpack it first"},
	{"\xfd7zXZ\x00", "this is packed with xz", "unpack it first"},
	{"\x28\xb5\x2f\xfd", "this is packed with zstd", "unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "this is a 7z archive", "unpack it first"},
	{"Rar!", "this is a RAR archive", "unpack it first"},
	{"SQLite format 3\x00", "this is a database", "export the people as CSV"},
}

func (f *File) recognise() error {
	head := make([]byte, 512)
	n, err := f.raw.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	for _, m := range foreign {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return &RefusedError{Path: f.path, What: m.what, Hint: m.hint}
		}
	}
	switch {
	case n == 0:
		return &RefusedError{Path: f.path, What: "the file is empty: there is nothing to do", Hint: "look whether the export has failed, and make it again"}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		f.pack = gzipped
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		f.pack = zipped
		_, err := f.zipEntry(f.raw)
		return err
	case f.isWorkbook() && isBinary(head):
		return f.damagedWorkbook()
	}
	return f.refuseMarkup(head)
}

// isWorkbook tells a spreadsheet by what it is called.
func (f *File) isWorkbook() bool {
	return slices.Contains([]string{".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers"}, strings.ToLower(filepath.Ext(f.path)))
}

// isBinary tells bytes that are no text in any encoding. Text called .xls is
// what many programs export.
func isBinary(head []byte) bool {
	if _, wide := utf16WithoutMark(head); wide || bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false
	}
	return bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1a", r) })
}

func (f *File) refuseMarkup(head []byte) error {
	text := strings.ToLower(string(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")))
	switch {
	case strings.HasPrefix(text, "<"):
		return &RefusedError{Path: f.path, What: "this is HTML or XML, not CSV", Hint: saveAs}
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "[{"), strings.HasPrefix(text, `["`):
		return &RefusedError{Path: f.path, What: "this is JSON, not CSV", Hint: "export the people as CSV"}
	}
	return nil
}

// zipEntry finds the one CSV in a zip archive.
func (f *File) zipEntry(raw io.ReaderAt) (*zip.File, error) {
	st, err := f.raw.Stat()
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(raw, st.Size())
	if err != nil {
		return nil, f.damagedZip(raw, err)
	}
	var entries, names = []*zip.File{}, []string{}
	for _, e := range archive.File {
		base := path.Base(e.Name)
		switch {
		case strings.HasPrefix(e.Name, "xl/"):
			return nil, &RefusedError{Path: f.path, What: "this is an Excel workbook (.xlsx)", Hint: saveAs}
		case e.Name == "mimetype", strings.HasPrefix(e.Name, "Index/"):
			return nil, &RefusedError{Path: f.path, What: "this is a spreadsheet or document, not CSV", Hint: saveAs}
		case e.FileInfo().IsDir(), strings.HasPrefix(base, "."), strings.HasPrefix(e.Name, "__MACOSX/"):
			continue
		}
		names = append(names, e.Name)
		if ext := strings.ToLower(path.Ext(base)); ext == ".csv" || ext == ".tsv" || ext == ".txt" {
			entries = append(entries, e)
		}
	}
	return f.onlyEntry(entries, names)
}

func (f *File) damagedWorkbook() error {
	return &RefusedError{Path: f.path, What: "this is an Excel workbook, and it is damaged",
		Hint: "export it again, open it in the spreadsheet program and save it as CSV UTF-8"}
}

// damagedZip tells a workbook by its name, or by the one that its first entry has.
func (f *File) damagedZip(raw io.ReaderAt, err error) error {
	head := make([]byte, 256)
	n, _ := raw.ReadAt(head, 0)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "docProps/", "xl/"} {
		if f.isWorkbook() || bytes.Contains(head[:n], []byte(name)) {
			return f.damagedWorkbook()
		}
	}
	return &RefusedError{Path: f.path, What: fmt.Sprintf("the zip archive is damaged: %v", err), Hint: "download it again"}
}

func (f *File) onlyEntry(entries []*zip.File, names []string) (*zip.File, error) {
	const listed = 10
	if len(entries) != 1 {
		list := strings.Join(names[:min(len(names), listed)], ", ")
		if len(names) > listed {
			list += ", …"
		}
		what := fmt.Sprintf("the zip archive has %d CSV files (it holds: %s)", len(entries), list)
		return nil, &RefusedError{Path: f.path, What: what, Hint: "unpack it and name the one that holds the people"}
	}
	if entries[0].Flags&1 != 0 {
		return nil, &RefusedError{Path: f.path, What: fmt.Sprintf("%s in the zip archive is encrypted", entries[0].Name), Hint: "unpack it first"}
	}
	return entries[0], nil
}
