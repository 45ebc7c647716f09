package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// leaverResults is where it is told what became of each on the list.
func (r *importRun) leaverResults() string {
	return strings.TrimSuffix(r.sync.leavers, ".csv") + ".results.csv"
}

// dropOldResults removes what an earlier run has told of its leavers, so that
// nobody takes it for what became of those on the new list. What somebody has
// edited since is left alone.
func (r *importRun) dropOldResults() {
	path := r.leaverResults()
	if !isRegular(path) {
		return
	}
	var err error
	if wrote(r.session.ledger, path) {
		err = os.Remove(path)
	} else {
		err = errors.New("it is not as we have left it: somebody has edited it, or it is of another program")
	}
	if err != nil {
		r.console.Log().Warn("the results of an earlier run's leavers are left alone: they do not tell of this run's", "path", path, "error", plainly(err))
	}
}

func isRegular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// remember keeps what stands at path now as ours.
func (s *sitting) remember(ctx context.Context, path string) error {
	if !isRegular(path) {
		return nil
	}
	abs, sum, err := fileSum(path)
	if err != nil {
		return err
	}
	return s.session.ledger.Remember(ctx, abs, sum)
}

// rememberResults keeps what has been told of each account as ours: a later
// sync replaces it.
func (s *sitting) rememberResults(ctx context.Context, end *importer.End) {
	if !s.outputs.named {
		return
	}
	if err := s.remember(context.WithoutCancel(ctx), s.outputs.resultsPath); err != nil {
		end.Stop = brokenBy(end.Stop, err)
	}
}

// keepOthers refuses to put the results of this run in the place of those of
// the other kind: import and sync are one kind, revoke is the other.
func (s *sitting) keepOthers(ctx context.Context, path string) error {
	theirs, other, this := importer.RevokeStatuses(), "a revocation", "run"
	if slices.Equal(s.statuses, theirs) {
		theirs, other, this = importer.ImportStatuses(), "an import or sync", "revocation"
	}
	if !tellsOf(ctx, path, theirs, s.statuses) {
		return nil
	}
	return usagef("say where those of this "+this+" go, with --results PATH", "%s has the results of %s, and they would be overwritten", path, other)
}

// enoughToTell is how much of a file is read to see whose results it has.
const enoughToTell = 1 << 20

// tellsOf tells whether what stands at path are results, edited or not, of a run
// with the statuses theirs: the first row with a status that only one of the two
// kinds has settles it.
func tellsOf(ctx context.Context, path string, theirs, ours []importer.Status) bool {
	if !isRegular(path) {
		return false
	}
	results, err := os.Open(path)
	if err != nil {
		return false
	}
	defer results.Close()
	file, err := export.Open(ctx, "-", io.LimitReader(results, enoughToTell))
	if err != nil {
		return false
	}
	defer file.Close()
	found := false
	_, _ = file.Survey(ctx, export.Options{NeedAccounts: true}, func(row *export.Row) error { // what cannot be read are no results
		status, err := importer.ParseStatus(row.Own["jsm_status"])
		if err != nil || slices.Contains(theirs, status) == slices.Contains(ours, status) {
			return nil
		}
		found = slices.Contains(theirs, status)
		return errSettled
	})
	return found
}

// errSettled ends a reading that has found what it looked for.
var errSettled = errors.New("settled")

// wrote tells whether what stands at path is to the byte what we wrote there.
func wrote(l *ledger.Ledger, path string) bool {
	abs, sum, err := fileSum(path)
	return err == nil && l.Wrote(abs, sum)
}

func fileSum(path string) (abs, sum string, err error) {
	if abs, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	file, err := os.Open(abs)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", "", err
	}
	return abs, hex.EncodeToString(digest.Sum(nil)), nil
}

// leaversAgain writes what became of a sync's leavers again. With results, the
// path of the run's own results, it goes beside that, else where the run wrote
// it. "": the run has revoked nobody.
func (p *program) leaversAgain(ctx context.Context, l *ledger.Ledger, run ledger.Run, d *report.Departures, results string) (string, error) {
	if d == nil || d.Results == "" {
		return "", nil
	}
	path := d.Results
	if results != "" {
		path = strings.TrimSuffix(strings.TrimSuffix(results, ".csv"), ".results") + ".leavers.results.csv"
	}
	run.Command = "revoke" // of its outcomes, those of the revocations
	rows, done, survey := rowsSent(ctx, l, run), func() error { return nil }, addressAndName()
	if list, file, err := leaversOf(ctx, l, run, d.Path); err == nil {
		rows, done, survey = list.All(ctx), file.Close, list
	} else {
		fmt.Fprintf(p.Err, "The columns of the leavers' list cannot be told: %v\n", err)
	}
	o := &outputs{resultsPath: path, survey: survey}
	if err := o.open(); err != nil {
		return "", errors.Join(err, done())
	}
	o.results.AllowGaps()
	_, err := o.done(importer.Replay(ctx, l, run, rows, o.write))
	if err = errors.Join(err, done()); err != nil {
		return path, err
	}
	keepAsOurs(ctx, l, run, path)
	return path, nil
}

// keepAsOurs remembers what report, which only reads the ledger, has written to
// path, so that the next sync replaces it. While another run is on, or where the
// ledger may not be written to, it is left to a person.
func keepAsOurs(ctx context.Context, l *ledger.Ledger, run ledger.Run, path string) {
	var summary report.Summary
	if err := summary.UnmarshalJSON(run.Summary); err != nil || !isRegular(path) {
		return
	}
	abs, sum, err := fileSum(path)
	if err != nil {
		return
	}
	own, err := ledger.Open(ctx, l.Path(), summary.Site)
	if err != nil {
		return
	}
	defer own.Close()
	_ = own.Remember(ctx, abs, sum)
}

// leaversOf reads the list that run has written, as long as it stands there.
func leaversOf(ctx context.Context, l *ledger.Ledger, run ledger.Run, path string) (*export.Survey, *export.File, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("the list %s is gone", path)
	}
	if !wrote(l, path) {
		return nil, nil, fmt.Errorf("the list %s has been changed", path)
	}
	file, err := export.Open(ctx, path, nil)
	if err != nil {
		return nil, nil, err
	}
	survey, err := file.Survey(ctx, export.Options{NeedAccounts: true}, func(row *export.Row) error {
		if by := row.Own["jsm_run_id"]; by != run.ID {
			return fmt.Errorf("the list %s is of run %s", path, by)
		}
		return nil
	})
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return survey, file, nil
}

// addressAndName is the survey of rows of which no more is known.
func addressAndName() *export.Survey { return &export.Survey{Header: []string{"email", "name"}} }
