package export

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// content counts what is in the cells of a column in the sample.
type content struct {
	filled    int
	ats       int // cells with an @
	addresses int // cells that are addresses
}

func (ch *chooser) count(i int) content {
	var n content
	for _, cells := range ch.sample {
		c := cellAt(cells, i)
		if strings.TrimSpace(c) == "" {
			continue
		}
		n.filled++
		if strings.Contains(c, "@") {
			n.ats++
			if len(c) < 1000 && readAddress(c).fault == 0 {
				n.addresses++
			}
		}
	}
	return n
}

func cellAt(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// confirmed tells whether most cells of the columns that are not empty look
// like addresses; empty columns speak neither for nor against. A file of our
// own was confirmed when its original was read, and holds what was wrong in it.
func (ch *chooser) confirmed(at []int) bool {
	if ch.h.ownFile {
		return true
	}
	filled, ats := 0, 0
	for _, i := range at {
		n := ch.count(i)
		filled, ats = filled+n.filled, ats+n.ats
	}
	return ats*2 >= filled
}

// chooseEmail finds the column of addresses by header and content.
func (ch *chooser) chooseEmail() error {
	groups := ch.groups(Email)
	if len(groups) == 0 && ch.options.NoHeader {
		return ch.onlyAddresses()
	}
	if len(groups) == 0 {
		return ch.noEmail()
	}
	best := groups[0]
	if len(groups) > 1 {
		var err error
		if best, err = ch.bestGroup(groups); err != nil {
			return err
		}
	}
	if !ch.confirmed(best) {
		return ch.unconfirmed(best[0])
	}
	if rivals := ch.rivals(best[0]); len(rivals) > 0 && len(best) == 1 {
		return ch.ambiguous("address", Email, append([]int{best[0]}, rivals...))
	}
	ch.c.duplicates = len(best) > 1
	ch.c.set(Email, "header", best...)
	return nil
}

// onlyAddresses takes the one column of a headerless file that holds addresses.
func (ch *chooser) onlyAddresses() error {
	var found []int
	for i := range ch.h.names {
		if n := ch.count(i); n.addresses*2 > n.filled {
			found = append(found, i)
		}
	}
	if len(found) == 1 {
		ch.c.set(Email, "the only column of addresses", found[0])
		return nil
	}
	if len(found) > 1 {
		return ch.ambiguous("address", Email, found)
	}
	return ch.noEmail()
}

// bestGroup takes, of columns whose headers all mean the address, the one
// that alone holds addresses, or that says the same as the others.
func (ch *chooser) bestGroup(groups [][]int) ([]int, error) {
	best := slices.MaxFunc(groups, func(a, b []int) int { return ch.count(a[0]).addresses - ch.count(b[0]).addresses })
	candidates := []int{best[0]}
	for _, g := range groups {
		if g[0] != best[0] && ch.count(g[0]).addresses > 0 && ch.differ(best[0], g[0]) && !ch.adds(groups, best[0], g[0]) {
			candidates = append(candidates, g[0])
		}
	}
	if len(candidates) > 1 {
		slices.Sort(candidates)
		return nil, ch.ambiguous("address", Email, candidates)
	}
	return best, nil
}

// adds tells whether column b has but a few further addresses of people whose
// address is in column a, the one with the best header.
func (ch *chooser) adds(groups [][]int, a, b int) bool {
	if a != groups[0][0] || ch.count(b).filled*5 > ch.count(a).addresses {
		return false
	}
	for _, cells := range ch.sample {
		if trimBlanks(cellAt(cells, a)) == "" && trimBlanks(cellAt(cells, b)) != "" {
			return false
		}
	}
	return true
}

// differ tells whether two columns say different things, or are not filled in the same rows.
func (ch *chooser) differ(a, b int) bool {
	rows, different := 0, 0
	for _, cells := range ch.sample {
		x, y := trimBlanks(cellAt(cells, a)), trimBlanks(cellAt(cells, b))
		if y == "" {
			continue
		}
		rows++
		if !strings.EqualFold(x, y) {
			different++
		}
	}
	return different*10 > rows
}

// rivals finds the columns that fit as well as the chosen one, by content alone.
func (ch *chooser) rivals(chosen int) []int {
	mine := ch.count(chosen)
	if ch.h.ownFile && mine.addresses < mine.filled { // what is wrong in it is why it is there
		return nil
	}
	var rivals []int
	for i, name := range ch.h.names {
		if i == chosen || ch.h.own[i] || isLogin(ch.h.keys[i]) || belongsElsewhere(name) {
			continue
		}
		if _, alias := means(ch.h.keys[i], Email); alias { // bestGroup has judged it
			continue
		}
		n := ch.count(i)
		if n.addresses > 0 && n.addresses*2 > n.filled && n.addresses >= mine.addresses && ch.differ(chosen, i) {
			rivals = append(rivals, i)
		}
	}
	return rivals
}

func (ch *chooser) ambiguous(what string, f Field, at []int) error {
	var names, flags []string
	for _, i := range at {
		if ch.h.names[i] == "" {
			names = append(names, fmt.Sprintf("number %d, which has no header", i+1))
			continue
		}
		names = append(names, fmt.Sprintf("%q", ch.h.names[i]))
		flags = append(flags, columnFlag(f, ch.h.names[i]))
	}
	return &RefusedError{Path: ch.path, Line: ch.h.line,
		What: fmt.Sprintf("%d columns could be the %s: %s", len(at), what, strings.Join(names, ", ")),
		Hint: "say which: " + strings.Join(flags, " or ")}
}

func columnFlag(f Field, header string) string {
	return fmt.Sprintf("--column %s=%s", f, shellWord(header))
}

// shellWord quotes a word where a shell needs it.
func shellWord(s string) string { return shellWordOn(runtime.GOOS, s) }

func shellWordOn(system, s string) string {
	switch {
	case !strings.ContainsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t'\"$&|;<>()[]{}*?!#~`\\=^", r) }):
		return s
	case system == "windows":
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (ch *chooser) unconfirmed(i int) error {
	n := ch.count(i)
	return &RefusedError{Path: ch.path, Line: ch.h.line, Column: ch.h.names[i],
		What: fmt.Sprintf("most of its cells are no addresses (%d of %d have no @)", n.filled-n.ats, n.filled),
		Hint: ch.byContent()}
}

func (ch *chooser) noEmail() error {
	hint := ch.byContent()
	if ch.options.NoHeader {
		return &RefusedError{Path: ch.path, What: "no column holds addresses", Hint: hint}
	}
	return &RefusedError{Path: ch.path, Line: ch.h.line, What: "no header names a column of e-mail addresses", Hint: hint}
}

// byContent names the columns that hold addresses.
func (ch *chooser) byContent() string {
	var flags []string
	for i, name := range ch.h.names {
		if n := ch.count(i); n.addresses > 0 && n.addresses*2 > n.filled && name != "" {
			flags = append(flags, columnFlag(Email, name))
		}
	}
	if len(flags) == 0 {
		return ch.h.inWords("name the column that holds them: --column email=HEADER (the columns are: " + ch.h.list() + ")")
	}
	return "if these are the people's own addresses, say " + strings.Join(flags, " or ")
}
