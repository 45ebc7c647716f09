package cli

import (
	"testing"

	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer"
)

func TestMoment(t *testing.T) {
	p := importer.Progress{Tasks: 100, Made: 3}
	p.Totals.Add(importer.Failed)
	p.Totals.Add(importer.Unknown)
	for limited, done := range map[bool]int{false: 100, true: 3} {
		got := moment(p, pacer.Pace{Sent: 120, Refused: 7}, limited)
		if got.Done != done || got.Sent != 120 || got.Throttled != 7 || got.Failed != 2 {
			t.Errorf("limited %t: %+v", limited, got)
		}
	}
}
