package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocarina/gocsv"

	"jsm-onboard/importer"
)

// Memory knows the failed files that this program wrote, by absolute path and
// SHA-256: one of another content has been edited since.
type Memory interface {
	Wrote(path, sha256 string) bool
	Remember(path, sha256 string) error
}

// failedColumns are what the failed file adds to a row.
type failedColumns struct {
	Reason string `csv:"jsm_reason"`
	Row    int    `csv:"jsm_row"`
	Line   int    `csv:"jsm_line"`
}

// Failed writes the rows that need fixing, to be sent again: original header
// and byte-true cells, then jsm_reason, jsm_row and jsm_line. The file exists
// only when there are such rows, and an edited one is never overwritten.
type Failed struct {
	path   string
	memory Memory
	file   *File
	digest hash.Hash
	table  *table
	layout Layout
	rows   int
}

// Fixes is what Finish did.
type Fixes struct {
	Path string // in the form in which it was given; "" when no row needs fixing
	Rows int
	Kept string // a file that was edited and is left alone; "" if none
}

// NewFailed opens path's partial file and writes the header. memory may be nil.
func NewFailed(path string, l Layout, memory Memory) (*Failed, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	f := &Failed{path: path, memory: memory, file: file, digest: sha256.New(), layout: l}
	f.table = newTable(io.MultiWriter(file, f.digest), l.Delimiter)
	f.table.byteTrue = true
	f.table.cells(l.Header, l.Width)
	if err := gocsv.MarshalCSV([]failedColumns{}, f.table); err != nil {
		file.Abort()
		return nil, err
	}
	return f, nil
}

// Write takes every row and keeps those that need fixing.
func (f *Failed) Write(o importer.Result) error {
	if !o.Status.NeedsFixing() {
		return nil
	}
	if err := f.layout.cells(f.table, o); err != nil {
		return err
	}
	f.rows++
	return gocsv.MarshalCSVWithoutHeaders([]failedColumns{{o.Reason, sheetRow(o.Outcome), o.Line}}, f.table)
}

// Finish gives the file its name: path, or with -2, -3, … when what is there
// was edited. The memory learns of it before, or there is no file: it would be
// taken for an edited one. Without a row to fix, old unedited files are removed.
func (f *Failed) Finish() (Fixes, error) {
	if f.file.partial == "" { // a device: nothing there could have been edited
		if f.rows == 0 {
			f.file.Abort()
			return Fixes{}, nil
		}
		return Fixes{Path: f.path, Rows: f.rows}, f.file.Commit()
	}
	if f.rows == 0 {
		f.file.Abort()
		return f.clear()
	}
	fixes, sum := Fixes{Rows: f.rows}, hex.EncodeToString(f.digest.Sum(nil))
	for n := 1; ; n++ {
		path, state, err := f.look(n, sum)
		if err != nil {
			f.file.Abort()
			return Fixes{}, err
		}
		if state == edited {
			fixes.Kept = numbered(f.path, n)
			continue
		}
		if f.memory != nil {
			if err := f.memory.Remember(path, sum); err != nil {
				f.file.Abort()
				return Fixes{}, err
			}
		}
		fixes.Path, f.file.path = numbered(f.path, n), path
		return fixes, f.file.Commit()
	}
}

// Abort drops the file; after Finish it does nothing.
func (f *Failed) Abort() { f.file.Abort() }

// clear removes the files of earlier runs that nobody has edited.
func (f *Failed) clear() (Fixes, error) {
	var fixes Fixes
	for n := 1; ; n++ {
		path, state, err := f.look(n, "")
		switch {
		case err != nil || state == absent:
			return fixes, err
		case state == edited:
			fixes.Kept = numbered(f.path, n)
			continue
		}
		if err := os.Remove(path); err != nil {
			return fixes, unwritable(path, err)
		}
	}
}

// state is what is found where a failed file would go.
type state int

const (
	absent state = iota + 1
	unedited
	edited
)

// look returns the nth path, absolute, and what is there. A file that has the
// content that is to go there is not edited either.
func (f *Failed) look(n int, same string) (string, state, error) {
	path, err := filepath.Abs(numbered(f.file.path, n))
	if err != nil {
		return "", 0, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, absent, nil
	}
	if err != nil {
		return "", 0, unwritable(path, err)
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", 0, unwritable(path, err)
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	if sum == same || f.memory != nil && f.memory.Wrote(path, sum) {
		return path, unedited, nil
	}
	return path, edited, nil
}

// numbered puts -2, -3, … before the extension.
func numbered(path string, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
}

// FileMemory is a Memory in a small text file, one "SHA-256 path" a line: for
// rehearsals, whose ledger is temporary. One that cannot be read knows nothing.
type FileMemory string

// Wrote reports whether a file with this content was written to path.
func (m FileMemory) Wrote(path, sum string) bool {
	f, err := os.Open(string(m))
	if err != nil {
		return false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if lines.Text() == sum+" "+path {
			return true
		}
	}
	return false
}

// Remember appends a line. A file of a run that ended otherwise than planned
// may be in it: only the content counts.
func (m FileMemory) Remember(path, sum string) error {
	if err := os.MkdirAll(filepath.Dir(string(m)), 0o700); err != nil {
		return unwritable(string(m), err)
	}
	f, err := os.OpenFile(string(m), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return unwritable(string(m), err)
	}
	_, err = fmt.Fprintf(f, "%s %s\n", sum, path)
	if err := errors.Join(err, f.Close()); err != nil {
		return unwritable(string(m), err)
	}
	return nil
}
