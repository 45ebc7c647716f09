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
	defer f.Abort()
	if old, err := os.Stat(f.path); err == nil && f.partial != "" {
		if err := os.Chmod(f.partial, old.Mode().Perm()); err != nil {
			return unwritable(path, err)
		}
	}
	if _, err := f.Write(metrics(source, s, string(before))); err != nil {
		return err
	}
	return f.Commit()
}

// An exposition collects the metrics of one job.
type exposition struct {
	job  string // its labels
	text bytes.Buffer
}

// A sample is one value of a metric, with a label of its own or none.
type sample struct {
	name, label string
	n           int
}

func metrics(source string, s Summary, before string) []byte {
	m := &exposition{job: label("command", s.Command)}
	if source != "" {
		m.job += "," + label("source", source)
	}
	m.rows("rows", "Rows of the last run by what became of them.", s.Rows)
	m.gauge("rows_read", "Rows read by the last run.", sample{n: s.Rows.Read})
	r := s.Requests
	m.gauge("requests", "Requests of the last run to create, or of revoke and undo to revoke.",
		sample{"kind", "sent", r.Sent}, sample{"kind", "throttled", r.Throttled},
		sample{"kind", "retried", r.Retried}, sample{"kind", "ambiguous", r.Ambiguous})
	if a := s.Access; a != nil {
		m.gauge("memberships", "Customers of the last run in their organizations.",
			sample{"kind", "added", a.Memberships.Added}, sample{"kind", "known", a.Memberships.Known},
			sample{"kind", "failed", a.Memberships.Failed})
	}
	if d := s.Leavers; d != nil && d.Path != "" {
		m.gauge("leavers", "Leavers of the last run by what is to be done about them.",
			sample{"action", "revoke", d.Revoke}, sample{"action", "review", d.Review})
		if d.Rows != nil {
			m.rows("leaver_rows", "Leavers of the last run by what became of them.", *d.Rows)
		}
	}
	ended := int(s.FinishedAt.Unix())
	m.gauge("duration_seconds", "How long the last run took.", sample{n: int(s.Elapsed().Round(time.Second).Seconds())})
	m.gauge("exit_code", "Exit code of the last run; 0: every row is good.", sample{n: s.ExitCode})
	m.gauge("last_run_timestamp_seconds", "When the last run ended.", sample{n: ended})
	m.last("last_success_timestamp_seconds", "When the last run with exit code 0 ended.", s.ExitCode == 0, ended, before)
	m.last("last_completion_timestamp_seconds", "When the last run with exit code 0 or 3 ended.",
		s.ExitCode == 0 || s.ExitCode == 3, ended, before)
	return m.text.Bytes()
}

func (m *exposition) gauge(name, help string, samples ...sample) {
	name = "jsm_onboard_" + name
	fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range samples {
		labels := m.job
		if s.name != "" {
			labels += "," + label(s.name, s.label)
		}
		fmt.Fprintf(&m.text, "%s{%s} %d\n", name, labels, s.n)
	}
}

func (m *exposition) rows(name, help string, rows Rows) {
	var samples []sample
	for _, c := range rows.Counts {
		samples = append(samples, sample{"status", c.Status.String(), c.Rows})
	}
	m.gauge(name, help, samples...)
}

// last is when a run last ended well: this one, or what the file before has for
// the same job.
func (m *exposition) last(name, help string, well bool, ended int, before string) {
	series := "jsm_onboard_" + name + "{" + m.job + "} "
	for line := range strings.Lines(before) {
		if at, ok := strings.CutPrefix(line, series); ok && !well {
			ended, _ = strconv.Atoi(strings.TrimSpace(at))
			well = ended > 0
		}
	}
	if well {
		m.gauge(name, help, sample{n: ended})
	}
}

// label is one label with its value escaped.
func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
