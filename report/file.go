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

// A File appears under its name only when it is whole: it is written to PATH.partial, and Commit
// renames it. Only its owner can read it. A device or a pipe (/dev/stdout) is written to directly.
type File struct {
	path    string // with links followed
	partial string // "": written to directly
	file    *os.File
	buffer  *bufio.Writer
	closed  bool
}

// CreateFile opens path's partial file, and finds out now what would keep it
// from getting its name later: no such folder, a folder of that name, a file
// that is read-only or open in another program. Errors are a *WriteError.
func CreateFile(path string) (*File, error) {
	f := &File{path: path}
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		f.path = followed
	}
	if err := f.open(); err != nil {
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
	os.Remove(f.partial)
	f.file, err = os.OpenFile(f.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return err
}

// Write appends p. Commit returns an error of it, too.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.buffer.Write(p)
	return n, unwritable(f.path, err)
}

// Commit brings everything to the disk and gives the file its name. After an
// error nothing has changed under that name, and the partial file is gone,
// except when only the renaming failed: then it is whole, and stays.
func (f *File) Commit() error {
	if f.closed {
		return nil
	}
	err := f.buffer.Flush()
	if err == nil && f.partial != "" {
		err = f.file.Sync()
	}
	if err == nil {
		err = f.file.Close() // before the renaming: Windows renames no open file
	}
	if err != nil {
		f.Abort()
		return unwritable(f.path, err)
	}
	f.closed = true
	if f.partial == "" {
		return nil
	}
	if err := os.Rename(f.partial, f.path); err != nil {
		hint := "close it where it is open, then rename " + Shown(f.partial) + " by hand; where that is gone, " +
			"another run writes the same file, and jsm-onboard report writes it again from the ledger"
		return &WriteError{f.path, innermost(err).Error(), hint, err}
	}
	return syncFolder(filepath.Dir(f.path))
}

// Abort drops what was written. After Commit it does nothing.
func (f *File) Abort() {
	if f.closed {
		return
	}
	f.closed = true
	f.file.Close()
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
	f.Write(content)
	return f.Commit()
}

// syncFolder makes a new name durable. Windows and some network file systems cannot.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err == nil {
		defer d.Close()
		err = d.Sync()
	}
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return unwritable(folder, err)
}

// A WriteError names the file that could not be written, and what to do.
type WriteError struct {
	Path, What, Hint string
	Err              error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %s", Shown(e.Path), e.What) }

func (e *WriteError) Unwrap() error { return e.Err }

// unwritable puts a refusal of the operating system into words, as a *WriteError; nil stays nil.
func unwritable(path string, err error) error {
	if err == nil {
		return nil
	}
	what, hint, folder := innermost(err).Error(), "", Shown(filepath.Dir(path))
	shared := runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(32)) // open in another program
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what, hint = "there is no folder "+folder, "create it, or name another path"
	case errors.Is(err, syscall.EISDIR):
		what, hint = "it is a folder", "name a file in it"
	case errors.Is(err, syscall.ENOTDIR):
		what, hint = folder+" is not a folder", "name another path"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), shared:
		hint = "it is read-only, or not yours, or open in another program; fix that, or name another path"
	case IsDiskFull(err):
		what, hint = "the disk is full", "free some space, then run the same command again"
	}
	return &WriteError{path, what, hint, err}
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

// innermost is an error of the operating system without the call and the path.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
