package jsmtest

import (
	"fmt"
	"net/http"
	"strings"
)

const indexText = `This is a Jira Service Management site in memory, for trying things out. It is no real one: nothing leaves
this machine, no mail is sent, and all is gone when it ends. The texts in its answers are invented.

Look at what it knows, in a browser or with curl; no credentials are needed:

  BASE/sandbox/accounts       all accounts, as CSV
  BASE/sandbox/organizations  organizations and service projects, and who is in them, as JSON
  BASE/sandbox/stats          requests and answers so far, as JSON

Use it with the credentials that were printed at the start. For tokens with scopes, addresses begin with
BASE/ex/jira/CLOUDID. Its operations:

`

func index(c *call) answer {
	text := indexText
	for _, r := range routes() {
		if !r.own {
			text += fmt.Sprintf("  %-4s BASE%s\n", r.method, r.pattern)
		}
	}
	return plain(http.StatusOK, strings.NewReplacer("BASE", c.base(), "CLOUDID", c.site.CloudID()).Replace(text))
}
