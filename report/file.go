// Package report is what people see of a run: the results, the rows to fix,
// the summary, the plan, the console, metrics and notifications.
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

// A handle is what a File needs of the open file beneath it.
type handle interface {
	Write([]byte) (int, error)
	Sync() error
	Close() error
}

// A File appears under its name only when it is whole: it is written to
// PATH.partial, and Commit renames it. Only its owner can read it. A path that
// leads to a device or a pipe (/dev/stdout) is written to directly.
type File struct {
	path    string // with links followed
	partial string // "": written to directly
	handle  handle
	buffer  *bufio.Writer
	closed  bool
}

// A WriteError names the file that could not be written, and what to do.
type WriteError struct {
	Path string
	What string
	Hint string // "" when there is nothing to advise
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %s", e.Path, e.What) }

func (e *WriteError) Unwrap() error { return e.Err }

// CreateFile opens path's partial file. What would keep the file from getting
// its name later is found now where possible: a missing folder, a folder of
// that name, a file that is read-only or open in another program. Errors are a
// *WriteError.
func CreateFile(path string) (*File, error) {
	target := path
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		target = followed
	}
	special, err := inspect(target)
	if err != nil {
		return nil, unwritable(path, err)
	}
	if special {
		f, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return nil, unwritable(path, err)
		}
		return newFile(target, "", f), nil
	}
	partial := target + partialSuffix
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unwritable(path, err)
	}
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unwritable(path, err)
	}
	return newFile(target, partial, f), nil
}

func newFile(path, partial string, h handle) *File {
	return &File{path: path, partial: partial, handle: h, buffer: bufio.NewWriterSize(h, 1<<16)}
}

// inspect looks at what is at path: an error when it cannot be replaced,
// special when it is a device or a pipe.
func inspect(path string) (special bool, err error) {
	found, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case found.IsDir():
		return false, syscall.EISDIR
	case !found.Mode().IsRegular():
		return true, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	return false, f.Close()
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
	err := f.buffer.Flush()
	if err == nil && f.partial != "" {
		err = f.handle.Sync()
	}
	if closeErr := f.handle.Close(); err == nil {
		err = closeErr
	}
	f.closed = true
	if err != nil {
		f.remove()
		return unwritable(f.path, err)
	}
	if f.partial == "" {
		return nil
	}
	if err := os.Rename(f.partial, f.path); err != nil { // closed before: Windows renames no open file
		return f.unrenamed(err)
	}
	return syncFolder(filepath.Dir(f.path))
}

func (f *File) unrenamed(err error) *WriteError {
	if errors.Is(err, fs.ErrNotExist) {
		return &WriteError{Path: f.path, Err: err, What: f.partial + " is gone: another program has moved or removed it",
			Hint: "let no two runs write the same files; jsm-onboard report writes them again from the ledger"}
	}
	return &WriteError{Path: f.path, Err: err, What: bareError(err),
		Hint: "everything is in " + f.partial + "; close " + f.path + " where it is open, then rename it by hand"}
}

// Abort drops what was written. After Commit it does nothing.
func (f *File) Abort() {
	if f.closed {
		return
	}
	f.closed = true
	f.handle.Close()
	f.remove()
}

func (f *File) remove() {
	if f.partial != "" {
		os.Remove(f.partial)
	}
}

// WriteFile writes a small file whole: it has the new content or the old one,
// never a part.
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

// syncFolder makes a new name durable. Windows cannot, and some network file
// systems refuse.
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
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return unwritable(folder, err)
}

// Numbers of Windows, which Go does not map to the errors of Unix.
// https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-
const (
	windowsSharingViolation = syscall.Errno(32)
	windowsHandleDiskFull   = syscall.Errno(39)
	windowsDiskFull         = syscall.Errno(112)
)

// IsDiskFull reports whether err says that a disk is full, on every system.
func IsDiskFull(err error) bool { return isDiskFullOn(runtime.GOOS, err) }

func isDiskFullOn(system string, err error) bool {
	if system == "windows" {
		return errors.Is(err, windowsDiskFull) || errors.Is(err, windowsHandleDiskFull)
	}
	return errors.Is(err, syscall.ENOSPC)
}

func isReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) ||
		runtime.GOOS == "windows" && errors.Is(err, windowsSharingViolation)
}

// unwritable puts a refusal of the operating system into words.
func unwritable(path string, err error) *WriteError {
	e := &WriteError{Path: path, What: bareError(err), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.What, e.Hint = "there is no folder "+filepath.Dir(path), "create it, or name another path"
	case errors.Is(err, syscall.EISDIR):
		e.What, e.Hint = "it is a folder", "name a file in it"
	case errors.Is(err, syscall.ENOTDIR):
		e.What, e.Hint = filepath.Dir(path)+" is not a folder", "name another path"
	case isReadOnly(err):
		e.Hint = "it is read-only, or not yours, or open in another program; fix that, or name another path"
	case IsDiskFull(err):
		e.What, e.Hint = "the disk is full", "free some space, then run the same command again"
	}
	return e
}

// bareError is an error of the operating system without the call and the path.
func bareError(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
