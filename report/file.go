// Package report is what people see of a run: results, rows to fix, summary, plan, console, metrics and notifications.
package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"jsm-onboard/importer/ledger"
)

// A File is written to PATH.partial, which Commit renames; a device or a pipe directly. Only its owner can read it.
type File struct {
	path    string // with links followed
	partial string // "": written to directly, or done with
	unlock  func() // leaves the partial file to other processes
	file    *os.File
	buffer  *bufio.Writer
}

// CreateFile opens path's partial file, and finds out now what would keep it from getting its name later: no such
// folder, a folder of that name, a file that is read-only or open in another program. Errors are a *WriteError.
func CreateFile(path string) (f *File, err error) {
	f = &File{path: Followed(path), unlock: func() {}}
	f.file, err = os.OpenFile(f.path, os.O_WRONLY, 0)
	if !IsDevice(f.path) && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		f.file.Close()
		f.partial = f.path + ".partial"
		lock, lockErr := ledger.Lock(f.partial)
		if refused, locked := errors.AsType[*ledger.RefusedError](lockErr); locked {
			return nil, &WriteError{path, "it " + refused.What, "let that run end, or name another path", true}
		}
		if lockErr == nil { // else the file system may have no locks, and nobody knows whose a file is that is there
			f.unlock = func() { lock.Close(); os.Remove(lock.Path()) }
			os.Remove(f.partial)
		}
		f.file, err = os.OpenFile(f.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		f.unlock()
		return nil, unwritable(f.path, err)
	}
	f.buffer = bufio.NewWriterSize(f.file, 1<<16)
	return f, nil
}

// Followed is path with its links followed, also one to a file that is not there yet.
func Followed(path string) string {
	_, err := os.Stat(path)
	if link, noLink := os.Readlink(path); noLink == nil && errors.Is(err, fs.ErrNotExist) {
		return Followed(cmp.Or(onlyIf(filepath.IsAbs(link), link), filepath.Dir(path)+"/"+link))
	}
	real, _ := filepath.EvalSymlinks(path)
	return cmp.Or(real, path)
}

// ours is what stands near the beginning of every file of this program: of rows, metrics, a lock, a summary and a page.
var ours = regexp.MustCompile(`\bjsm_(status\W{1,3}jsm_account_id|account_id\W{1,3}jsm_action|reason\W{1,3}jsm_row)\b` +
	`|^# HELP jsm_onboard_|^\x00process \d+ since |"run_id": ?"[^"]*",\s*"command"` +
	`|default-src 'none'; style-src [^"]*">\s*<meta name="referrer"`)

// Replaceable reports whether what is at path, if anything, is of this program; in a rehearsal, of one by its name.
func Replaceable(path string, rehearsal bool) bool {
	file, _ := os.Open(path) // where there is none, nothing is read
	defer file.Close()
	start, _ := io.ReadAll(io.LimitReader(file, 1<<18))
	return len(start) == 0 || ours.Match(start) && (!rehearsal || strings.Contains(filepath.Base(path), ".sandbox."))
}

// IsDevice reports whether path is a device or a pipe, which no renaming may replace.
func IsDevice(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// Write appends p. Commit returns an error of it, too.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.buffer.Write(p)
	return n, unwritable(f.path, err)
}

// Commit brings the file to the disk and gives it its name. After an error nothing has changed under that name.
func (f *File) Commit() error {
	err := f.buffer.Flush()
	if err == nil && f.partial != "" {
		err = f.file.Sync()
	}
	err = cmp.Or(err, f.file.Close()) // before the renaming: Windows renames no open file
	if err == nil && f.partial != "" {
		err = os.Rename(f.partial, f.path)
	}
	f.Abort() // what has no name, and the lock
	if folder, none := os.Open(filepath.Dir(f.path)); none == nil {
		folder.Sync() // makes the new name durable, where the file system can
		folder.Close()
	}
	return unwritable(f.path, err)
}

// Abort drops what was written. After Commit it does nothing.
func (f *File) Abort() {
	f.file.Close()
	if f.partial != "" {
		os.Remove(f.partial)
		f.unlock()
	}
	f.partial = ""
}

// WriteFile writes a small file whole: it has the new content or the old one.
func WriteFile(path string, content []byte) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	f.Write(content) // Commit returns its error
	return f.Commit()
}

// A WriteError names the file that could not be written, why, and what can be done about it.
type WriteError struct {
	Path, Why, Hint string
	Locked          bool // another process is writing it
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %s", Shown(e.Path), e.Why) }

// unwritable is err as a *WriteError; nil stays nil.
func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	e := &WriteError{Path: path, Why: Plainly(err), Hint: "make room on the disk, and close the file in other programs"}
	switch _, folder := os.Stat(filepath.Dir(path)); {
	case errors.Is(folder, fs.ErrNotExist):
		e.Why, e.Hint = "there is no such folder", "make that folder"
	case errors.Is(err, fs.ErrNotExist): // in /dev/fd, where a shell puts <(…)
		e.Why, e.Hint = "no file can be made there", "name files elsewhere, with --results and --failed"
		return e
	case errors.Is(err, fs.ErrExist):
		e.Why, e.Hint = "another run or program writes there, too", "let that one end, remove "+Shown(path)+".partial"
	case errors.Is(err, syscall.EISDIR):
		e.Hint = "name a file in it"
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "get permission to write the file and its folder, and close it in other programs"
	}
	e.Hint += ", or name another path; then run the same command again"
	return e
}

// Plainly returns the text of an operating system's error without the call and the path.
func Plainly(err error) string {
	if code, ok := errors.AsType[syscall.Errno](err); ok {
		err = code
	}
	return cmp.Or(
		onlyIf(errors.Is(err, fs.ErrNotExist), "there is no such file"),
		onlyIf(errors.Is(err, fs.ErrPermission), "you do not have permission to open it"),
		onlyIf(errors.Is(err, syscall.EISDIR), "it is a folder"),
		err.Error())
}
