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

	"jsm-onboard/importer"
)

// Memory knows the files of rows to mend that earlier runs wrote.
type Memory interface {
	// Wrote tells whether a file with this SHA-256 was written to an absolute
	// path by us.
	Wrote(path, sha256 string) bool
}

// Failed writes the file of rows to mend and send again: original header and
// byte-true cells, then jsm_reason and jsm_line. The file is there only when
// there are such rows, and one that somebody has edited is never overwritten.
type Failed struct {
	path   string
	memory Memory
	naming func(path, sha256 string) error // nil, or told before the file gets its name
	file   *File
	digest hash.Hash
	table  *table
	width  int
	rows   int
}

// Mended tells what Finish did.
type Mended struct {
	Path string // in the form in which it was given; "" when no row has to be mended
	Rows int
	Kept string // a file that somebody has edited and that was left alone; "" if none
}

// NewFailed opens path's partial file and writes the header.
func NewFailed(path string, header []string, width int, memory Memory) (*Failed, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	f := &Failed{path: path, memory: memory, file: file, digest: sha256.New(), width: max(width, len(header))}
	f.table = newTable(io.MultiWriter(file, f.digest))
	f.table.byteTrue = true
	f.table.cells(header, f.width)
	if err := f.table.Write([]string{"jsm_reason", "jsm_line"}); err != nil {
		file.Abort()
		return nil, err
	}
	return f, nil
}

// Naming makes Finish call told before the file gets its name: who keeps
// SHA-256 and absolute path then knows the file for ours, whatever happens
// next. Without that there is no file: it would be taken for somebody's.
func (f *Failed) Naming(told func(path, sha256 string) error) { f.naming = told }

// Write takes every row and keeps those to mend.
func (f *Failed) Write(o importer.Outcome) error {
	if !o.Status.Mendable() {
		return nil
	}
	if len(o.Row.Cells) > f.width {
		return fmt.Errorf("row %d of line %d has %d cells, and the file of rows to mend was opened for %d", o.Row.Number, o.Row.Line, len(o.Row.Cells), f.width)
	}
	f.rows++
	f.table.cells(o.Row.Cells, f.width)
	f.table.cell(o.Reason)
	f.table.number(o.Row.Line)
	return f.table.end()
}

// Finish gives the file its name: path, or with -2, -3, … when somebody has
// edited what stands there. Without a row to mend it removes what earlier runs
// left, unless it was edited.
func (f *Failed) Finish() (Mended, error) {
	if f.rows == 0 {
		f.file.Abort()
		return f.clear()
	}
	if f.file.partial == "" {
		return Mended{Path: f.path, Rows: f.rows}, f.file.Commit()
	}
	m, sum := Mended{Rows: f.rows}, hex.EncodeToString(f.digest.Sum(nil))
	for n := 1; ; n++ {
		path, err := filepath.Abs(numbered(f.file.path, n))
		if err != nil {
			return Mended{}, err
		}
		state, err := f.look(path, sum)
		if err != nil {
			return Mended{}, err
		}
		shown := numbered(f.path, n)
		if state == edited {
			m.Kept = shown
			continue
		}
		if f.naming != nil {
			if err := f.naming(path, sum); err != nil {
				f.file.Abort()
				return Mended{}, err
			}
		}
		m.Path, f.file.path = shown, path
		return m, f.file.Commit()
	}
}

// Abort drops the file; after Finish it does nothing.
func (f *Failed) Abort() { f.file.Abort() }

// clear removes the files of earlier runs that nobody has edited.
func (f *Failed) clear() (Mended, error) {
	if f.file.partial == "" {
		return Mended{}, nil
	}
	var m Mended
	for n := 1; ; n++ {
		path, err := filepath.Abs(numbered(f.file.path, n))
		if err != nil {
			return m, err
		}
		state, err := f.look(path, "")
		if err != nil {
			return m, err
		}
		switch state {
		case absent:
			return m, nil
		case edited:
			m.Kept = numbered(f.path, n)
		case untouched:
			if err := os.Remove(path); err != nil {
				return m, unwritable(path, err)
			}
		}
	}
}

// state is what stands at a path where a file of rows to mend would go.
type state int

const (
	absent state = iota + 1
	untouched
	edited
)

// look tells what stands at an absolute path. What is the same to the byte as
// the file that is to go there is not edited either.
func (f *Failed) look(path, same string) (state, error) {
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
	if sum == same {
		return untouched, nil
	}
	if f.memory != nil && f.memory.Wrote(path, sum) {
		return untouched, nil
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
