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
	"jsm-onboard/importer/export"
)

// Failed writes the rows that need fixing, to be sent again: original header
// and byte-true cells, then jsm_reason, jsm_row and jsm_line. The file exists
// only when there are such rows, and an edited one is never overwritten.
type Failed struct {
	*Results
	memory Memory
}

// Fixes is what Finish did.
type Fixes struct {
	Path string // "" when no row needs fixing
	Kept string // a file that was edited and is left as it is; "" if none
}

// NewFailed opens path's partial file and writes the header.
func NewFailed(path string, s *export.Survey, memory Memory) (*Failed, error) {
	r, err := newResults(path, s, reasonAndPlace)
	if err != nil {
		return nil, err
	}
	r.table.byteTrue = true
	return &Failed{r, memory}, nil
}

// Write takes every row and keeps those that need fixing.
func (f *Failed) Write(o importer.Result) error {
	if !o.Status.NeedsFixing() {
		return nil
	}
	return f.Results.Write(o)
}

// Finish gives the file its name: path, or with -2, -3, … when what is there
// was edited. The memory learns of it before, or there is no file: it would be
// taken for an edited one. Without a row to fix, old unedited files are removed.
func (f *Failed) Finish() (fixes Fixes, err error) {
	defer f.Abort()
	if f.file.partial == "" { // a device
		if f.rows > 0 && f.file.path != os.DevNull {
			fixes.Path = f.file.path
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
		switch edited := old != "" && old != sum && !f.memory.wrote(old); {
		case edited:
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
	return fixes, unwritable(f.file.path, err)
}

func (f *Failed) commit(path, sum string) error {
	if err := f.memory.remember(sum); err != nil {
		return err
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

// Memory is the path of a small text file that has the SHA-256 of each failed file that this program wrote. A failed
// file of another content has been edited since.
type Memory string

func (m Memory) wrote(sum string) bool {
	sums, _ := os.ReadFile(string(m))
	return strings.Contains(string(sums), sum)
}

func (m Memory) remember(sum string) error {
	sums, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(string(m)), 0o700)
	}
	if err != nil {
		return unwritable(string(m), err)
	}
	return WriteFile(string(m), fmt.Appendf(sums, "%s\n", sum))
}
