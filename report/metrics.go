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

const (
	lastSuccess    = "jsm_onboard_last_success_timestamp_seconds"
	lastCompletion = "jsm_onboard_last_completion_timestamp_seconds"
)

// WriteMetrics writes the totals of a finished run, and of the leavers of a
// sync, in the Prometheus text format, for node_exporter's textfile collector. When
// this run did not end well, the times of those that did are kept from the file
// that stands there. The mode of that file is kept, too: the collector may be
// somebody else.
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
	job := label("command", s.Command)
	if source != "" {
		job += "," + label("source", source)
	}
	m := &exposition{}
	m.gauge("jsm_onboard_rows", "Rows of the last run by what became of them.")
	for _, c := range s.Rows.Counts {
		m.value("jsm_onboard_rows", job+","+label("status", c.Status.String()), float64(c.Rows))
	}
	m.departures(job, s.Leavers)
	m.gauge("jsm_onboard_rows_read", "Rows read by the last run.")
	m.value("jsm_onboard_rows_read", job, float64(s.Rows.Read))
	m.gauge("jsm_onboard_requests", "Requests of the last run to create, or of the command revoke to revoke.")
	for _, c := range []struct {
		kind string
		n    int
	}{{"sent", s.Requests.Sent}, {"throttled", s.Requests.Throttled}, {"retried", s.Requests.Retried}, {"ambiguous", s.Requests.Ambiguous}} {
		m.value("jsm_onboard_requests", job+","+label("kind", c.kind), float64(c.n))
	}
	m.gauge("jsm_onboard_duration_seconds", "How long the last run took.")
	m.value("jsm_onboard_duration_seconds", job, s.Elapsed().Round(time.Millisecond).Seconds())
	m.gauge("jsm_onboard_exit_code", "Exit code of the last run; 0: every row is good.")
	m.value("jsm_onboard_exit_code", job, float64(s.ExitCode))
	m.gauge("jsm_onboard_last_run_timestamp_seconds", "When the last run ended.")
	m.value("jsm_onboard_last_run_timestamp_seconds", job, float64(s.FinishedAt.Unix()))
	m.last(lastSuccess, "When the last run with exit code 0 ended.", s, job, before, s.ExitCode == 0)
	m.last(lastCompletion, "When the last run with exit code 0 or 3 ended.", s, job, before, s.ExitCode == 0 || s.ExitCode == 3)
	return m.b.Bytes()
}

// departures are the leavers that the run has listed, by what is to be done,
// and by what was done.
func (m *exposition) departures(job string, d *Departures) {
	if d == nil || d.Path == "" {
		return
	}
	m.gauge("jsm_onboard_leavers", "Leavers that the last run has listed, by what is to be done about them.")
	m.value("jsm_onboard_leavers", job+","+label("action", "revoke"), float64(d.Revoke))
	m.value("jsm_onboard_leavers", job+","+label("action", "review"), float64(d.Review))
	if d.Rows == nil {
		return
	}
	m.gauge("jsm_onboard_leaver_rows", "Leavers of the last run by what became of them.")
	for _, c := range d.Rows.Counts {
		m.value("jsm_onboard_leaver_rows", job+","+label("status", c.Status.String()), float64(c.Rows))
	}
	m.gauge("jsm_onboard_leaver_requests", "Requests of the last sync to take access away from leavers.")
	m.value("jsm_onboard_leaver_requests", job, float64(d.Sent))
	m.gauge("jsm_onboard_leaver_requests_throttled", "Requests of the last sync to take access away from leavers that were answered 429.")
	m.value("jsm_onboard_leaver_requests_throttled", job, float64(d.Throttled))
}

// last is when a run last ended well: this one, or what the file before says of
// the same job.
func (m *exposition) last(name, help string, s Summary, job, before string, well bool) {
	at, ok := float64(s.FinishedAt.Unix()), well
	if !well {
		at, ok = valueIn(before, name+"{"+job+"} ")
	}
	if ok {
		m.gauge(name, help)
		m.value(name, job, at)
	}
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

type exposition struct{ b bytes.Buffer }

func (m *exposition) gauge(name, help string) {
	fmt.Fprintf(&m.b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

func (m *exposition) value(name, labels string, v float64) {
	fmt.Fprintf(&m.b, "%s{%s} %s\n", name, labels, strconv.FormatFloat(v, 'f', -1, 64))
}

// label is one label with its value escaped.
func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
