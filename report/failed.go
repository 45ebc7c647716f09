package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// Failed writes the rows that need fixing, to be sent again: original header
// and byte-true cells, then jsm_reason, jsm_row and jsm_line. The file exists
// only when there are such rows, and an edited one is never overwritten.
type Failed struct {
	*Results
	memory Memory
	flags  []string // by which the file is read as the input was
}

// Fixes is what Finish did.
type Fixes struct {
	Path string // "" when no row needs fixing
	Kept string // a file that was edited, or belongs to another input, and is left as it is; "" if none
}

// NewFailed opens path's partial file and writes the header.
func NewFailed(path string, s *export.Survey, memory Memory) (*Failed, error) {
	r, err := newResults(path, s, reasonAndPlace)
	if err != nil {
		return nil, err
	}
	r.table.byteTrue = true
	return &Failed{r, memory, s.Repeat}, nil
}

// Write takes every row and keeps those that need fixing.
func (f *Failed) Write(o importer.Result) error {
	if !o.Status.NeedsFixing() {
		return nil
	}
	return f.Results.Write(o)
}

// Finish gives the file its name: path, or with -2, -3, … when what is there was edited or is of another input. The
// memory learns of it before, or there is no file: it would be taken for an edited one. Without a row to fix, old
// unedited files are removed.
func (f *Failed) Finish() (fixes Fixes, err error) {
	defer f.Abort()
	if f.File.partial == "" { // a device
		if f.rows > 0 && f.File.path != os.DevNull {
			fixes.Path = f.File.path
		}
		return fixes, f.File.Commit()
	}
	f.File.buffer.Flush() // Commit returns its error
	sum, err := checksum(f.File.partial)
	for n := 1; err == nil; n++ {
		path, old := numbered(f.File.path, n), ""
		if old, err = checksum(path); err != nil {
			break
		}
		switch foreign := old != "" && old != sum && !f.memory.wrote(old); {
		case foreign:
			fixes.Kept = path
		case f.rows > 0:
			if err = f.commit(path, sum); err == nil {
				fixes.Path = path
			}
			return fixes, err
		case old == "":
			return fixes, nil
		default:
			err = os.Remove(path)
		}
	}
	return fixes, unwritable(f.File.path, err)
}

func (f *Failed) commit(path, sum string) error {
	if err := f.memory.remember(written{SHA256: sum, Path: path, Flags: f.flags}); err != nil {
		return err
	}
	f.File.path = path
	return f.File.Commit()
}

// checksum is the SHA-256 of a file; "" when there is none, but perhaps a device.
func checksum(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return "", nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	_, err = io.Copy(digest, file)
	return hex.EncodeToString(digest.Sum(nil)), err
}

// numbered puts -2, -3, … before the extension.
func numbered(path string, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
}

// Memory knows the failed files that were written because of an input, by a small text file with a line for each. One
// of another content has been edited since, and one that is not known belongs to another input.
type Memory struct {
	Path  string
	Input string // absolute; "": the user has named the failed file, and it belongs to no input
}

// written is a failed file that was written.
type written struct {
	SHA256 string   `json:"sha256"`
	Path   string   `json:"path"`
	Input  string   `json:"input"`
	Flags  []string `json:"flags"` // by which its columns are read as those of the input were
}

func (m Memory) all() (all []written) {
	content, _ := os.ReadFile(m.Path)
	for line := range bytes.Lines(content) {
		var w written
		if json.Unmarshal(line, &w) == nil {
			all = append(all, w)
		}
	}
	return all
}

func (m Memory) wrote(sum string) bool {
	return slices.ContainsFunc(m.all(), func(w written) bool {
		return w.SHA256 == sum && (w.Input == m.Input || w.Input == "" || m.Input == "")
	})
}

// Free is the path that a failed file gets where path was asked for: the first one at which there is neither an edited
// file nor one of another input.
func (m Memory) Free(path string) string {
	for n := 1; ; n++ {
		free := numbered(path, n)
		if sum, err := checksum(free); err != nil || sum == "" || m.wrote(sum) {
			return free
		}
	}
}

// Flags are those by which a file is read, when it is a failed file, as the input was from which that was made.
func (m Memory) Flags(path string) (flags []string) {
	for _, w := range m.all() {
		if w.Path == path {
			flags = w.Flags
		}
	}
	return flags
}

func (m Memory) remember(w written) error {
	before, err := os.ReadFile(m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(m.Path), 0o700)
	}
	if err != nil {
		return unwritable(m.Path, err)
	}
	w.Input = m.Input
	line, _ := json.Marshal(w) // texts can always be written
	if !bytes.Contains(before, line) {
		before = append(append(before, line...), '\n')
	}
	return WriteFile(m.Path, before)
}
