package importer

import (
	"testing"
	"testing/synctest"

	"jsm-onboard/apiclient/jsmtest"
)

// First is the row that a run would create first: not one that is wrong, and
// not one that the ledger knows, unless those are sent, too.
func TestFirstRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(t, jsmtest.Options{})
		first := func(text string) FirstRow {
			d.write(text)
			return d.sit(t.Context()).first
		}
		const wrong, ann, bo = "Cy,cy at example.com\n", "Ann,ann@example.com\n", "Bo,bo@example.com\n"
		for _, step := range []struct {
			name   string
			text   string
			resend bool
			want   FirstRow
		}{
			{"the first of all", ann + wrong, false, FirstRow{1, 2, "ann@example.com", "Ann"}},
			{"behind a wrong one", wrong + "Di,di@example.com\n", false, FirstRow{2, 3, "di@example.com", "Di"}},
			{"behind a known one", ann + bo + bo, false, FirstRow{2, 3, "bo@example.com", "Bo"}},
			{"all are known", ann + bo, false, FirstRow{}},
			{"all are known and sent", bo + ann, true, FirstRow{1, 2, "bo@example.com", "Bo"}},
		} {
			d.run.ResendKnown = step.resend
			if got := first("name,email\n" + step.text); got != step.want {
				t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
			}
		}
	})
}
