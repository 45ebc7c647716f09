package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// WriteMetrics writes the totals of a finished run, and of the leavers of a
// sync, in the Prometheus text format, for node_exporter's textfile collector.
// When this run did not end well, the times of those that did are kept from the
// file that is there, and so is its mode: the collector may be another user.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
func WriteMetrics(path, source string, s Summary) error {
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(path, err)
	}
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(metrics(source, s, string(before))); err != nil {
		f.Abort()
		return err
	}
	if err := f.keepMode(); err != nil {
		f.Abort()
		return unwritable(path, err)
	}
	return f.Commit()
}

// keepMode gives the file the mode of the one that it replaces.
func (f *File) keepMode() error {
	old, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) || f.partial == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(f.partial, old.Mode().Perm())
}

func metrics(source string, s Summary, before string) []byte {
	m := &exposition{job: label("command", s.Command)}
	if source != "" {
		m.job += "," + label("source", source)
	}
	m.rows("rows", "Rows of the last run by what became of them.", s.Rows)
	m.gauge("rows_read", "Rows read by the last run.", sample{value: float64(s.Rows.Read)})
	m.gauge("requests", "Requests of the last run to create, or of revoke and undo to revoke.",
		counted("kind", "sent", s.Requests.Sent), counted("kind", "throttled", s.Requests.Throttled),
		counted("kind", "retried", s.Requests.Retried), counted("kind", "ambiguous", s.Requests.Ambiguous))
	m.access(s.Access)
	m.leavers(s.Leavers)
	ended := float64(s.FinishedAt.Unix())
	m.gauge("duration_seconds", "How long the last run took.",
		sample{value: s.Elapsed().Round(time.Millisecond).Seconds()})
	m.gauge("exit_code", "Exit code of the last run; 0: every row is good.", sample{value: float64(s.ExitCode)})
	m.gauge("last_run_timestamp_seconds", "When the last run ended.", sample{value: ended})
	m.last("last_success_timestamp_seconds", "When the last run with exit code 0 ended.",
		s.ExitCode == 0, ended, before)
	m.last("last_completion_timestamp_seconds", "When the last run with exit code 0 or 3 ended.",
		s.ExitCode == 0 || s.ExitCode == 3, ended, before)
	return m.text.Bytes()
}

// An exposition collects the metrics of one job.
type exposition struct {
	job  string // its labels
	text bytes.Buffer
}

// A sample is one value of a metric, with a label of its own or none.
type sample struct {
	label string
	value float64
}

func counted(name, value string, n int) sample { return sample{label(name, value), float64(n)} }

func (m *exposition) gauge(name, help string, samples ...sample) {
	name = "jsm_onboard_" + name
	fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range samples {
		labels := m.job
		if s.label != "" {
			labels += "," + s.label
		}
		fmt.Fprintf(&m.text, "%s{%s} %s\n", name, labels, strconv.FormatFloat(s.value, 'f', -1, 64))
	}
}

func (m *exposition) rows(name, help string, rows Rows) {
	var samples []sample
	for _, c := range rows.Counts {
		samples = append(samples, counted("status", c.Status.String(), c.Rows))
	}
	m.gauge(name, help, samples...)
}

func (m *exposition) access(a *Access) {
	if a == nil {
		return
	}
	m.gauge("organizations", "Organizations that the file of the last run names.",
		counted("kind", "existed", a.Organizations.Existed), counted("kind", "created", a.Organizations.Created))
	m.gauge("memberships", "Customers of the last run in their organizations, by what became of it.",
		counted("kind", "added", a.Memberships.Added), counted("kind", "known", a.Memberships.Known),
		counted("kind", "failed", a.Memberships.Failed))
}

// leavers are the people that a sync has listed, and what was done about them.
func (m *exposition) leavers(d *LeaverTotals) {
	if d == nil || d.Path == "" {
		return
	}
	m.gauge("leavers", "Leavers that the last run has listed, by what is to be done about them.",
		counted("action", "revoke", d.Revoke), counted("action", "review", d.Review))
	if d.Rows == nil {
		return
	}
	m.rows("leaver_rows", "Leavers of the last run by what became of them.", *d.Rows)
	m.gauge("leaver_requests", "Requests of the last sync to revoke the access of leavers.",
		counted("kind", "sent", d.Sent), counted("kind", "throttled", d.Throttled))
}

// last is when a run last ended well: this one, or what the file before has for
// the same job.
func (m *exposition) last(name, help string, well bool, ended float64, before string) {
	if !well {
		var known bool
		if ended, known = valueIn(before, "jsm_onboard_"+name+"{"+m.job+"} "); !known {
			return
		}
	}
	m.gauge(name, help, sample{value: ended})
}

// valueIn is the value of a series in the text of a metrics file.
func valueIn(text, series string) (float64, bool) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series); ok {
			at, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return at, err == nil
		}
	}
	return 0, false
}

// label is one label with its value escaped.
func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
