// Package report is what people see of a run: results, rows to fix, summary,
// plan, console, metrics and notifications.
package report

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// partialSuffix marks a file that is still being written.
const partialSuffix = ".partial"

// A File appears under its name only when it is whole: it is written to
// PATH.partial, and Commit renames it. Only its owner can read it. A device or
// a pipe (/dev/stdout) is written to directly.
type File struct {
	path    string // with links followed
	partial string // "": written to directly
	file    *os.File
	buffer  *bufio.Writer
	closed  bool
}

// A WriteError names the file that could not be written, and what to do.
type WriteError struct {
	Path, What, Hint string
	Err              error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %s", e.Path, e.What) }

func (e *WriteError) Unwrap() error { return e.Err }

// CreateFile opens path's partial file, and finds out now what would keep it
// from getting its name later: no such folder, a folder of that name, a file
// that is read-only or open in another program. Errors are a *WriteError.
func CreateFile(path string) (*File, error) {
	f := &File{path: path}
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		f.path = followed
	}
	err := f.open()
	if err != nil {
		return nil, unwritable(path, err)
	}
	f.buffer = bufio.NewWriterSize(f.file, 1<<16)
	return f, nil
}

func (f *File) open() error {
	found, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case found.IsDir():
		return syscall.EISDIR
	default:
		f.file, err = os.OpenFile(f.path, os.O_WRONLY, 0)
		if err != nil || !found.Mode().IsRegular() {
			return err
		}
		f.file.Close()
	}
	f.partial = f.path + partialSuffix
	if err := os.Remove(f.partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.file, err = os.OpenFile(f.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return err
}

// Write appends p. Errors show at the latest in Commit.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.buffer.Write(p)
	if err != nil {
		return n, unwritable(f.path, err)
	}
	return n, nil
}

// Commit brings everything to the disk and gives the file its name. After an
// error nothing has changed under that name, and the partial file is gone,
// except when only the renaming failed: then it is whole, and stays.
func (f *File) Commit() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.buffer.Flush()
	if err == nil && f.partial != "" {
		err = f.file.Sync()
	}
	if closeErr := f.file.Close(); err == nil { // before the renaming: Windows renames no open file
		err = closeErr
	}
	if err != nil {
		f.remove()
		return unwritable(f.path, err)
	}
	if f.partial == "" {
		return nil
	}
	err = os.Rename(f.partial, f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &WriteError{Path: f.path, Err: err, What: f.partial + " is gone: another program has moved or removed it",
			Hint: "let no two runs write the same files; jsm-onboard report writes them again from the ledger"}
	case err != nil:
		return &WriteError{Path: f.path, Err: err, What: innermost(err).Error(),
			Hint: "everything is in " + f.partial + "; close " + f.path + " where it is open, then rename it by hand"}
	}
	return syncFolder(filepath.Dir(f.path))
}

// Abort drops what was written. After Commit it does nothing.
func (f *File) Abort() {
	if !f.closed {
		f.closed = true
		f.file.Close()
		f.remove()
	}
}

func (f *File) remove() {
	if f.partial != "" {
		os.Remove(f.partial)
	}
}

// WriteFile writes a small file whole: it has the new content or the old one.
func WriteFile(path string, content []byte) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}

// syncFolder makes a new name durable. Windows and some network file systems cannot.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return unwritable(folder, err)
	}
	defer d.Close()
	err = d.Sync()
	if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return unwritable(folder, err)
	}
	return nil
}

// IsDiskFull reports whether err says that a disk is full. Windows has numbers of its own for it:
// https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-
func IsDiskFull(err error) bool { return isDiskFull(runtime.GOOS, err) }

func isDiskFull(system string, err error) bool {
	if system == "windows" {
		return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
	}
	return errors.Is(err, syscall.ENOSPC)
}

// unwritable puts a refusal of the operating system into words.
func unwritable(path string, err error) *WriteError {
	e := &WriteError{Path: path, What: innermost(err).Error(), Err: err}
	shared := runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(32)) // open in another program
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.What, e.Hint = "there is no folder "+filepath.Dir(path), "create it, or name another path"
	case errors.Is(err, syscall.EISDIR):
		e.What, e.Hint = "it is a folder", "name a file in it"
	case errors.Is(err, syscall.ENOTDIR):
		e.What, e.Hint = filepath.Dir(path)+" is not a folder", "name another path"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), shared:
		e.Hint = "it is read-only, or not yours, or open in another program; fix that, or name another path"
	case IsDiskFull(err):
		e.What, e.Hint = "the disk is full", "free some space, then run the same command again"
	}
	return e
}

// innermost is an error of the operating system without the call and the path.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
