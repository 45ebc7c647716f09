package report

import (
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
	Kept string // a file that was edited and is left as it is; "" if none
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
	f.table.add(l.Header, l.Width)
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
	if err := f.layout.begin(f.table, o); err != nil {
		return err
	}
	f.rows++
	c := columnsOf(o.Outcome)
	return gocsv.MarshalCSVWithoutHeaders([]failedColumns{{c.Reason, c.Row, c.Line}}, f.table)
}

// Finish gives the file its name: path, or with -2, -3, … when what is there
// was edited. The memory learns of it before, or there is no file: it would be
// taken for an edited one. Without a row to fix, old unedited files are removed.
func (f *Failed) Finish() (Fixes, error) {
	fixes, sum := Fixes{Rows: f.rows}, ""
	if f.rows == 0 {
		f.file.Abort()
	} else {
		sum = hex.EncodeToString(f.digest.Sum(nil))
	}
	defer f.file.Abort()
	for n := 1; ; n++ {
		path, err := filepath.Abs(numbered(f.file.path, n))
		if err != nil {
			return Fixes{}, err
		}
		found, err := f.look(path, sum)
		switch {
		case err != nil:
			return Fixes{}, err
		case found == edited:
			fixes.Kept = numbered(f.path, n)
		case f.rows > 0:
			fixes.Path = numbered(f.path, n)
			return fixes, f.commit(path, sum)
		case found == absent:
			return fixes, nil
		default:
			if err := os.Remove(path); err != nil {
				return fixes, unwritable(path, err)
			}
		}
	}
}

func (f *Failed) commit(path, sum string) error {
	if f.memory != nil && f.file.partial != "" {
		if err := f.memory.Remember(path, sum); err != nil {
			return err
		}
	}
	f.file.path = path
	return f.file.Commit()
}

// Abort drops the file; after Finish it does nothing.
func (f *Failed) Abort() { f.file.Abort() }

// found is what is there where a failed file would go.
type found int

const (
	absent found = iota + 1
	unedited
	edited
)

// look says what is at an absolute path. A file that has the content that is to
// go there is not edited either; a device cannot be.
func (f *Failed) look(path, same string) (found, error) {
	if f.file.partial == "" {
		return absent, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return absent, nil
	}
	if err != nil {
		return 0, unwritable(path, err)
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return 0, unwritable(path, err)
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	if sum == same || f.memory != nil && f.memory.Wrote(path, sum) {
		return unedited, nil
	}
	return edited, nil
}

// numbered puts -2, -3, … before the extension.
func numbered(path string, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
}

// FileMemory is a Memory in a small text file, a line for each file written:
// for rehearsals, whose ledger is temporary. One that cannot be read is empty.
type FileMemory string

// Wrote reports whether a file with this content was written to path.
func (m FileMemory) Wrote(path, sum string) bool {
	lines, _ := os.ReadFile(string(m))
	return strings.Contains("\n"+string(lines), "\n"+sum+" "+path+"\n")
}

// Remember adds a line.
func (m FileMemory) Remember(path, sum string) error {
	if err := os.MkdirAll(filepath.Dir(string(m)), 0o700); err != nil {
		return unwritable(string(m), err)
	}
	lines, err := os.ReadFile(string(m))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(string(m), err)
	}
	return WriteFile(string(m), fmt.Appendf(lines, "%s %s\n", sum, path))
}
