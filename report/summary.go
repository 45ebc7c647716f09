package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"jsm-onboard/importer"
)

// Summary is a run's totals, as scripts, the monitor and the ledger get them.
type Summary struct {
	RunID       string
	Command     string
	Site        string
	Input       string
	InputSHA256 string
	StartedAt   time.Time // of the run: its first sitting
	FinishedAt  time.Time // zero: not finished
	Sitting     int       // 1, 2, …: how often the run was gone on with; 0: not told
	SittingAt   time.Time // when this sitting began; zero: not told
	Outcome     string    // "complete" or "stopped"; "" while the run goes on
	StopReason  string
	Hint        string // what to do about that; "" when there is nothing
	ExitCode    int
	Rows        Rows
	Skipped     int
	Requests    Requests // of this sitting
	Rate        Rate     // of this sitting
	Results     string   // paths; "" when there is no such file
	Failed      string
	Ledger      string
	Leavers     *Departures // sync; nil: not asked for
}

// Elapsed is how long this sitting took; 0 while it goes on. The night between
// two sittings is no part of a run.
func (s Summary) Elapsed() time.Duration {
	if s.FinishedAt.IsZero() {
		return 0
	}
	if s.SittingAt.IsZero() {
		return s.FinishedAt.Sub(s.StartedAt)
	}
	return s.FinishedAt.Sub(s.SittingAt)
}

// wentOn tells whether the run was cut off and gone on with: its rows are then
// those of all sittings, and its requests those of the last.
func (s Summary) wentOn() bool { return s.Sitting > 1 }

// Requests counts what left for the site.
type Requests struct {
	Sent      int `json:"sent"`
	Throttled int `json:"throttled"` // answered 429
	Retried   int `json:"retried"`
	Ambiguous int `json:"ambiguous"` // may have been carried out, answer lost
}

// Rate is in requests a second.
type Rate struct {
	Mean    float64 `json:"mean_rps"`
	Learned float64 `json:"learned_rps"` // 0: no quota was learned
}

// Rows are the rows of a run by what became of them; the counts add up to
// Read.
type Rows struct {
	Read   int
	Counts []Count // every status that the command can have, zeros too
}

// Count is the number of rows with one status.
type Count struct {
	Status importer.Status
	Rows   int
}

// CountRows puts the totals of a run in the order in which people read them.
func CountRows(read int, statuses []importer.Status, totals importer.Totals) Rows {
	r := Rows{Read: read}
	for _, s := range statuses {
		r.Counts = append(r.Counts, Count{s, totals.Of(s)})
	}
	return r
}

// AllOf is read rows that all have the same status.
func AllOf(read int, statuses []importer.Status, status importer.Status) Rows {
	r := CountRows(read, statuses, importer.Totals{})
	for i := range r.Counts {
		if r.Counts[i].Status == status {
			r.Counts[i].Rows = read
		}
	}
	return r
}

// Of is the number of rows with status s.
func (r Rows) Of(s importer.Status) int {
	for _, c := range r.Counts {
		if c.Status == s {
			return c.Rows
		}
	}
	return 0
}

// Mendable is the number of rows that belong in the file of rows to mend.
func (r Rows) Mendable() int {
	n := 0
	for _, c := range r.Counts {
		if c.Status.Mendable() {
			n += c.Rows
		}
	}
	return n
}

// MarshalJSON writes one object: read, then each status.
func (r Rows) MarshalJSON() ([]byte, error) {
	b := fmt.Appendf(nil, `{"read":%d`, r.Read)
	for _, c := range r.Counts {
		b = fmt.Appendf(b, `,"%s":%d`, c.Status, c.Rows)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote, in its order.
func (r *Rows) UnmarshalJSON(b []byte) error {
	*r = Rows{}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("rows: want an object, got %.20s", b)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var n int
		if err := d.Decode(&n); err != nil {
			return fmt.Errorf("rows: %v: %w", name, err)
		}
		if name == "read" {
			r.Read = n
			continue
		}
		s, err := importer.ParseStatus(fmt.Sprint(name))
		if err != nil {
			return fmt.Errorf("rows: %w", err)
		}
		r.Counts = append(r.Counts, Count{s, n})
	}
	return nil
}

// summaryJSON is the summary in the names and the order of its file.
type summaryJSON struct {
	RunID       string      `json:"run_id"`
	Command     string      `json:"command"`
	Site        string      `json:"site"`
	Input       string      `json:"input"`
	InputSHA256 string      `json:"input_sha256"`
	StartedAt   time.Time   `json:"started_at"`
	FinishedAt  *time.Time  `json:"finished_at"`
	Sitting     int         `json:"sitting,omitempty"`
	SittingAt   *time.Time  `json:"sitting_started_at,omitempty"`
	Outcome     string      `json:"outcome"`
	StopReason  string      `json:"stop_reason"`
	Hint        string      `json:"hint,omitempty"`
	ExitCode    int         `json:"exit_code"`
	Rows        Rows        `json:"rows"`
	Skipped     int         `json:"skipped"`
	Requests    Requests    `json:"requests"`
	Rate        Rate        `json:"rate"`
	Results     string      `json:"results"`
	Failed      string      `json:"failed"`
	Ledger      string      `json:"ledger"`
	Leavers     *Departures `json:"leavers,omitempty"`
}

// MarshalJSON writes times in UTC to the second and rates to the hundredth.
func (s Summary) MarshalJSON() ([]byte, error) {
	w := summaryJSON{s.RunID, s.Command, s.Site, s.Input, s.InputSHA256, s.StartedAt.UTC().Truncate(time.Second), toSecond(s.FinishedAt),
		s.Sitting, toSecond(s.SittingAt), s.Outcome, s.StopReason, s.Hint, s.ExitCode, s.Rows, s.Skipped, s.Requests, s.Rate, s.Results, s.Failed, s.Ledger, s.Leavers}
	w.Rate.Mean, w.Rate.Learned = hundredths(s.Rate.Mean), hundredths(s.Rate.Learned)
	return json.Marshal(w)
}

// toSecond is a time in UTC as JSON has it; nil for none.
func toSecond(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Summary) UnmarshalJSON(b []byte) error {
	var w summaryJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = Summary{w.RunID, w.Command, w.Site, w.Input, w.InputSHA256, w.StartedAt, orZero(w.FinishedAt), w.Sitting, orZero(w.SittingAt),
		w.Outcome, w.StopReason, w.Hint, w.ExitCode, w.Rows, w.Skipped, w.Requests, w.Rate, w.Results, w.Failed, w.Ledger, w.Leavers}
	return nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// JSON is the summary as it stands in its file.
func (s Summary) JSON() ([]byte, error) { return indented(s) }

// indented is JSON for people and scripts.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// hundredths rounds, and makes what is no number 0.
func hundredths(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return math.Round(f*100) / 100
}
