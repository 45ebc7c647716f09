//go:build unix

package cli_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// wide is an export whose rows are so long that it is read in several parts.
func wide(name string, n int) string {
	var text strings.Builder
	text.WriteString("name,email,notes\n")
	for i := range n {
		fmt.Fprintf(&text, "%s %d,%s,%s\n", name, i, personAddress(i), strings.Repeat("x", 1000))
	}
	return text.String()
}

// An input that changes after the plan is noticed: no row of the changed part
// is sent, the run ends with exit code 1, and report tells what was sent.
func TestInputChanges(t *testing.T) {
	const people = 3000 // more than is read ahead
	original, other := wide("Before", people), wide("After", people)
	for _, tc := range []struct {
		name   string
		change func(path string) error
	}{
		{"overwritten", func(path string) error { return overwrite(path, other) }},
		{"appended to", func(path string) error { return overwrite(path, original+"Late,late@example.com,x\n") }},
		{"cut off", func(path string) error { return os.Truncate(path, int64(len(original)/2)) }},
		{"replaced", func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte(other), 0o600), os.Rename(path+".new", path))
		}},
	} {
		for _, when := range []struct {
			name, path string
			n          int
		}{
			{"after the plan", jsmtest.InfoPath, 1},
			{"while it is read", jsmtest.CreatePath, 20},
		} {
			t.Run(tc.name+" "+when.name, func(t *testing.T) {
				t.Parallel()
				var c *trial
				var s seen
				var once sync.Once
				c = newTrial(t, func(o *jsmtest.Options) {
					o.OnAnswer = func(x jsmtest.Exchange) {
						s.see(x)
						if x.Path == when.path && (int(s.creates.Load()) >= when.n || x.Path == jsmtest.InfoPath) {
							once.Do(func() {
								if err := tc.change(c.path("people.csv")); err != nil {
									t.Error(err)
								}
							})
						}
					}
				})
				c.write("people.csv", original)
				out := c.must(1, "import", "./people.csv", "--workers", "4", "--summary", "./people.json")
				c.says(out, "people.csv has changed", "run the command again on the file as it is now")
				made := c.site.Stats().Created
				for a := range c.site.Accounts() {
					if strings.HasPrefix(a.Name, "After") || strings.HasPrefix(a.Name, "Late") {
						t.Fatalf("%+v was made from what was not surveyed", a)
					}
				}
				whole := tc.name == "appended to" && when.n > 1
				if made == people && !whole || when.n == 1 && made != 0 {
					t.Errorf("%d customers were made", made)
				}
				sum := c.summary("people.json")["rows"].(map[string]any)
				if sum["read"] != float64(people) || sum["created"] != float64(made) || sum["not_attempted"] != float64(people-made) {
					t.Errorf("the summary has %v, and the site has made %d", sum, made)
				}
				if whole {
					return // all rows were sent, as they had been surveyed
				}
				if c.exists("people.results.csv") || c.exists("people.results.csv.partial") || strings.Contains(out, "Results ") {
					t.Errorf("there are results of rows that were not read:\n%s", out)
				}
				if made > 0 {
					c.says(out, "jsm-onboard report "+c.runID(out))
				}
				told := c.must(1, "report", c.runID(out))
				c.says(told, "address and name alone")
				if rows := c.rows("people.results.csv"); len(rows) != made {
					t.Errorf("%d rows are told of, and %d were made", len(rows), made)
				}
				c.run("import", "./people.csv")
				c.onlyOnce()
			})
		}
	}
}

// onlyOnce checks that no address was made twice.
func (c *trial) onlyOnce() {
	c.t.Helper()
	seen := map[string]bool{}
	for a := range c.site.Accounts() {
		if seen[a.Email] || a.Creations > 1 {
			c.t.Errorf("%s was made more than once", a.Email)
		}
		seen[a.Email] = true
	}
}

// overwrite writes over a file in place.
func overwrite(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
