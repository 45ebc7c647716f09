package export

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// meaning is what a header says of its column.
type meaning struct {
	field Field
	rank  int    // less is better
	group string // the words that say whose it is, as in "Contact 1 First Name"; "": nobody's in particular
	half  bool   // it is half of a name in some files
	vague bool   // other words stand there as well, as in "Product name": only the cells can tell
}

// Ranks of meanings that a header has but in part.
const (
	rankSelf  = 1000 // with words for the person himself: "Full customer name"
	rankGroup = 2000 // with other words before it
)

// ofName reports whether a meaning is of a name or of a part of one.
func (m meaning) ofName() bool {
	return m.field >= Name && m.field <= LastName || m.field == secondLast
}

// meanings are all that a header may mean; none when it is of a login, of
// another person, or of what no person is called by.
func (h *header) meanings(i int) []meaning {
	d, key, tokens := words(), h.keys[i], strings.Fields(h.plain[i])
	if h.own[i] || key == "" || h.reading(i) {
		return nil
	}
	own := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return !d.self[t] || t == "full" })
	for _, k := range []string{h.whole[i], key} {
		if ms := exact(k, strings.Join(own, ""), 0); ms != nil {
			return ms
		}
	}
	switch {
	case d.logins[key] && strings.HasSuffix(key, "name"): // a display name in some sources
		return []meaning{{field: Name, rank: rankGroup, vague: true}}
	case d.logins[key]:
		return nil
	}
	if ms := byOwnWords(tokens); ms != nil {
		return ms
	}
	if ms := byPart(tokens); ms != nil {
		return ms
	}
	if m, ok := byEnding(key); ok {
		return []meaning{m}
	}
	if hasMailWord(key) {
		return []meaning{{field: Email, rank: rankGroup + 500, group: mailGroup(tokens), vague: true}}
	}
	return nil
}

// exact are the meanings of a key that is in the table of words; with words beside
// it (a rank of their own), only those of a person's address and name.
func exact(key, group string, rank int) []meaning {
	var ms []meaning
	for f, place := range words().ranks[key] {
		m := meaning{field: f, rank: rank + place, group: group, half: words().half[key]}
		if rank == 0 || f == Email || m.ofName() {
			ms = append(ms, m)
		}
	}
	return ms
}

// byOwnWords reads a header without the words that say no more than that it is
// the person's own: "Full Customer Name", "Nom du client", "userEmail".
func byOwnWords(tokens []string) []meaning {
	d := words()
	var rest, said []string
	for _, t := range tokens {
		switch {
		case d.self[t] && t != "full" && t != "complete":
			said = append(said, t)
		case !d.links[t]:
			rest = append(rest, t)
		}
	}
	if len(said) == 0 {
		return nil
	}
	return exact(strings.Join(rest, ""), strings.Join(said, ""), rankSelf)
}

// byPart reads the last words of a header ("Contact 1 First Name", "name.givenName"), else the
// first ones of a header of names ("Prénom parent"). Those may be of something else ("First
// contact"), so that only the cells, or the words that the header of the address has too, can tell.
func byPart(tokens []string) []meaning {
	d := words()
	for skip := 1; skip < len(tokens); skip++ {
		before := strings.Join(tokens[:skip], "")
		ms := exact(strings.Join(tokens[skip:], ""), before, rankGroup)
		for k := range ms {
			m := &ms[k]
			m.vague = m.field == Name
			if m.field == Email {
				m.group = mailGroup(tokens)
			}
			if _, name := d.ranks[before][Name]; name || d.mailKinds[before] {
				m.group, m.vague = "", false // name.givenName
			}
		}
		if ms != nil {
			return ms
		}
	}
	for n := len(tokens) - 1; n > 0; n-- {
		ms := exact(strings.Join(tokens[:n], ""), strings.Join(tokens[n:], ""), rankGroup)
		ms = slices.DeleteFunc(ms, func(m meaning) bool { return !m.ofName() })
		for k := range ms {
			ms[k].vague = true
		}
		if len(ms) > 0 {
			return ms
		}
	}
	return nil
}

// byEnding reads headers of languages that write words as one: 顧客メールアドレス, Kundenname.
func byEnding(key string) (meaning, bool) {
	d := words()
	if strings.ContainsFunc(key, func(r rune) bool { return !isLetterOrMark(r) }) {
		return meaning{}, false
	}
	for i, first := range key {
		if i == 0 || utf8.RuneCountInString(key[i:]) < 2 {
			continue
		}
		for _, f := range []Field{Email, Name, FirstName, LastName} {
			rank, ok := d.ranks[key[i:]][f]
			if ok && (!unicode.Is(unicode.Latin, first) || d.self[key[:i]] || f == Email) {
				return meaning{field: f, rank: rank + rankSelf, vague: f == Name && !d.self[key[:i]]}, true
			}
		}
	}
	return meaning{}, false
}

// means is a header's meaning for one field.
func (h *header) means(i int, f Field) (meaning, bool) {
	ms := h.meanings(i)
	if k := slices.IndexFunc(ms, func(m meaning) bool { return m.field == f }); k >= 0 {
		return ms[k], true
	}
	return meaning{}, false
}

// hasMailWord reports a header that speaks of mail in any language.
func hasMailWord(key string) bool {
	return slices.ContainsFunc(words().mails, func(w string) bool { return strings.Contains(key, w) })
}

// mailGroup is what a header of addresses says besides of mail: whose it is.
func mailGroup(tokens []string) string {
	d := words()
	return strings.Join(slices.DeleteFunc(slices.Clone(tokens), func(t string) bool {
		return t == "e" || hasMailWord(t) || d.mailKinds[t] || d.links[t]
	}), "")
}

// isLogin reports headers of names that people log in with, also by their last words.
func (h *header) isLogin(i int) bool {
	tokens := strings.Fields(h.plain[i])
	for skip := range tokens {
		if words().logins[strings.Join(tokens[skip:], "")] {
			return true
		}
	}
	return false
}

// reading reports a header under which stands how a name sounds.
func (h *header) reading(i int) bool {
	return slices.ContainsFunc(words().readings, func(w string) bool {
		return strings.Contains(h.whole[i], w) && (len(w) > 4 || isEastAsian([]rune(w)[0]))
	})
}

// holdsOther reports headers under which no names stand.
func (h *header) holdsOther(i int) bool {
	d := words()
	_, organization := h.means(i, Organization)
	_, id := h.means(i, ExternalID)
	return organization || id || d.other[h.keys[i]] ||
		slices.ContainsFunc(strings.Fields(h.plain[i]), func(t string) bool { return d.other[t] })
}

// belongsElsewhere reports headers that speak of another person.
func (h *header) belongsElsewhere(i int) bool {
	ends := func(t string) bool {
		return slices.ContainsFunc(elsewhereEndings, func(end string) bool { return strings.HasSuffix(t, end) })
	}
	return slices.ContainsFunc(strings.Fields(h.plain[i]),
		func(t string) bool { return words().elsewhere[t] || ends(t) })
}

// neverTaken reports columns whose addresses are never taken without being told: another
// person's, alternate ones, those numbered from 2, and logins.
func (h *header) neverTaken(i int) bool {
	further := slices.ContainsFunc(strings.Fields(h.plain[i]), func(t string) bool {
		word := strings.TrimRightFunc(t, unicode.IsDigit)
		n := t[len(word):]
		return words().further[t] || n > "1" && len(n) == 1 && (word == "" || hasMailWord(word))
	})
	return further || h.own[i] || h.belongsElsewhere(i) || h.isLogin(i)
}
