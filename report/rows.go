package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// A table is a gocsv.CSVWriter of what Excel opens right: UTF-8 with byte order mark, CRLF, cells quoted and guarded.
type table struct {
	out       io.Writer
	delimiter string
	record    []byte
	keepBytes bool                    // write cells that are not UTF-8 as they are; else decode them as Windows-1252
	pick      func([]string) []string // of the cells from gocsv, those to write; nil: all
}

// newTable begins a table with the delimiter of the input where that is , or ; so that it opens as the input did.
func newTable(out io.Writer, s *export.Survey, pick func([]string) []string) *table {
	delimiter := cmp.Or(onlyIf(s.Dialect.Delimiter == ';', ";"), ",")
	return &table{out: out, delimiter: delimiter, record: []byte("\ufeff"), pick: pick}
}

// add begins or continues a record, with empty cells up to width.
func (t *table) add(cells []string, width int) {
	for _, cell := range append(slices.Clip(cells), make([]string, max(0, width-len(cells)))...) {
		if !t.keepBytes && !utf8.ValidString(cell) {
			cell, _ = charmap.Windows1252.NewDecoder().String(cell)
		}
		t.record = append(t.record, '"')
		t.record = append(t.record, strings.ReplaceAll(export.Guard(cell), `"`, `""`)...)
		t.record = append(t.record, `"`+t.delimiter...)
	}
}

// Write ends the record with these cells.
func (t *table) Write(cells []string) error {
	if t.pick != nil {
		cells = t.pick(cells)
	}
	t.add(cells, 0)
	_, err := t.out.Write(append(t.record[:len(t.record)-1], "\r\n"...))
	t.record = t.record[:0]
	return err
}

// Flush does nothing: records are written as they come, and Write returns what goes wrong.
func (t *table) Flush()       {}
func (t *table) Error() error { return nil }

const organizationAt, reasonAt, rowAt, lineAt, httpStatusAt = 2, 4, 5, 6, 7 // columns of [outcome.Outcome]

// Results writes the results file: one line for each input row, with all of its cells and what became of it.
type Results struct {
	*File // which Commit gives its name, also when the run ended early
	table *table
	width int
	Rows  int // written
}

// NewResults opens path's partial file and writes the header; access: organizations or service projects are asked for.
func NewResults(path string, s *export.Survey, access bool) (*Results, error) {
	return newResults(path, s, func(all []string) []string {
		for i, cell := range all[rowAt : httpStatusAt+1] { // 0: it is not known, or there was no answer
			all[rowAt+i] = onlyIf(cell != "0", cell)
		}
		if !access {
			all = slices.Delete(all, organizationAt, reasonAt)
		}
		return all
	})
}

// newResults has the columns of [outcome.Outcome] that pick leaves.
func newResults(path string, s *export.Survey, pick func([]string) []string) (*Results, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{File: file, table: newTable(file, s, pick), width: max(s.Width, len(s.Header))}
	r.table.add(s.Header, r.width)
	_ = gocsv.MarshalCSV([]outcome.Outcome{}, r.table) // Commit returns its error
	return r, nil
}

// Write appends the next row.
func (r *Results) Write(o importer.Result) error {
	r.Rows++
	r.table.add(o.Row.Cells, r.width)
	return gocsv.MarshalCSVWithoutHeaders([]outcome.Outcome{o.Outcome}, r.table)
}

// WriteLeavers writes the leavers' file in this form: without leavers the header alone, in place of yesterday's list.
func WriteLeavers(path string, s *export.Survey, leavers []importer.Leaver) error {
	var b bytes.Buffer
	_ = gocsv.MarshalCSV(leavers, newTable(&b, s, nil)) // there is room
	return WriteFile(path, b.Bytes())
}

// NewFailed opens path's partial file and writes the header, for the rows that need fixing and are to be sent again:
// original header and byte-true cells, then jsm_reason, jsm_row and jsm_line. [FailedFiles.Commit] gives it its name.
func NewFailed(path string, s *export.Survey, written *FailedFiles) (*Results, error) {
	r, err := newResults(path, s, func(all []string) []string { return all[reasonAt : lineAt+1] })
	if err == nil {
		r.table.keepBytes, written.Flags = true, s.Repeat
	}
	return r, err
}

// checksum returns the SHA-256 of a file; "": there is none, or a device. What cannot be read matches no file of ours.
func checksum(path string) string {
	if _, err := os.Stat(path); err != nil || IsDevice(path) {
		return ""
	}
	digest := sha256.New()
	file, _ := os.Open(path)
	defer file.Close()
	io.Copy(digest, file)
	return fmt.Sprintf("%x", digest.Sum(nil))
}

// FailedFiles are the failed file of a run, which Commit names, and those before it, from a small text file with a line
// for each. One that has another checksum now was edited since, and one that is not among them is of another input.
type FailedFiles struct {
	FailedFile                        // of the run
	InUse      func(path string) bool // reports whether a path is in use otherwise, such as the input; nil: none is
	Done       func(sum string) bool  // reports whether all of a file was imported; nil: it is not asked
	path       string
	files      []FailedFile // the oldest first
}

// FailedFile is one failed file that was written.
type FailedFile struct {
	SHA256 string   `json:"sha256"`
	Path   string   `json:"path"`
	Input  string   `json:"input"` // "": it belongs to no input, as the user has named it
	Batch  string   `json:"batch"` // checksum of the last input in which nobody was known: before, others were in it
	Flags  []string `json:"flags"` // with which its columns are read as those of the input were
}

// ReadFailedFiles reads the file at path. unnamed: the failed file belongs to input.
func ReadFailedFiles(path, input string, unnamed bool) (*FailedFiles, error) {
	m := &FailedFiles{path: path, FailedFile: FailedFile{Input: onlyIf(unnamed, input)}}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for line := range bytes.Lines(content) {
		var w FailedFile
		if json.Unmarshal(line, &w) == nil { // else it is empty, or was not written to its end
			m.files = append(m.files, w)
			if w.Input == input {
				m.Batch = w.Batch
			}
		}
	}
	return m, err
}

// Commit gives the failed file of path its name, as Place says, and returns it; "": no row needs fixing, and there is
// none any more. It is remembered before it appears, and what it stands for is removed then.
func (m *FailedFiles) Commit(f *Results, path string) (at, kept string, err error) {
	defer f.Abort()
	if f.partial == "" { // a device
		return onlyIf(f.Rows > 0 && path != os.DevNull, path), "", f.Commit()
	}
	f.buffer.Flush() // Commit returns its error
	sum := checksum(f.partial)
	at, kept, old := m.Place(path, sum)
	if err = m.remember(at, sum); err != nil {
		return "", kept, err
	}
	f.path = cmp.Or(onlyIf(at != path, at), f.path)
	if f.Rows > 0 {
		err = f.Commit()
	} else if gone := os.Remove(f.path); !errors.Is(gone, fs.ErrNotExist) {
		err = unwritable(at, gone)
	}
	for _, name := range old {
		if err == nil {
			os.Remove(name) // or the next run does
		}
	}
	return onlyIf(err == nil && f.Rows > 0, at), kept, err
}

// Place returns where a failed file with the checksum sum is written: the first of path, path-2, path-3, … that is not
// in use and has no file, the same one, or one of the same input that is unedited or Done. kept is the last that was
// passed over; old are such files with a higher number, which would be taken for later ones.
func (m *FailedFiles) Place(path, sum string) (at, kept string, old []string) {
	for n, name, found := 2, path, false; ; n++ {
		was, taken := checksum(name), m.InUse != nil && m.InUse(name)
		unedited := func(w FailedFile) bool { return w.SHA256 == was && w.Input == m.Input && w.Batch == m.Batch }
		done := func(w FailedFile) bool { return w.Path == name && w.Input == m.Input && m.Done != nil && m.Done(was) }
		named := func(w FailedFile) bool { return w.SHA256 == was && (w.Input == "" || m.Input == "") }
		has := func(is func(FailedFile) bool) bool { return !taken && was != "" && slices.ContainsFunc(m.files, is) }
		switch {
		case found && (was == "" || m.Done == nil):
			return at, kept, old
		case found && (has(unedited) || has(done)):
			old = append(old, name)
		case found:
		case !taken && (was == "" || was == sum), has(unedited), has(done), has(named):
			at, found = name, true
		default:
			kept = name
		}
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, filepath.Ext(path)), n, filepath.Ext(path))
	}
}

// Last returns the failed file that was last written to path; its Path is "" if none was.
func (m *FailedFiles) Last(path string) (last FailedFile) {
	for _, w := range m.files {
		if w.Path == path {
			last = w
		}
	}
	return last
}

// remember makes a file the last one. Of its input at its path, only the one that is there stays known besides.
func (m *FailedFiles) remember(path, sum string) error {
	m.Path, m.SHA256 = path, sum
	there := checksum(path)
	os.MkdirAll(filepath.Dir(m.path), 0o700) // without the folder the file cannot be written
	file, err := CreateFile(m.path)
	if err != nil {
		return err
	}
	defer file.Abort()
	now, readErr := ReadFailedFiles(m.path, "", false) // another process may have added some
	kept := slices.DeleteFunc(now.files, func(w FailedFile) bool {
		return w.Path == path && w.Input == m.Input && (w.SHA256 != there || w.SHA256 == sum)
	})
	for _, w := range append(kept, m.FailedFile) {
		json.NewEncoder(file).Encode(w) // Commit returns its error
	}
	if readErr != nil {
		return readErr
	}
	return file.Commit()
}
