package cli_test

import (
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/ledger"
)

// The doctor tries what a run would do with the ledger.
func TestDoctorTriesTheLedger(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	l, err := ledger.Open(t.Context(), c.path("ledger"), c.url)
	if err != nil {
		t.Fatal(err)
	}
	c.says(c.must(0, "doctor"), "! Ledger", "is in use by process ")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.says(c.must(0, "doctor"), "✓ Ledger")
	c.says(c.must(1, "doctor", "--ledger", "/proc/nobody/x.ledger"), "✗ Ledger")
}

// A site that has taken the place of another, at the same address, is found before the import that it would refuse.
func TestDoctorComparesTheCloudID(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 3)
	c.must(0, "import", "./people.csv")
	c.says(c.must(0, "doctor"), "with 3 accounts")
	o := jsmtest.Sandbox()
	o.CloudID = "another"
	c.replaceSite(o)
	c.says(c.must(1, "doctor"), "belongs to another site at the same address", "1 check has failed")
}

// What doctor cannot know, it does not promise: that customers may be added to a project.
func TestDoctorPromisesNoCustomersInAProject(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 3)
	for key, want := range map[string]string{"SUP": "if customers may be added, the import shows", "HR": "the role of its administrators"} {
		out := c.must(0, "doctor", "--service-desk", key)
		c.says(out, want)
		if strings.Contains(out, "can be added") {
			t.Errorf("doctor promises:\n%s", out)
		}
	}
	c.must(4, "import", "./crm.csv", "--service-desk", "HR")
}
