package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/importertest"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// fixFailed fixes the addresses in the failed file, and imports that.
func (w *world) fixFailed() {
	path := w.file(".failed.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		return // there is none
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(" at "), []byte("@")), 0o600); err != nil {
		w.t.Fatal(err)
	}
	args := []string{"import", path}
	if w.script.access {
		args = append(args, "--organizations", "--service-desk", "SUP")
	}
	w.process(args, w.fate())
}

// A summary is what a run says of itself in numbers.
type summary struct {
	RunID, Command, Outcome string
	ExitCode                int `json:"exit_code"`
	Rows                    map[string]int
	Requests                struct{ Sent int }
	Access                  *struct {
		Memberships struct{ Added, Known, Failed int }
		ToReview    []ledger.Moved `json:"to_review"`
	}
	Results, Failed string
}

// checkReports checks that what a run says in several places is the same, and what an administrator does about it.
func (w *world) checkReports(args []string, code int, began time.Time, said string) {
	w.t.Helper()
	if !slices.Contains(args, "--summary") {
		return
	}
	fail := func(format string, a ...any) {
		w.t.Helper()
		w.t.Errorf("seed %d, %s (exit %d): "+format, append([]any{w.script.seed, args[0], code}, a...)...)
	}
	var s summary
	text, err := os.ReadFile(w.path("people.summary.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		if code != 2 && !strings.Contains(said, "is in use") {
			fail("the summary cannot be read: %v", err)
		}
		return
	}
	if s.ExitCode != code {
		fail("the summary has the exit code %d", s.ExitCode)
	}
	if s.Outcome == ledger.Held {
		return
	}
	if n := w.site.Stats().Route("POST", jsmtest.CreatePath).Requests - w.posts; n != s.Requests.Sent {
		fail("the site got %d requests to create, and the summary counts %d", n, s.Requests.Sent)
	}
	if s.Results == "" {
		return
	}
	rows, err := importertest.ReadResults(s.Results)
	if err != nil {
		fail("%v", err)
		return
	}
	counts, lacks, good, first := map[string]int{"read": len(rows)}, 0, true, ""
	for _, r := range rows {
		counts[r.Status.String()]++
		for _, word := range strings.Split(r.Organization+";"+r.ServiceDesk, ";") {
			if !outcome.AccessGood(word) {
				lacks++
				first = cmp.Or(first, fmt.Sprintf("%+v", r))
			}
		}
		good = good && (r.Status.Good() || r.Status == outcome.NotAttempted && slices.Contains(args, "--limit"))
	}
	for status, n := range s.Rows {
		if counts[status] != n {
			fail("the summary counts %d %s, and the results have %d", n, status, counts[status])
		}
	}
	if code == 0 && (!good || lacks > 0 && !slices.Contains(args, "--limit")) {
		fail("all is well, and the results have rows that are not good: %v, %d without access: %s", counts, lacks, first)
	}
	if s.Access != nil && s.Outcome == ledger.Complete {
		w.review(s.Access.ToReview)
	}
	if !w.script.revoke { // which looks up account ids once more
		w.report(s, fail)
	}
}

// review takes people out of organizations, as an administrator is asked to: the site's lists are its own memory.
func (w *world) review(all []ledger.Moved) {
	for _, o := range w.site.Organizations() {
		for i, member := range o.Members {
			moved := ledger.Moved{AccountID: member.ID, OrganizationID: o.ID}
			if slices.ContainsFunc(all, func(m ledger.Moved) bool { m.Row = 0; return m == moved }) {
				o.Members[i] = jsmtest.Account{} // nobody
			}
		}
	}
}

// report writes the files of the run again, which are the same then.
func (w *world) report(s summary, fail func(string, ...any)) {
	w.t.Helper()
	var said bytes.Buffer
	env := []string{"JIRA_BASE_URL=" + siteURL, "HOME=" + w.dir}
	results, failed := w.path("again.csv"), w.path("again.failed.csv")
	os.Remove(failed)
	code := Run(context.Background(), []string{"report", s.RunID, "--ledger", w.path("ledger.db"), "--results", results, "--failed", failed},
		Environment(env), Streams{In: strings.NewReader(""), Out: &said, Err: &said, configure: func(c *apiclient.Config) { c.Transport = w }})
	if code != s.ExitCode {
		fail("report ended with %d: %s", code, said.String())
		return
	}
	for path, again := range map[string]string{s.Results: results, s.Failed: failed} {
		if path == "" {
			continue
		}
		first, err := os.ReadFile(path)
		second, errAgain := os.ReadFile(again)
		if err != nil || errAgain != nil || !bytes.Equal(first, second) {
			fail("report writes another %s: %v, %v, %s", path, err, errAgain, gocmp.Diff(string(first), string(second)))
		}
	}
}
