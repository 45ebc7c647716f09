package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf16"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// Summary is a run's totals, as scripts, the monitor and the ledger get them.
// It holds no name, no address and no cell of a row.
type Summary struct {
	RunID       string                 `json:"run_id"`
	Command     string                 `json:"command"`
	Site        string                 `json:"site"`
	Input       string                 `json:"input"`
	InputSHA256 string                 `json:"input_sha256"`
	StartedAt   Second                 `json:"started_at"`  // of the run: its first session
	FinishedAt  Second                 `json:"finished_at"` // zero: not finished
	Session     int                    `json:"session,omitempty"`
	SessionAt   Second                 `json:"session_started_at,omitzero"`
	Outcome     string                 `json:"outcome"` // of ledger: Complete, Stopped or Held; "" while the run goes on
	StopReason  string                 `json:"stop_reason"`
	Hint        string                 `json:"hint"` // what to do about that
	ExitCode    int                    `json:"exit_code"`
	Rows        Rows                   `json:"rows"`
	Skipped     int                    `json:"skipped"`
	Problems    map[string]int         `json:"problems"`
	Requests    Requests               `json:"requests"` // of this session
	Rate        Rate                   `json:"rate"`     // of this session
	Access      *importer.AccessTotals `json:"access,omitempty"`
	Leavers     *LeaverTotals          `json:"leavers,omitempty"`
	Results     string                 `json:"results"` // paths; "" when there is no such file
	Failed      string                 `json:"failed"`
	Ledger      string                 `json:"ledger"`
}

// Second is a time that JSON has in UTC, to the second; null for none.
type Second struct{ time.Time }

// MarshalJSON writes "2025-03-01T08:00:00Z" or null.
func (s Second) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(s.UTC().Truncate(time.Second))
}

// Elapsed is how long this session took; 0 while it goes on. The time between
// two sessions is no part of a run.
func (s Summary) Elapsed() time.Duration {
	began := s.SessionAt.Time
	if began.IsZero() {
		began = s.StartedAt.Time
	}
	return max(s.FinishedAt.Sub(began), 0)
}

// asAsked reports whether a run stopped where it was asked to, by --limit: such
// a run alone ends as a complete one does.
func (s Summary) asAsked() bool {
	return s.Outcome == ledger.Stopped && (s.ExitCode == 0 || s.ExitCode == 3)
}

// Requests counts what left for the site: to create, or of revoke and undo to revoke; and what else did.
type Requests struct {
	Sent      int `json:"sent"`
	Throttled int `json:"throttled"` // answered 429
	Retried   int `json:"retried"`
	Ambiguous int `json:"ambiguous"` // may have been carried out, answer lost
	Other     int `json:"other"`     // sent besides: checks, look-ups, names, access
}

// Rate is in requests a second.
type Rate struct {
	Mean    float64 `json:"mean_rps"`
	Learned float64 `json:"learned_rps"` // 0: no quota was learned
}

// LeaverTotals are a sync's leavers in numbers.
type LeaverTotals struct {
	Path      string `json:"path"`      // the list; "" when there is none
	Revoke    int    `json:"to_revoke"` // on the list, with that action
	Review    int    `json:"to_review"`
	Held      string `json:"held,omitempty"`      // why there is no list, or why access was not revoked
	Rows      *Rows  `json:"rows,omitempty"`      // --revoke-leavers: what became of those on the list
	Results   string `json:"results,omitempty"`   // and the file with each of them
	Sent      int    `json:"requests,omitempty"`  // to revoke; those to create are the summary's
	Throttled int    `json:"throttled,omitempty"` // of them, answered 429
}

// Rows are the rows of a run by what became of them; the counts add up to Read.
type Rows struct {
	Read   int
	Counts []Count // every status that the command can have, zeros too
}

// Count is the number of rows with one status.
type Count struct {
	Status outcome.Status
	Rows   int
}

// CountRows puts the totals of a run in the order in which people read them.
func CountRows(read int, statuses []outcome.Status, totals outcome.Totals) Rows {
	r := Rows{Read: read}
	for _, s := range statuses {
		r.Counts = append(r.Counts, Count{s, totals.Of(s)})
	}
	return r
}

func (r Rows) sum(which func(outcome.Status) bool) int {
	n := 0
	for _, c := range r.Counts {
		if which(c.Status) {
			n += c.Rows
		}
	}
	return n
}

// Of is the number of rows that have one of these statuses.
func (r Rows) Of(statuses ...outcome.Status) int {
	return r.sum(func(s outcome.Status) bool { return slices.Contains(statuses, s) })
}

// Sum is the number of rows that have a status.
func (r Rows) Sum() int { return r.sum(func(outcome.Status) bool { return true }) }

// NotGood is the number of rows that need somebody's attention.
func (r Rows) NotGood() int { return r.Sum() - r.sum(outcome.Status.Good) }

// Customers is the number of rows whose people have an account now.
func (r Rows) Customers() int {
	return r.Of(outcome.Created, outcome.CreatedUnconfirmed, outcome.Conflict, outcome.Known, outcome.Renamed)
}

// MarshalJSON writes one object: read, then each status.
func (r Rows) MarshalJSON() ([]byte, error) {
	b := fmt.Appendf(nil, `{"read":%d`, r.Read)
	for _, c := range r.Counts {
		b = fmt.Appendf(b, `,"%s":%d`, c.Status, c.Rows)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Rows) UnmarshalJSON(b []byte) error {
	var counts map[string]int
	if err := json.Unmarshal(b, &counts); err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	*r = Rows{Read: counts["read"]}
	order := outcome.ImportStatuses()
	if _, ok := counts[outcome.Revoked.String()]; ok {
		order = outcome.RevokeStatuses()
	}
	for _, s := range order {
		if n, ok := counts[s.String()]; ok {
			r.Counts = append(r.Counts, Count{s, n})
		}
	}
	return nil
}

// CountProblems is how often each kind of problem was found in a file.
func CountProblems(s *export.Survey) map[string]int {
	counts := map[string]int{}
	for _, p := range s.Problems {
		counts[p.Kind] += p.Count
	}
	return counts
}

// JSON is the summary as its file has it.
func (s Summary) JSON() ([]byte, error) {
	s.Rate = Rate{hundredths(s.Rate.Mean), hundredths(s.Rate.Learned)}
	return indented(s)
}

func hundredths(f float64) float64 { return math.Round(f*100) / 100 }

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return escapeControls(b.Bytes()), err
}

// escapeControls writes the characters that JSON may hold as they are, and that
// a terminal obeys or hides, as \u escapes. They occur in strings only.
func escapeControls(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}
