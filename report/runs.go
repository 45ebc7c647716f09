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
	fmt.Fprintln(w, "RUN\tSTARTED\tCOMMAND\tROWS\tOUTCOME\tEXIT\tINPUT\tREASON")
	for _, r := range runs {
		outcome, rows, exit := r.Outcome, importer.Grouped(r.RowsRead), fmt.Sprint(r.ExitCode)
		if outcome == "" {
			outcome, rows, exit = "not finished", "", ""
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.StartedAt.Local().Format("2006-01-02 15:04"), r.Command, rows, outcome, exit, r.Input, r.StopReason)
	}
	w.Flush()
	var list strings.Builder
	for line := range strings.Lines(text.String()) {
		list.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return list.String()
}
