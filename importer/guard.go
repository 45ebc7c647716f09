package importer

import "fmt"

// Guards are the limits that a plan must keep before anything is sent.
type Guards struct {
	MaxInvalid Limit // of the rows read
	MaxCreates Limit // of CreateBase
	CreateBase int   // rows of the source's last complete run; 0: it has none, and a share holds nothing back
}

// Check refuses a plan that breaks a guard, before any request.
func (g Guards) Check(p *Plan) *Stop {
	rows := p.Survey.Rows - p.Survey.Excluded
	if g.MaxInvalid.Exceeded(p.Survey.Invalid, rows) {
		return &Stop{Cause: Guarded,
			What: fmt.Sprintf("%d of %d rows are invalid, and --max-invalid %s allows %d; nothing was sent", p.Survey.Invalid, rows, g.MaxInvalid, g.MaxInvalid.Of(rows)),
			Hint: "see what is wrong with jsm-onboard check; mend the export, or allow more with --max-invalid"}
	}
	share := g.MaxCreates.Percent > 0
	if share && g.CreateBase == 0 {
		return nil
	}
	if g.MaxCreates.Exceeded(p.Create, g.CreateBase) {
		return &Stop{Cause: Guarded,
			What: fmt.Sprintf("%d customers would be created, and --max-creates %s allows %d; nothing was sent", p.Create, g.MaxCreates, g.MaxCreates.Of(g.CreateBase)),
			Hint: "look at the plan with --dry-run; when it is right, allow it once with --max-creates " + fmt.Sprint(p.Create)}
	}
	return nil
}
