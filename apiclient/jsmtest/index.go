package jsmtest

import (
	"net/http"
	"strings"
)

// index says in plain words what is here.
func index(c *call) answer {
	text := `This is a Jira Service Management site in memory, for trying things out. It is no real one: nothing
leaves this machine, no mail is sent, and all is gone when it ends. Texts in its answers are invented.

Look at what it knows, in a browser or with curl; no credentials are needed:

  BASE/sandbox/accounts       all accounts, as CSV
  BASE/sandbox/organizations  organizations and service projects and who is in them, as JSON
  BASE/sandbox/stats          requests and answers so far, as JSON

Use it as a site, with the credentials that were printed at the start:

  BASE
`
	text += "  BASE/ex/jira/" + c.site.CloudID() + "  the gateway's form of address, for tokens with scopes\n" +
		"  BASE/oauth/token  where a service account gets its tokens\n\nOperations:\n\n"
	for _, r := range routes() {
		if !r.own {
			text += "  " + r.method + strings.Repeat(" ", 5-len(r.method)) + "BASE" + r.pattern + "\n"
		}
	}
	return plain(http.StatusOK, strings.ReplaceAll(text, "BASE", c.base()))
}
