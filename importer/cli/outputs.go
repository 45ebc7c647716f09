package cli

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// namedFile is a file that a command reads or writes, and how a person calls it.
type namedFile struct{ name, path string }

// apart refuses outputs that are one of the files in use, or one another, or the partial file of one of them. They
// are compared as files, so that no other spelling and no link hides that two are one.
func apart(inUse, outputs []namedFile) error {
	for _, output := range outputs {
		if output.path == "" || output.path == stdout || isDevice(output.path) {
			continue
		}
		for _, path := range []string{output.path, output.path + partial} {
			for _, other := range inUse {
				if other.path != "" && sameFile(path, other.path) {
					return usagef("give "+output.name+" a path of its own", "%s %s is the same file as %s",
						output.name, report.Shown(path), other.name)
				}
			}
		}
		inUse = append(inUse, output, namedFile{output.name, output.path + partial})
	}
	return nil
}

const (
	partial = ".partial" // what a file is called while it is being written
	stdout  = "-"        // as the path of an output
	stdin   = "-"        // as the path of an input
)

// ledgerFiles are a ledger and what SQLite and its lock keep beside it.
func ledgerFiles(path string) []namedFile {
	files := []namedFile{{"the ledger", path}}
	for _, end := range []string{"-wal", "-shm", "-journal", ".lock", ".files"} {
		files = append(files, namedFile{"a file of the ledger", path + end})
	}
	return files
}

// sameFile reports whether two paths are one file. Of files that are not there yet it goes by folder and name,
// without case: some file systems have none.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	if errA == nil || errB == nil || !strings.EqualFold(filepath.Base(a), filepath.Base(b)) {
		return false
	}
	folderA, folderB := filepath.Dir(a), filepath.Dir(b)
	return folderA == folderB || folderA != a && folderB != b && sameFile(folderA, folderB)
}

// isDevice reports whether what stands at path is no file, such as a pipe or /dev/null.
func isDevice(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// isStdin reports whether an input is stdin.
func isStdin(path string) bool { return path == stdin || path == "/dev/stdin" }

// absolute is the path as it is stored: another working folder does not change what it means. Streams stay what they
// are.
func absolute(path string) string {
	if path == "" || path == stdout {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// writable finds out before the first request whether the files can be written.
func writable(files []namedFile) error {
	for _, f := range files {
		if f.path == "" || f.path == stdout || isDevice(f.path) {
			continue
		}
		file, err := report.CreateFile(f.path)
		if err != nil {
			return err
		}
		file.Abort()
	}
	return nil
}

// rowFiles are the files that get a line for each row.
type rowFiles struct {
	resultsPath, failedPath string // "": no such file
	layout                  report.Layout
	memory                  report.Memory
	findings                *page.Findings // what the page shows of single rows; nil: there is no page

	results  *report.Results
	failed   *report.Failed
	broken   error // why a row could not be written
	finished bool  // the results have their name
}

type rowsOf = iter.Seq2[*export.Row, error]

// open starts the partial files; nothing has its final name yet.
func (f *rowFiles) open() (err error) {
	if f.resultsPath == "" {
		return nil
	}
	if f.results, err = report.NewResults(f.resultsPath, f.layout); err != nil || f.failedPath == "" {
		return err
	}
	if f.failed, err = report.NewFailed(f.failedPath, f.layout, f.memory); err != nil {
		f.results.Abort()
	}
	return err
}

// write takes the next result.
func (f *rowFiles) write(result importer.Result) (err error) {
	if f.results != nil {
		err = f.results.Write(result)
	}
	if err == nil && f.failed != nil {
		err = f.failed.Write(result)
	}
	if f.findings != nil {
		f.findings.Add(result)
	}
	f.broken = err
	return err
}

// finish gives the files of a run their names. When it ended because they cannot be written, or because the input
// could not be read to its end, they stay without: report writes them from the ledger.
func (f *rowFiles) finish(ctx context.Context, l *ledger.Ledger, p *importer.Plan, end *importer.End) report.Fixes {
	err, all := f.broken, f.results.Rows() == end.Rows
	if err == nil && all && end.Revised {
		err = f.writeAgain(ctx, l, p)
	}
	var fixes report.Fixes
	if err == nil && all {
		fixes, err = f.name()
	}
	if err != nil {
		end.Stop = brokenBy(end.Stop, err)
	}
	end.Stop = complete(end, f.results.Rows())
	return fixes
}

// writeAgain writes everything anew from what the ledger has. What was written before counts until that is done.
func (f *rowFiles) writeAgain(ctx context.Context, l *ledger.Ledger, p *importer.Plan) error {
	f.abort() // both have the same partial files
	again := &rowFiles{
		resultsPath: f.resultsPath,
		failedPath:  f.failedPath,
		layout:      f.layout,
		memory:      f.memory,
		findings:    f.findings.Empty(),
	}
	err := again.open()
	if err == nil {
		err = importer.Replay(ctx, l, p.Run, p.Rows(ctx), again.write)
	}
	if err != nil {
		again.abort()
		return err
	}
	*f = *again
	return nil
}

// name gives the files their names.
func (f *rowFiles) name() (fixes report.Fixes, err error) {
	if f.results != nil {
		err = f.results.Finish()
		f.finished = err == nil
	}
	if err == nil && f.failed != nil {
		fixes, err = f.failed.Finish()
	}
	return fixes, err
}

func (f *rowFiles) abort() {
	if f.results != nil {
		f.results.Abort()
	}
	if f.failed != nil {
		f.failed.Abort()
	}
}
