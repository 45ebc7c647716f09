package report

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
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
	before, _ := os.ReadFile(path)
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	if old, err := os.Stat(f.path); err == nil && f.partial != "" {
		f.file.Chmod(old.Mode().Perm())
	}
	f.Write(metrics(source, s, string(before))) // Commit returns its error
	return f.Commit()
}

type exposition struct {
	job    string // its labels
	before string // the exposition of the run before
	text   bytes.Buffer
}

// A sample is one value of a metric, with a label of its own or none.
type sample struct {
	label string
	n     int
}

func metrics(source string, s Summary, before string) []byte {
	m := &exposition{job: label("command", s.Command), before: before}
	if source != "" {
		m.job += "," + label("source", source)
	}
	r, ended, took := s.Requests, int(s.FinishedAt.Unix()), int(s.Elapsed().Round(time.Second).Seconds())
	m.rows("rows", "Rows of the last run by what became of them.", s.Rows)
	m.gauge("rows_read", "Rows read by the last run.", "", sample{n: s.Rows.Read})
	m.gauge("requests", "Requests of the last run to create, or of revoke and undo to revoke.", "kind",
		sample{"sent", r.Sent}, sample{"throttled", r.Throttled}, sample{"retried", r.Retried},
		sample{"ambiguous", r.Ambiguous})
	if a := s.Access; a != nil {
		m.gauge("memberships", "Customers of the last run in their organizations.", "kind",
			sample{"added", a.Memberships.Added}, sample{"known", a.Memberships.Known},
			sample{"failed", a.Memberships.Failed})
	}
	if d := s.Leavers; d != nil && d.Path != "" {
		m.gauge("leavers", "Leavers of the last run by what is to be done about them.", "action",
			sample{"revoke", d.Revoke}, sample{"review", d.Review})
		if d.Rows != nil {
			m.rows("leaver_rows", "Leavers of the last run by what became of them.", *d.Rows)
		}
	}
	m.gauge("duration_seconds", "How long the last run took.", "", sample{n: took})
	m.gauge("exit_code", "Exit code of the last run; 0: every row is good.", "", sample{n: s.ExitCode})
	m.gauge("last_run_timestamp_seconds", "When the last run ended.", "", sample{n: ended})
	m.last("last_success_timestamp_seconds", "When the last run with exit code 0 ended.", s.ExitCode == 0, ended)
	m.last("last_completion_timestamp_seconds", "When the last run with exit code 0 or 3 ended.",
		s.ExitCode == 0 || s.ExitCode == 3, ended)
	return m.text.Bytes()
}

func (m *exposition) gauge(name, help, labelName string, samples ...sample) {
	name = "jsm_onboard_" + name
	fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range samples {
		labels := m.job
		if labelName != "" {
			labels += "," + label(labelName, s.label)
		}
		fmt.Fprintf(&m.text, "%s{%s} %d\n", name, labels, s.n)
	}
}

func (m *exposition) rows(name, help string, rows Rows) {
	var samples []sample
	for _, s := range rows.Statuses {
		samples = append(samples, sample{s.String(), rows.Of(s)})
	}
	m.gauge(name, help, "status", samples...)
}

// last is when a run of the job last ended well: this one, or what was so before.
func (m *exposition) last(name, help string, well bool, ended int) {
	series := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta("jsm_onboard_"+name+"{"+m.job+"} ") + `(\d+)$`)
	if found := series.FindStringSubmatch(m.before); found != nil && !well {
		ended, _ = strconv.Atoi(found[1])
		well = true
	}
	if well {
		m.gauge(name, help, "", sample{n: ended})
	}
}

func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
