package importer

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Limit is a number of rows, given as a number (N) or as a share (P%) of a base that depends on the guard.
type Limit struct {
	Rows    int     // the number
	Percent float64 // the share, from 0 to 100
	Floor   int     // the least that a share allows, but for 0%
	Unit    string  // Number or Share; "": no limit
}

const Number, Share = "rows", "%" // units of limits

// UnmarshalText reads "12" or "2.5%", as pflag wants it. The floor stays.
func (l *Limit) UnmarshalText(b []byte) error {
	number, share := strings.CutSuffix(strings.TrimSpace(string(b)), Share)
	rows, err := strconv.Atoi(number)
	percent, percentErr := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case !share && err == nil && rows >= 0:
		l.Rows, l.Percent, l.Unit = rows, 0, Number
	case share && percentErr == nil && percent >= 0 && percent <= 100:
		l.Rows, l.Percent, l.Unit = 0, percent, Share
	default:
		return fmt.Errorf("%q is neither a number of rows (12) nor a share of 0%% to 100%% (5%%)", b)
	}
	return nil
}

// MarshalText is String.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Allowed returns the most rows that the limit allows out of base.
func (l Limit) Allowed(base int) int {
	if l.Percent == 0 {
		return l.Rows
	}
	return max(int(l.Percent*float64(base)/100+1e-9), l.Floor)
}

// Exceeded reports whether n rows out of base are more than the limit allows.
func (l Limit) Exceeded(n, base int) bool { return l.Unit != "" && n > l.Allowed(base) }

func (l Limit) String() string {
	switch {
	case l.Unit == "":
		return "none"
	case l.Unit == Number:
		return strconv.Itoa(l.Rows)
	case l.Floor > 0 && l.Percent > 0:
		return fmt.Sprintf("%g%% (at least %d)", l.Percent, l.Floor)
	}
	return fmt.Sprintf("%g%%", l.Percent)
}

// Guards are the limits that a plan must keep before anything is sent.
type Guards struct {
	MaxInvalid       Limit // of the rows read
	MaxCreates       Limit // of the people in the source; while there are none, a share holds nothing back
	MaxShrink        Limit // of these, how many may be missing, whoever is in their place
	MaxRenames       Limit // of the people in the file whom the ledger knows
	MaxOrganizations Limit // how many organizations may be created, of the people in the file
}

// Check refuses a plan that breaks a guard, before anything is sent. It may be asked again after PlanAccess.
func (g Guards) Check(p *Plan) error {
	s, source := p.Survey, cmp.Or(p.Roster, &Roster{})
	switch lacking := len(p.Missing); {
	case p.Roster != nil && s.Valid == 0: // nobody would be left in the source
		return &export.RefusedError{Path: s.Path, Hint: "see why: " + text.CommandLine("jsm-onboard", "check", s.Path),
			What: "none of its " + text.Counted(s.Rows, "row", "rows") + " can be onboarded, so nothing is done"}
	case lacking > 0:
		return newStop(Guarded, nil, fmt.Sprintf("the export lacks %s (--require-email number %s); nothing was sent",
			text.Counted(lacking, "required address", "required addresses"), strings.Trim(fmt.Sprint(p.Missing), "[]")),
			"check that the export is complete and the right one; they are numbered in the order in which they stand")
	case g.MaxCreates.Unit == Share && source.Members == 0:
		g.MaxCreates = Limit{}
	}
	renames, organizations := p.Others.Of(outcome.Renamed), cmp.Or(p.Access, &AccessPlan{}).ToCreate
	rows, missing := s.Rows-s.Excluded, maps.Clone(source.gone)
	maps.DeleteFunc(missing, func(_ string, m ledger.Member) bool { return m.Aside || m.Missing })
	return cmp.Or(
		exceeded("--max-invalid", g.MaxInvalid, s.Invalid, rows,
			text.Grouped(s.Invalid)+" of "+text.Counted(rows, "row is", "rows are")+" invalid",
			"jsm-onboard check shows what is wrong; fix the export, or"),
		exceeded("--max-shrink", g.MaxShrink, len(missing), source.Members,
			fmt.Sprintf("%s of the %s of the last run are missing from this export",
				text.Grouped(len(missing)), text.Counted(source.Members, "person", "people")),
			"check that it is the right file, complete, and the only one that is synced as the source "+
				p.Options.Job.Source+" (--source names another); if so many people have really left,"),
		exceeded("--max-creates", g.MaxCreates, p.Create, source.Members,
			text.Counted(p.Create, "customer", "customers")+" would be created",
			"look at the plan with --dry-run; if it is right,"),
		exceeded("--max-renames", g.MaxRenames, renames, p.Others.Of(outcome.Known, outcome.Renamed),
			text.Counted(renames, "customer", "customers")+" would be renamed",
			"check that each name of the export stands beside its own address; if so many have really changed,"),
		exceeded("--max-organizations", g.MaxOrganizations, organizations, s.Valid-s.Duplicates,
			text.Counted(organizations, "organization", "organizations")+" would be created",
			"check in the plan whether it is the right column; if it is,"))
}

// exceeded is the stop of a guard when n out of base are more than its limit.
func exceeded(flag string, limit Limit, n, base int, what, hint string) error {
	if !limit.Exceeded(n, base) {
		return nil
	}
	allow, held := strconv.Itoa(n), "sent"
	switch flag {
	case "--max-shrink": // which is always a share
		allow = fmt.Sprintf("%d%%", (100*n+base-1)/base)
	case "--max-revoke": // after a sync has sent its rows
		held = "revoked"
	}
	return newStop(Guarded, nil, fmt.Sprintf("%s, and %s %s allows %s; nothing was %s",
		what, flag, limit, text.Grouped(limit.Allowed(base)), held), hint+" allow it once with "+flag+" "+allow)
}

// maxUnlisted is how many of the accounts that the ledger has may be revoked, when no limit is given, by a file that is
// not a list of leavers. If it has more of them, it most likely is the export itself.
var maxUnlisted = Limit{Percent: 50, Floor: 10, Unit: Share}

// CheckRevocation refuses to revoke more than limit allows of our accounts, with those that the run has revoked before.
func CheckRevocation(p *Plan, limit Limit, ours int) error {
	before := p.Finished.Of(outcome.Revoked)
	what := text.Counted(p.Create, "account", "accounts") + " would be revoked (" + p.RevokedShare(ours) + ")"
	hint := "look at the plan with --dry-run; if it is right,"
	if limit.Unit == "" && !p.IsLeaversList && p.Undoes == nil && maxUnlisted.Exceeded(p.Resent+before, ours+before) {
		limit = maxUnlisted
		what += " by a file that is not a list of leavers (it has no column jsm_action)"
		hint = "the lists that sync writes are called ….leavers.csv; if you really mean this file,"
	}
	return exceeded("--max-revoke", limit, p.Create+before, ours+before, what, hint)
}

// CheckRevocation refuses to revoke more leavers of the source than limit allows of the people who were in it.
func (r *Roster) CheckRevocation(leavers int, limit Limit) error {
	people := r.Members + r.Left
	what := fmt.Sprintf("%s would be revoked, of the %s who were in the source",
		text.Counted(leavers, "account", "accounts"), text.Counted(people, "person", "people"))
	return exceeded("--max-revoke", limit, leavers, people, what, "if it is right,")
}

// RevokedShare says how many of the accounts that the ledger has as ours are to be revoked, and which others.
func (p *Plan) RevokedShare(ours int) string {
	n := p.Resent - p.NotOurs
	share := fmt.Sprintf("%s of the %s this program has created and not revoked", text.Grouped(n),
		text.Counted(ours, "account", "accounts"))
	if f := p.NotOurs; f > 0 {
		share += fmt.Sprintf("; and %s not certainly created by it", text.Counted(f, "that was", "that were"))
	}
	if u := p.Create - p.Resent; u > 0 {
		share += fmt.Sprintf("; and %s that it does not know", text.Grouped(u))
	}
	return share
}
