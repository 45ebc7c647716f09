package cli_test

import (
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// A site that has taken the place of another, at the same address, is found before the import that it would refuse.
func TestDoctorComparesTheCloudID(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 3)
	c.must(0, "import", "./people.csv")
	c.says(c.must(0, "doctor"), "with 3 accounts")
	address := strings.TrimPrefix(c.server.URL, "http://")
	if err := c.server.Close(); err != nil {
		t.Fatal(err)
	}
	o := jsmtest.Sandbox()
	o.CloudID = "another"
	server, err := jsmtest.New(o).Start(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c.says(c.must(1, "doctor"), "belongs to another site at the same address", "1 check has failed")
}
