package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"jsm-onboard/importer"
)

// Memory knows the failed files that this program wrote, by absolute path and SHA-256. One of
// another content has been edited since.
type Memory interface {
	Wrote(path, sha256 string) bool
	Remember(path, sha256 string) error
}

// Failed writes the rows that need fixing, to be sent again: original header
// and byte-true cells, then jsm_reason, jsm_row and jsm_line. The file exists
// only when there are such rows, and an edited one is never overwritten.
type Failed struct {
	rowFile
	path   string
	memory Memory
}

// Fixes is what Finish did.
type Fixes struct {
	Path string // in the form in which it was given; "" when no row needs fixing
	Rows int
	Kept string // a file that was edited and is left as it is; "" if none
}

// NewFailed opens path's partial file and writes the header. memory may be nil.
func NewFailed(path string, l Layout, memory Memory) (*Failed, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := l.create(full, true, reasonAndPlace)
	if err != nil {
		return nil, err
	}
	return &Failed{rowFile: f, path: path, memory: memory}, nil
}

// Write takes every row and keeps those that need fixing.
func (f *Failed) Write(o importer.Result) error {
	if !o.Status.NeedsFixing() {
		return nil
	}
	return f.add(o)
}

// Finish gives the file its name: path, or with -2, -3, … when what is there
// was edited. The memory learns of it before, or there is no file: it would be
// taken for an edited one. Without a row to fix, old unedited files are removed.
func (f *Failed) Finish() (Fixes, error) {
	defer f.Abort()
	fixes := Fixes{Rows: f.rows}
	if f.file.partial == "" { // a device
		if f.rows > 0 {
			fixes.Path = f.path
		}
		return fixes, f.file.Commit()
	}
	f.file.buffer.Flush() // Commit returns its error
	sum, err := checksum(f.file.partial)
	for n := 1; err == nil; n++ {
		path, old := numbered(f.file.path, n), ""
		if old, err = checksum(path); err != nil {
			break
		}
		switch {
		case old != "" && old != sum && (f.memory == nil || !f.memory.Wrote(path, old)):
			fixes.Kept = numbered(f.path, n)
		case f.rows > 0:
			if err = f.commit(path, sum); err == nil {
				fixes.Path = numbered(f.path, n)
			}
			return fixes, err
		case old == "":
			return fixes, nil
		default:
			err = os.Remove(path)
		}
	}
	return Fixes{}, unwritable(f.path, err)
}

func (f *Failed) commit(path, sum string) error {
	if f.memory != nil {
		if err := f.memory.Remember(path, sum); err != nil {
			return err
		}
	}
	f.file.path = path
	return f.file.Commit()
}

// checksum is the SHA-256 of a file; "" when there is none.
func checksum(path string) (string, error) {
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

// FileMemory is a Memory in a small text file, a line for each file written:
// for rehearsals, whose ledger is temporary. One that cannot be read is empty.
type FileMemory string

// Wrote reports whether a file with this content was written to path.
func (m FileMemory) Wrote(path, sum string) bool {
	lines, _ := os.ReadFile(string(m))
	return strings.Contains("\n"+string(lines), "\n"+sum+" "+path+"\n")
}

// Remember adds a line to the file.
func (m FileMemory) Remember(path, sum string) error {
	lines, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(string(m)), 0o700)
	}
	if err != nil {
		return unwritable(string(m), err)
	}
	return WriteFile(string(m), fmt.Appendf(lines, "%s %s\n", sum, path))
}
