package jsmtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"
)

// The pages of the sandbox's own: what is here, and the truth to compare results with.

const indexText = `This is a Jira Service Management site in memory, for trying things out. It is no real one: nothing
leaves this machine, no mail is sent, and all is gone when it ends. The texts in its answers are invented.

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

// accountRow is an account as /sandbox/accounts writes it and [ReadExisting] reads it.
type accountRow struct {
	Address   string      `csv:"address,email"`
	Name      string      `csv:"name"`
	AccountID string      `csv:"account_id,account id"`
	Active    string      `csv:"active"` // "true" or "false"; "" is true
	CreatedBy int         `csv:"created_by_attempt"`
	Asked     int         `csv:"asked"`
	Type      AccountType `csv:"account_type,account type"`
}

func accountsCSV(c *call) answer {
	var rows []accountRow
	for a := range c.site.Accounts() {
		active := strconv.FormatBool(!a.Revoked)
		rows = append(rows, accountRow{a.Email, a.Name, a.ID, active, a.CreatedBy, a.Asked, a.Type})
	}
	text, err := gocsv.MarshalBytes(rows)
	if err != nil {
		return plain(http.StatusInternalServerError, err.Error())
	}
	return answer{http.StatusOK, "text/csv;charset=UTF-8", text}
}

func membersJSON(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"organizations": c.site.Organizations(), "service_desks": c.site.Desks(),
	})
}

func statsJSON(c *call) answer { return jsonAnswer(http.StatusOK, c.site.Stats()) }
