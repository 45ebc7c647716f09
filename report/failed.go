package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// Failed writes the rows that need fixing, to be sent again: original header and byte-true cells, then jsm_reason,
// jsm_row and jsm_line. The file exists only when there are such rows, and an edited one is never overwritten.
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
	if f.partial == "" { // a device
		fixes.Path = onlyIf(f.rows > 0 && f.path != os.DevNull, f.path)
		return fixes, f.Commit()
	}
	f.buffer.Flush() // Commit returns its error
	sum := checksum(f.partial)
	for path, old := range numbered(f.path) {
		switch foreign := old != "" && old != sum && !f.memory.wrote(old); {
		case foreign:
			fixes.Kept = path
		case f.rows == 0 && old != "":
			err = errors.Join(err, unwritable(path, os.Remove(path)))
		case f.rows > 0:
			err = f.memory.remember(written{SHA256: sum, Path: path, Input: f.memory.Input, Flags: f.flags})
			if f.path = path; err == nil {
				err = f.Commit()
			}
			fixes.Path = onlyIf(err == nil, path)
			return fixes, err
		}
	}
	return fixes, err
}

// numbered are path, path-2, path-3, … up to the first where nothing is, with the checksums of what is there.
func numbered(path string) iter.Seq2[string, string] {
	return func(yield func(path, sum string) bool) {
		ext := filepath.Ext(path)
		for n, at := 2, path; ; n++ {
			sum := checksum(at)
			if !yield(at, sum) || sum == "" {
				return
			}
			at = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
		}
	}
}

// checksum is the SHA-256 of a file: "" when there is none, or a device, and that of no other file when it cannot be
// read.
func checksum(path string) string {
	if _, err := os.Stat(path); err != nil || isDevice(path) {
		return ""
	}
	digest := sha256.New()
	file, err := os.Open(path)
	if err == nil {
		_, err = io.Copy(digest, file)
		file.Close()
	}
	if err != nil {
		return "not known: " + err.Error()
	}
	return hex.EncodeToString(digest.Sum(nil))
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
	known := json.NewDecoder(bytes.NewReader(content))
	for w := (written{}); known.Decode(&w) == nil; w = (written{}) {
		all = append(all, w)
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
func (m Memory) Free(path string) (free string) {
	for at, sum := range numbered(path) {
		if free = at; m.wrote(sum) {
			break
		}
	}
	return free
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

// remember adds a file. What its path had before stays known: it is still there when the new one gets no name.
func (m Memory) remember(w written) error {
	os.MkdirAll(filepath.Dir(m.Path), 0o700) // without the folder the file cannot be written
	known, _ := os.ReadFile(m.Path)
	line, _ := json.Marshal(w) // texts can always be written
	if !bytes.Contains(known, line) {
		known = append(append(known, line...), '\n')
	}
	return WriteFile(m.Path, known)
}
