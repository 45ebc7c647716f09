package report

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// WriteMetrics writes the totals of a finished run, and of the leavers of a sync, in the Prometheus text format, for
// node_exporter's textfile collector. When this run did not end well, the times of those that did are kept from the
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

// An exposition is the text of some metrics.
type exposition struct {
	job    string // labels of every sample
	before string // the exposition of the run before
	name   string // of the metric that is being written
	bytes.Buffer
}

func metrics(source string, s Summary, before string) []byte {
	job := joined(",", label("command", s.Command), onlyIf(source != "", label("source", source)))
	m := &exposition{job: job, before: before}
	ended := int(s.FinishedAt.Unix())
	m.rows("rows", "Rows of the last run by what became of them.", s.Rows)
	m.gauge("rows_read", "Rows read by the last run.", "", s.Rows.Read)
	const requests = "Requests of the last run to create, or of revoke and undo to revoke."
	m.gauge("requests", requests, `,kind="sent"`, s.Requests.Sent)
	m.gauge("requests", requests, `,kind="throttled"`, s.Requests.Throttled)
	m.gauge("requests", requests, `,kind="retried"`, s.Requests.Retried)
	m.gauge("requests", requests, `,kind="ambiguous"`, s.Requests.Ambiguous)
	if a := s.Access; a != nil {
		const memberships = "Customers of the last run in their organizations."
		m.gauge("memberships", memberships, `,kind="added"`, a.Memberships.Added)
		m.gauge("memberships", memberships, `,kind="known"`, a.Memberships.Known)
		m.gauge("memberships", memberships, `,kind="failed"`, a.Memberships.Failed)
	}
	if d := s.Leavers; d != nil && d.Path != "" {
		const leavers = "Leavers of the last run by what is to be done about them."
		m.gauge("leavers", leavers, `,action="revoke"`, d.Revoke)
		m.gauge("leavers", leavers, `,action="review"`, d.Review)
		if d.Rows != nil {
			m.rows("leaver_rows", "Leavers of the last run by what became of them.", *d.Rows)
		}
	}
	m.gauge("duration_seconds", "How long the last run took.", "", int(s.Elapsed().Round(time.Second).Seconds()))
	m.gauge("exit_code", "Exit code of the last run; 0: every row is good.", "", s.ExitCode)
	m.gauge("last_run_timestamp_seconds", "When the last run ended.", "", ended)
	m.last("last_success_timestamp_seconds", "When the last run with exit code 0 ended.", s.ExitCode == 0, ended)
	m.last("last_completion_timestamp_seconds", "When the last run with exit code 0 or 3 ended.",
		s.ExitCode == 0 || s.ExitCode == 3, ended)
	return m.Bytes()
}

// gauge adds one value of a metric.
func (m *exposition) gauge(name, help, labels string, n int) {
	if name != m.name {
		fmt.Fprintf(m, "# HELP jsm_onboard_%s %s\n# TYPE jsm_onboard_%s gauge\n", name, help, name)
		m.name = name
	}
	fmt.Fprintf(m, "jsm_onboard_%s{%s%s} %d\n", name, m.job, labels, n)
}

func (m *exposition) rows(name, help string, rows Rows) {
	for _, s := range rows.Statuses {
		m.gauge(name, help, ","+label("status", s.String()), rows.Of(s))
	}
}

// last is when a run of the job last ended well: this one, or what was so before.
func (m *exposition) last(name, help string, well bool, ended int) {
	_, line, _ := strings.Cut(m.before, "\njsm_onboard_"+name+"{"+m.job+"} ")
	line, _, _ = strings.Cut(line, "\n")
	if before, err := strconv.Atoi(line); err == nil && !well {
		ended, well = before, true
	}
	if well {
		m.gauge(name, help, "", ended)
	}
}

func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
