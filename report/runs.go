package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
)

// When is a time for people, in local time with its zone named.
func When(t time.Time) string { return when(t, "2 January 2006, 15:04") }

func when(t time.Time, layout string) string {
	zone := t.Local().Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone // a zone without a name of its own
	}
	return t.Local().Format(layout) + " " + zone
}

// RunList is a table of runs for people, in the order given.
func RunList(runs []ledger.Run) string {
	if len(runs) == 0 {
		return "The ledger has no runs.\n"
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTARTED\tCOMMAND\tSOURCE\tROWS\tOUTCOME\tEXIT\tINPUT\tREASON")
	for _, r := range runs {
		outcome, rows, exit := r.Outcome, text.Grouped(r.RowsRead), fmt.Sprint(r.ExitCode)
		switch {
		case outcome == "":
			outcome, rows, exit = "not finished", "", ""
		case outcome != ledger.Complete && r.RowsRead == 0:
			rows = "-" // not known: the export could not be read
		}
		if !r.Undone.IsZero() {
			outcome += ", undone"
		}
		fmt.Fprintln(w, strings.Join([]string{
			r.ID, when(r.StartedAt, "2006-01-02 15:04"), r.Command, text.Printable(r.Source),
			rows, outcome, exit, Shown(r.Input), text.Printable(r.StopReason),
		}, "\t"))
	}
	w.Flush()
	var list strings.Builder
	for line := range strings.Lines(table.String()) {
		list.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return list.String()
}
