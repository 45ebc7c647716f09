package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"time"
	"unicode/utf16"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// Summary is a run's totals for scripts, the monitor and the ledger: without a name, an address or a cell of a row.
type Summary struct {
	RunID       string                 `json:"run_id"`
	Command     string                 `json:"command"`
	Site        string                 `json:"site"`
	Input       string                 `json:"input"`
	InputSHA256 string                 `json:"input_sha256"`
	StartedAt   time.Time              `json:"started_at"`
	FinishedAt  time.Time              `json:"finished_at"`
	Continued   bool                   `json:"continued,omitempty"`    // it went on with a run that was cut off
	Resent      bool                   `json:"resend_known,omitempty"` // rows that the ledger knew were to be sent, too
	Outcome     string                 `json:"outcome"`                // of ledger: Complete, Stopped or Held
	StopReason  string                 `json:"stop_reason"`
	Hint        string                 `json:"hint"` // what to do about that
	ExitCode    int                    `json:"exit_code"`
	Rows        Rows                   `json:"rows"`
	Skipped     int                    `json:"skipped"`
	Problems    map[string]int         `json:"problems"`
	Requests    Requests               `json:"requests"` // since StartedAt, as is Rate
	Rate        Rate                   `json:"rate"`
	OtherEmail  int                    `json:"other_address,omitempty"` // people onboarded under another one
	Access      *importer.AccessTotals `json:"access,omitempty"`
	Leavers     *LeaverTotals          `json:"leavers,omitempty"`
	Repeat      []string               `json:"repeat,omitempty"` // flags for the failed file and the same access
	Results     string                 `json:"results"`          // paths; "" when there is no such file
	Failed      string                 `json:"failed"`
	Ledger      string                 `json:"ledger"`

	// for people alone
	Page                   string   `json:"-"` // the page's file; "" when there is none
	Kept                   string   `json:"-"` // a failed file that was edited, and that is left as it is
	Gone                   bool     `json:"-"` // site and ledger were a sandbox's, and have ended with the run
	SiteFlags, LedgerFlags []string `json:"-"` // by which the next command reaches both, and a report the ledger
}

// Elapsed is how long it took, a second at least.
func (s Summary) Elapsed() time.Duration { return max(s.FinishedAt.Sub(s.StartedAt), time.Second) }

// Requests counts what left for the site: to create, or of revoke and undo to revoke; and what else did.
type Requests struct {
	Sent      int `json:"sent"`
	Throttled int `json:"throttled"` // answered 429
	Retried   int `json:"retried"`
	Ambiguous int `json:"ambiguous"` // may have been carried out, answer lost
	Other     int `json:"other"`     // sent besides: checks, look-ups, names, access, leavers
}

// Rate is in requests a second.
type Rate struct {
	Mean    float64 `json:"mean_rps"`
	Learned float64 `json:"learned_rps"` // 0: no quota was learned
}

// LeaverTotals are a sync's leavers in numbers.
type LeaverTotals struct {
	Path    string `json:"path"`      // the list; "" when there is none
	Revoke  int    `json:"to_revoke"` // on the list, with that action
	Review  int    `json:"to_review"`
	Held    string `json:"held,omitempty"`    // why there is no list, or why access was not revoked
	Rows    *Rows  `json:"rows,omitempty"`    // --revoke-leavers: what became of those on the list
	Results string `json:"results,omitempty"` // and the file with each of them
}

// CountLeavers counts those on a list of leavers.
func CountLeavers(leavers []importer.Leaver) (t LeaverTotals) {
	for _, one := range leavers {
		if one.Action == importer.ActionRevoke {
			t.Revoke++
		}
	}
	t.Review = len(leavers) - t.Revoke
	return t
}

// Rows are the rows of a run by what became of them; the totals add up to Read.
type Rows struct {
	Read     int
	Statuses []outcome.Status // those that the command can have, in the order in which people read them
	outcome.Totals
}

// MarshalJSON writes one object: read, then each status.
func (r Rows) MarshalJSON() ([]byte, error) {
	b := fmt.Appendf(nil, `{"read":%d`, r.Read)
	for _, status := range r.Statuses {
		b = fmt.Appendf(b, `,"%s":%d`, status, r.Of(status))
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Rows) UnmarshalJSON(b []byte) error {
	var counts map[string]int
	err := json.Unmarshal(b, &counts)
	*r = Rows{Read: counts["read"], Statuses: outcome.ImportStatuses()}
	if _, revoking := counts[outcome.Revoked.String()]; revoking {
		r.Statuses = outcome.RevokeStatuses()
	}
	for _, status := range r.Statuses {
		r.Totals[status] = counts[status.String()]
	}
	return err
}

// CountProblems is how often each kind of problem was found in a file.
func CountProblems(s *export.Survey) map[string]int {
	counts := map[string]int{}
	for _, p := range s.Problems {
		counts[p.Kind] += p.Count
	}
	return counts
}

// JSON is the summary as its file has it: times in UTC, to the second, and rates to the hundredth.
func (s Summary) JSON() []byte {
	s.StartedAt, s.FinishedAt = s.StartedAt.UTC().Truncate(time.Second), s.FinishedAt.UTC().Truncate(time.Second)
	s.Rate = Rate{hundredths(s.Rate.Mean), hundredths(s.Rate.Learned)}
	return indented(s)
}

func hundredths(f float64) float64 { return math.Round(f*100) / 100 }

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // what is written has neither channels nor cycles
	return escapeControls(b.Bytes())
}

// control is a character that JSON may hold as it is, and that a terminal obeys or hides. It occurs in strings only.
var control = regexp.MustCompile(`[^\pL\pM\pN\pP\pS \n]`)

// escapeControls writes them as \u escapes.
func escapeControls(text []byte) []byte {
	return control.ReplaceAllFunc(text, func(char []byte) (escaped []byte) {
		for _, unit := range utf16.Encode([]rune(string(char))) {
			escaped = fmt.Appendf(escaped, `\u%04x`, unit)
		}
		return escaped
	})
}
