package cli

import (
	"os"
	"path/filepath"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/report"
)

// namedFile is a file that a command reads or writes, with the name that messages use for it.
type namedFile struct{ name, path string }

const (
	partial = ".partial" // what a file is called while it is being written
	stdout  = "-"        // as the path of an output
)

// checkOutputs refuses output files that the command also reads or uses. inputs are those that no flag names.
func (p *program) checkOutputs(s *site, out *outputFlags, inputs ...namedFile) error {
	inUse := append(ledgerFiles(s.ledgerPath), namedFile{"the settings file", p.configPath},
		namedFile{"the token file", s.tokenFile}, namedFile{"the CA file", s.caFile})
	return checkDistinct(append(inUse, inputs...), out.files(), s.sandbox)
}

// inUse returns a function that reports whether a path is a file that the command uses, or another of its outputs.
func (p *program) inUse(s *site, out outputFlags, input string) func(path string) bool {
	out.failed = ""
	others := append(out.files(), namedFile{"the input", input})
	return func(path string) bool { return p.checkOutputs(s, &outputFlags{failed: path}, others...) != nil }
}

// checkDistinct refuses an output that is, by whatever path, a file in use, another output, or one's partial file; and
// one that would replace what this program, or in a rehearsal one, did not write: a failed file gets another name then.
func checkDistinct(inUse, outputs []namedFile, rehearsal bool) error {
	whose := map[bool]string{false: "this program", true: "a rehearsal, which has .sandbox. in its name"}[rehearsal]
	for _, output := range outputs {
		if !isFile(output.path) {
			continue
		}
		for i, path := range []string{output.path, output.path + partial, output.path + partial + ".lock"} {
			for _, other := range inUse {
				if other.path != "" && sameFile(path, other.path) {
					return usagef("give "+output.name+" a path of its own", "%s %s is the same file as %s",
						output.name, report.Shown(path), other.name)
				}
			}
			if (rehearsal || output.name != "--failed" || i > 0) && !report.Replaceable(path, rehearsal) {
				return usagef("name another, or remove it", "%s %s is there, and no file of %s", output.name,
					report.Shown(path), whose)
			}
		}
		inUse = append(inUse, output, namedFile{output.name, output.path + partial})
	}
	return nil
}

// ledgerFiles are a ledger and the files beside it: SQLite's, its lock, and the list of failed files.
func ledgerFiles(path string) []namedFile {
	files := []namedFile{{"the ledger", path}}
	for _, end := range []string{"-wal", "-shm", "-journal", ".lock", ".files"} {
		files = append(files, namedFile{"a file of the ledger", path + end})
	}
	return files
}

// sameFile reports whether two paths are one file, those not there yet by folder and name, whatever their case.
func sameFile(a, b string) bool {
	a, b = report.Followed(a), report.Followed(b)
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil || errB == nil {
		return os.SameFile(infoA, infoB) // false when one of them is not there
	}
	folderA, folderB := filepath.Dir(a), filepath.Dir(b)
	return strings.EqualFold(filepath.Base(a), filepath.Base(b)) &&
		(folderA == folderB || folderA != a && folderB != b && sameFile(folderA, folderB))
}

// isFile reports whether an output is a file, and not stdout, a pipe or a device such as /dev/null.
func isFile(path string) bool { return path != "" && path != stdout && !report.IsDevice(path) }

// isMissing reports whether there is nothing at path.
func isMissing(path string) bool {
	_, err := os.Stat(path)
	return os.IsNotExist(err)
}

// isStdin reports whether an input is stdin.
func isStdin(path string) bool { return path == "-" || path == "/dev/stdin" }

// absolute is the path as it is stored, whatever the working folder is then. Streams stay what they are.
func absolute(path string) string {
	if path == "/dev/stdout" {
		return stdout
	}
	abs, err := filepath.Abs(path)
	if err != nil || path == "" || path == stdout {
		return path
	}
	return abs
}

// writable finds out before the first request whether the files can be written, and no other run is writing them.
func writable(files []namedFile) error {
	for _, f := range files {
		if isFile(f.path) {
			file, err := report.CreateFile(f.path)
			if err != nil {
				return err
			}
			file.Abort()
		}
	}
	return nil
}

// stem is the prefix of the files that are named after path. That of a rehearsal ends in .sandbox, and no other does.
func (r *run) stem(path string) string {
	if isStdin(path) {
		path = "stdin"
	}
	stem := absolute(export.Stem(path))
	switch {
	case r.site.sandbox:
		stem += ".sandbox"
	case filepath.Ext(stem) == ".sandbox":
		stem += ".real"
	}
	return stem
}
