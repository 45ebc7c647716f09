package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// WriteMetrics writes the totals of a run and its leavers in the Prometheus text format, for node_exporter's collector.
// The times of runs that ended well stay as the file has them, and so does its mode: the collector may be another user.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
func WriteMetrics(path, source string, s Summary) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	var before []byte
	if old, err := os.Stat(f.path); err == nil && f.partial != "" { // no device, which may have no end
		before, _ = os.ReadFile(f.path)
		f.file.Chmod(old.Mode().Perm())
	}
	f.Write(metrics(source, s, string(before))) // Commit returns its error
	return f.Commit()
}

// An exposition is the text of some metrics.
type exposition struct {
	job    string // labels of every sample
	before string // the exposition of the run before
	bytes.Buffer
}

// A sample is a value of a metric, under a label or "".
type sample struct {
	label string
	value int
}

func metrics(source string, s Summary, before string) []byte {
	job := joined(",", label("command", s.Command), onlyIf(source != "", label("source", source)))
	m := &exposition{job: job, before: before}
	r, ended := s.Requests, int(s.FinishedAt.Unix())
	m.gauge("rows", "Rows of the last run by what became of them.", statusSamples(s.Rows)...)
	m.gauge("rows_read", "Rows read by the last run.", sample{"", s.Rows.Read})
	m.gauge("requests", "Requests of the last run to create, or of revoke and undo to revoke.",
		sample{`kind="sent"`, r.Sent}, sample{`kind="throttled"`, r.Throttled},
		sample{`kind="retried"`, r.Retried}, sample{`kind="ambiguous"`, r.Ambiguous})
	if a := s.Access; a != nil {
		m.gauge("memberships", "Customers of the last run in their organizations.",
			sample{`kind="added"`, a.Memberships.Added}, sample{`kind="known"`, a.Memberships.Known},
			sample{`kind="failed"`, a.Memberships.Failed})
	}
	if d := s.Leavers; d != nil && d.Path != "" {
		m.gauge("leavers", "Leavers of the last run by what is to be done about them.",
			sample{`action="revoke"`, d.Revoke}, sample{`action="review"`, d.Review})
		if d.Rows != nil {
			m.gauge("leaver_rows", "Leavers of the last run by what became of them.", statusSamples(*d.Rows)...)
		}
	}
	m.gauge("duration_seconds", "How long the last run took.", sample{"", int(s.Elapsed().Seconds() + 0.5)})
	m.gauge("exit_code", "Exit code of the last run; 0: every row is good.", sample{"", s.ExitCode})
	m.gauge("last_run_timestamp_seconds", "When the last run ended.", sample{"", ended})
	m.last("last_success_timestamp_seconds", "When the last run with exit code 0 ended.", s.ExitCode == 0, ended)
	m.last("last_completion_timestamp_seconds", "When the last run with exit code 0 or 3 ended.",
		s.ExitCode == 0 || s.ExitCode == 3, ended)
	return m.Bytes()
}

// gauge adds a metric.
func (m *exposition) gauge(name, help string, samples ...sample) {
	name = "jsm_onboard_" + name
	fmt.Fprintf(m, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range samples {
		fmt.Fprintf(m, "%s{%s} %d\n", name, joined(",", m.job, s.label), s.value)
	}
}

func statusSamples(rows Rows) (all []sample) {
	for _, s := range rows.Statuses {
		all = append(all, sample{label("status", s.String()), rows.Of(s)})
	}
	return all
}

// last adds when a run of the job last ended well: this one, or what was so before.
func (m *exposition) last(name, help string, well bool, ended int) {
	if !well {
		_, line, _ := strings.Cut(m.before, "\njsm_onboard_"+name+"{"+m.job+"} ")
		if n, _ := fmt.Sscan(line, &ended); n == 0 {
			return
		}
	}
	m.gauge(name, help, sample{"", ended})
}

func label(name, value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

// A Monitor gets starts and ends of runs, after https://healthchecks.io/docs/http_api/. Errors hide its URL.
type Monitor struct {
	url    *url.URL
	client *http.Client
}

// NewMonitor checks the URL of --notify; "": there is nobody to notify.
func NewMonitor(address string) (*Monitor, error) {
	u, err := url.Parse(address)
	if address != "" && (err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "") {
		return nil, errors.New("--notify needs a whole URL, such as https://hc-ping.com/your-uuid")
	}
	return &Monitor{url: u, client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post posts "start", "fail", or "" for success, with a summary or nil as body. The run is as good without it.
func (m *Monitor) Post(ctx context.Context, signal string, body []byte) error {
	if m.url.Host == "" {
		return nil
	}
	to := m.url
	if signal != "" {
		to = m.url.JoinPath(signal)
	}
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body)) // it was parsed
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "jsm-onboard")
	answer, err := m.client.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL that net/http puts before it
	}
	if err != nil {
		return fmt.Errorf("notifying %s: %s", m.url.Host, Plainly(err))
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("notifying %s: it answered %d", m.url.Host, answer.StatusCode)
	}
	return nil
}
