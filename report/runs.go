package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
)

// RunList is a table of runs for people, in the order given.
func RunList(runs []ledger.Run) string {
	if len(runs) == 0 {
		return "The ledger has no runs.\n"
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTARTED\tCOMMAND\tSOURCE\tROWS\tOUTCOME\tEXIT\tINPUT\tREASON")
	for _, r := range runs {
		outcome, rows, exit := r.Outcome, importer.Grouped(r.RowsRead), fmt.Sprint(r.ExitCode)
		switch {
		case outcome == "":
			outcome, rows, exit = "not finished", "", ""
		case outcome == ledger.Stopped && r.RowsRead == 0:
			rows = "-" // not known: the export could not be read
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.StartedAt.Local().Format("2006-01-02 15:04"), r.Command, printable(r.Source), rows, outcome, exit, r.Input, r.StopReason)
	}
	w.Flush()
	var list strings.Builder
	for line := range strings.Lines(text.String()) {
		list.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return list.String()
}
