package cli_test

import (
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

// night is a sync that revokes whoever has left.
var night = []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%", "--max-shrink", "60%"}

// named writes crm.csv with the names and addresses of people.
func (c *trial) named(ids ...int) {
	text := "name,email\n"
	for _, id := range ids {
		text += personName(id) + "," + personAddress(id) + "\n"
	}
	c.write("crm.csv", text)
}

func (c *trial) revokedPeople() []string { return slices.Sorted(maps.Keys(c.revokedAt())) }

func TestBackAfterARevocationWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	revoking := gateAfter(0, jsmtest.RevokePath)
	defer revoking.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = revoking.see })
	c.named(1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, night...)
	c.named(2, 3, 4, 5, 6, 7, 8)
	p := c.start(night...)
	revoking.wait(t)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	revoking.open()

	c.named(1, 2, 3, 4, 5, 6, 7, 8)
	c.must(3, night...)
	if row := c.rows("crm.results.csv")[0]; row["jsm_status"] != "revoked_before" || !strings.Contains(row["jsm_reason"], "perhaps") {
		t.Errorf("she has lost her access, perhaps, and the results say %v", row)
	}
	c.becomes(func(a *jsmtest.Account) bool { a.Revoked = false; return true })
	c.must(0, append(night, "--resend-known")...)
	c.must(0, night...)
	if row := c.rows("crm.results.csv")[0]; row["jsm_status"] != "known" {
		t.Errorf("her access was given back, and the results say %v", row)
	}
}

func TestWhoIsOnboardedAnewIsNoLeaverAnyMore(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jsmtest.Account) bool{
		"access given back":           func(a *jsmtest.Account) bool { a.Revoked = false; return true },
		"deleted, and made once more": func(a *jsmtest.Account) bool { return a.Email != personAddress(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.named(1, 2, 3, 4, 5, 6, 7, 8)
			c.must(0, night...)
			c.named(2, 3, 4, 5, 6, 7, 8)
			c.must(0, night...)
			c.becomes(change)
			c.write("one.csv", "name,email\n"+personName(1)+","+personAddress(1)+"\n")
			c.must(0, "import", "./one.csv", "--resend-known")
			if c.must(0, night...); len(c.revokedAt()) > 0 {
				t.Errorf("the next night revoked %v", c.revokedPeople())
			}
			c.named(1, 2, 3, 4, 5, 6, 7, 8) // in the source again, and then gone
			c.must(0, night...)
			c.named(8, 2, 3, 4, 5, 6, 7)
			if c.must(0, night...); len(c.revokedAt()) != 1 {
				t.Errorf("once she was in the source again, and left, %v are revoked", c.revokedPeople())
			}
		})
	}
}

func TestNobodyIsRevokedWhoStandsInABrokenRow(t *testing.T) {
	t.Parallel()
	for name, v := range map[string][3]string{ // header, her row in the first night, and in the second one
		"a last row without its last cells":    {"id,name,email,phone,state", "31,Ann Lee,ann@x.example,,on", "31,Ann Lee"},
		"a last line with a name alone":        {"id,name,email,phone,state", "31,Ann Lee,ann@x.example,,on", "Ann Lee"},
		"a name of three parts":                {"first name,middle name,last name,email", "Ann,Marie,Lee,ann@x.example", "Ann,Marie,Lee,"},
		"and without an address":               {"first name,middle name,last name,email", "Ann,Marie,Lee,ann@x.example", "Ann,Marie,Lee,n/a"},
		"a column between the parts":           {"first name,team,last name,email", "Ann,Blue,Lee,ann@x.example", "Ann,Blue,Lee,"},
		"the parts the other way round":        {"last name,team,first name,email", "Lee,Blue,Ann,ann@x.example", "Lee,Blue,Ann,"},
		"the old address among the proxy ones": {"displayName,mail,proxyAddresses", "Ann Lee,ann@x.example,SMTP:ann@x.example", "Ann Ray,ray@x.example,SMTP:ray@x.example;smtp:ann@x.example"},
		"an alias":                             {"name,email,aliases", "Ann Lee,ann@x.example,ann@x.example", "Ann Ray,ray@x.example,ann@x.example"},
		"the old address to log in with":       {"displayName,mail,userPrincipalName", "Ann Lee,ann@x.example,ann@x.example", "Ann Ray,ray@x.example,ann@x.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			others := ""
			for i := range 12 {
				var cells []string
				for col := range strings.SplitSeq(v[0], ",") {
					address := "bob" + string(rune('a'+i)) + "@x.example"
					switch {
					case col == "id":
						cells = append(cells, address[3:4])
					case strings.Contains(strings.ToLower(col), "name") && !strings.Contains(col, "Principal"):
						cells = append(cells, "Bob"+address[3:4])
					case strings.Contains(col, "mail"), strings.Contains(col, "ddress"), strings.Contains(col, "Principal"), col == "aliases":
						cells = append(cells, address)
					default:
						cells = append(cells, "x")
					}
				}
				others += strings.Join(cells, ",") + "\n"
			}
			c.write("crm.csv", v[0]+"\n"+others+v[1]+"\n")
			c.must(0, night...)
			c.write("crm.csv", v[0]+"\n"+others+v[2]+"\n")
			if code, out := c.run(night...); len(c.revokedAt()) > 0 {
				t.Errorf("exit %d, and %v are revoked\n%s", code, c.revokedPeople(), out)
			}
		})
	}
}

func TestAListOfLeaversKeepsItsProtection(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"a header in capitals": func(list string) string {
			head, rest, _ := strings.Cut(list, "\n")
			return strings.ToUpper(head) + "\n" + rest
		},
		"a blank in a header": func(list string) string { return strings.Replace(list, "jsm_action", "Jsm Action", 1) },
		"without its action": func(list string) string {
			return strings.NewReplacer("jsm_action", "was", `"review"`, `""`).Replace(list)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
			c.must(0, "sync", "./crm.csv")
			c.team("1,P,new@example.com,\n", 3, 4, 5, 6, 7, 8) // 1 has another address, 2 has left
			c.must(0, "sync", "./crm.csv", "--max-shrink", "50%")
			c.write("list.csv", change(c.read("crm.leavers.csv")))
			code, out := c.run("revoke", "./list.csv", "--yes")
			if c.revokedAt()[personAddress(1)] {
				t.Errorf("exit %d: she is to be reviewed, and was revoked\n%s", code, out)
			}
		})
	}
	t.Run("without source and run", func(t *testing.T) {
		c := newTrial(t, nil)
		c.named(1, 2, 3, 4, 5, 6, 7, 8)
		c.must(0, "sync", "./crm.csv")
		c.named(2, 3, 4, 5, 6, 7, 8)
		c.must(0, "sync", "./crm.csv")
		list := strings.NewReplacer("jsm_source", "s", "jsm_run_id", "r").Replace(c.read("crm.leavers.csv"))
		c.named(1, 2, 3, 4, 5, 6, 7, 8)
		c.must(0, "sync", "./crm.csv")
		c.write("list.csv", list)
		c.says(c.must(1, "revoke", "./list.csv", "--yes"), "out of date, or has lost a column", "in the source crm.csv")
	})
}

func TestOneAccountUnderTwoAddresses(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.named(1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, night...)
	c.becomes(func(a *jsmtest.Account) bool {
		if a.Email == personAddress(1) {
			a.Email = "new.one@example.com"
		}
		return true
	})
	c.named(2, 3, 4, 5, 6, 7, 8)
	c.write("crm.csv", c.read("crm.csv")+personName(1)+",new.one@example.com\n")
	c.run(night...)
	c.run(night...)
	list := c.rows("crm.leavers.csv")
	if len(c.revokedAt()) > 0 || len(list) != 1 || list[0]["jsm_action"] != "review" {
		t.Errorf("her account has another address now, in the export too: %v revoked, listed as %v", c.revokedPeople(), list)
	}
}

func TestARevocationThatGoesOnRevokesWhoHasAccessAgain(t *testing.T) {
	t.Parallel()
	revoking := gateAfter(1, jsmtest.RevokePath)
	defer revoking.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = revoking.see })
	c.named(1, 2, 3, 4, 5, 6)
	c.must(0, "import", "./crm.csv")
	c.write("list.csv", c.read("crm.csv"))
	p := c.start("revoke", "./list.csv", "--yes", "--workers", "1")
	revoking.wait(t)
	p.signal(syscall.SIGINT)
	p.until("Ctrl-C again ends at once")
	revoking.open()
	if code := p.wait(60 * time.Second); code != 130 || len(c.revokedAt()) != 2 {
		t.Fatalf("exit code %d, revoked: %v\n%s", code, c.revokedPeople(), p.out)
	}
	c.becomes(func(a *jsmtest.Account) bool { a.Revoked = false; return true })
	c.must(0, "import", "./crm.csv", "--resend-known")
	c.must(0, "revoke", "./list.csv", "--yes")
	if got := c.statuses("list.revoked.csv")["revoked"]; got != 6 || len(c.revokedAt()) != 6 {
		t.Errorf("the results say that %d are revoked, and %d are", got, len(c.revokedAt()))
	}
}

func TestUndoOfNobodyUndoesNothing(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.named(1, 2, 3)
	run := c.runID(c.must(0, "import", "./crm.csv"))
	c.must(0, "sync", "./crm.csv")
	c.run("undo", run, "--yes")
	if out := c.must(0, "report", "--list"); strings.Contains(out, "undone") {
		t.Errorf("nobody was revoked:\n%s", out)
	}
}
