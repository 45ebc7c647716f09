package cli_test

import (
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// Account ids that could not be looked up, because the account may not browse users, are looked up once it may: so
// people who were at the site before get their access then.
func TestBrowseUsersIsGrantedLater(t *testing.T) {
	t.Parallel()
	blind := jsmtest.SandboxToken()
	blind.Secret, blind.BrowseUsers = "blind", false
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Tokens = []jsmtest.Token{jsmtest.SandboxToken(), blind}
		o.Existing = []jsmtest.Account{{Email: personAddress(0), Name: "Old", Type: jsmtest.Customer}}
	})
	c.export("people.csv", 2)
	env := c.env
	c.env = append(c.env, "JIRA_API_TOKEN="+blind.Secret)
	for range 2 {
		c.says(c.must(0, "import", "./people.csv"), "1 account id is still to be looked up (the permission to browse users is missing)")
	}
	if n := c.site.Stats().Route("GET", jsmtest.UserSearchPath).Requests; n != 0 {
		t.Errorf("%d look-ups by somebody who may not", n)
	}
	c.env = env
	c.must(0, "import", "./people.csv", "--service-desk", "SUP")
	row, desk := c.rows("people.results.csv")[0], c.site.Desks()[0]
	if row["jsm_status"] != "known" || row["jsm_account_id"] == "" || row["jsm_service_desk"] != "added" || len(desk.Customers) != 2 {
		t.Errorf("%v, %d customers", row, len(desk.Customers))
	}
}
