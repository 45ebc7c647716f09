package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// sourceOf is the name of a source that was not given one.
func sourceOf(path string) string {
	if path == "-" {
		return "stdin"
	}
	return filepath.Base(path)
}

// lastPeople is how many people the last complete run of a source had; 0: there
// was none.
func lastPeople(ctx context.Context, l *ledger.Ledger, source string) (int, error) {
	run, found, err := l.LastComplete(ctx, source)
	if err != nil || !found {
		return 0, err
	}
	var summary report.Summary
	if err := summary.UnmarshalJSON(run.Summary); err != nil {
		return 0, fmt.Errorf("the summary of run %s is not readable: %w", run.ID, err)
	}
	return summary.Rows.Read - summary.Rows.Of(importer.Duplicate), nil
}

// goneNote says in a dry run how many of the source are in no row of the file.
func goneNote(ctx context.Context, l *ledger.Ledger, source string, survey *export.Survey) (string, error) {
	members, gone := 0, 0
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return "", err
		}
		if m.Aside {
			continue
		}
		members++
		if !survey.Contains(m.Key) {
			gone++
		}
	}
	return fmt.Sprintf("Of %s people who were in the last complete run of the source, %s are in no row of this file.", importer.Grouped(members), importer.Grouped(gone)), nil
}

// dated finds a date in the name of a file: 2026-11-24, 20261124, 24.11.2026.
var dated = regexp.MustCompile(`(?:19|20)\d\d[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])[-_. ](?:0[1-9]|1[0-2])[-_. ](?:19|20)\d\d`)

// sourceNotes say of a source that is synced for the first time that it is, and
// why that may not be meant; of another, in a dry run, who is gone.
func (r *importRun) sourceNotes(ctx context.Context) ([]string, error) {
	if r.sync == nil {
		return nil, nil
	}
	source := r.source()
	var notes []string
	if dated.MatchString(source) {
		notes = append(notes, fmt.Sprintf("Note: the name of the source, %s, has a date in it: with the next export it is another source, and nobody is ever a leaver.\n      Give it a name that stays: --source NAME", source))
		r.console.Log().Warn("the name of the source has a date in it, so that each export is a source of its own: give --source NAME", "source", source)
	}
	_, found, err := r.session.ledger.LastComplete(ctx, source)
	if err != nil || found && !r.dryRun {
		return notes, err
	}
	if found {
		note, err := goneNote(ctx, r.session.ledger, source, r.plan.Survey)
		return append(notes, note), err
	}
	note := "Source " + source + ": first sync of this source, so nobody can be a leaver of it."
	others, err := r.otherSources(ctx)
	if len(others) > 0 {
		note += "\nThe ledger has other sources: " + strings.Join(others, ", ") + ". When this is one of them, give its name as --source."
	}
	return append(notes, note), err
}

// otherSources are those with a complete sync, the last one first.
func (r *importRun) otherSources(ctx context.Context) ([]string, error) {
	runs, err := r.session.ledger.Runs(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, run := range runs {
		if run.Command != "sync" || run.Outcome != ledger.Complete || run.Source == r.source() {
			continue
		}
		name := run.Source
		if absolute(run.Input) == absolute(r.files.input) {
			name += " (the same file)"
		}
		if !slices.Contains(names, name) && !slices.Contains(names, run.Source+" (the same file)") {
			names = append(names, name)
		}
	}
	return names, nil
}
