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

// meanings are all that a header may mean; none when it is of a login, of
// another person, or of what no person is called by.
func (h *header) meanings(i int) []meaning {
	d, key := words(), h.keys[i]
	if h.own[i] || key == "" || h.reading(i) {
		return nil
	}
	for _, k := range []string{h.whole[i], key} {
		if ms := exact(k, h.ownWords(i)); ms != nil {
			return ms
		}
	}
	if d.logins[key] {
		if strings.HasSuffix(key, "name") { // a display name in some sources
			return []meaning{{field: Name, rank: rankGroup, vague: true}}
		}
		return nil
	}
	tokens := strings.Fields(h.plain[i])
	if ms := byOwnWords(tokens); ms != nil {
		return ms
	}
	if ms := byLastWords(tokens); ms != nil {
		return ms
	}
	if ms := byFirstWords(tokens); ms != nil {
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

// ownWords are the words of a header that say that it is the person's own.
func (h *header) ownWords(i int) string {
	var said []string
	for t := range strings.FieldsSeq(h.plain[i]) {
		if words().self[t] && t != "full" {
			said = append(said, t)
		}
	}
	return strings.Join(said, "")
}

// exact are the meanings of a key that is in the table of words.
func exact(key, group string) []meaning {
	var ms []meaning
	for f, rank := range words().ranks[key] {
		ms = append(ms, meaning{field: f, rank: rank, group: group, half: words().half[key]})
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
		case d.self[t] && !slices.Contains([]string{"full", "complete"}, t):
			said = append(said, t)
		case !d.links[t]:
			rest = append(rest, t)
		}
	}
	if len(said) == 0 || len(rest) == 0 {
		return nil
	}
	ms := exact(strings.Join(rest, ""), strings.Join(said, ""))
	for i := range ms {
		ms[i].rank += rankSelf
	}
	return slices.DeleteFunc(ms, func(m meaning) bool { return m.field > LastName && m.field != secondLast })
}

// byLastWords reads the last words of a header: "Contact 1 First Name",
// "name.givenName", "RECIPIENT EMAIL".
func byLastWords(tokens []string) []meaning {
	d := words()
	for skip := 1; skip < len(tokens); skip++ {
		found := exact(strings.Join(tokens[skip:], ""), "")
		if found == nil {
			continue
		}
		before := tokens[:skip]
		var ms []meaning
		for _, m := range found {
			if m.field > LastName && m.field != secondLast {
				continue
			}
			m.rank += rankGroup
			m.group, m.vague = strings.Join(before, ""), m.field == Name
			if m.field == Email {
				m.group = mailGroup(tokens)
			}
			if h := strings.Join(before, ""); d.ranks[h][Name] > 0 || h == "name" || d.mailKinds[h] {
				m.group, m.vague = "", false // name.givenName
			}
			ms = append(ms, m)
		}
		return ms
	}
	return nil
}

// byFirstWords reads the first words of a header of names: "Prénom parent". They may
// be of something else ("First contact"), so that only the cells, or the words that
// the header of the address has too, can tell.
func byFirstWords(tokens []string) []meaning {
	for n := len(tokens) - 1; n > 0; n-- {
		var ms []meaning
		for _, m := range exact(strings.Join(tokens[:n], ""), strings.Join(tokens[n:], "")) {
			if m.field >= Name && m.field <= LastName || m.field == secondLast {
				m.rank, m.vague = m.rank+rankGroup, true
				ms = append(ms, m)
			}
		}
		if ms != nil {
			return ms
		}
	}
	return nil
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

// byEnding reads headers of languages that write words as one: 顧客メールアドレス, Kundenname.
func byEnding(key string) (meaning, bool) {
	d := words()
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		return meaning{}, false
	}
	for i := range key {
		ranks := d.ranks[key[i:]]
		if i == 0 || ranks == nil || utf8.RuneCountInString(key[i:]) < 2 {
			continue
		}
		first, _ := utf8.DecodeRuneInString(key[i:])
		latin := unicode.In(first, unicode.Latin)
		for _, f := range []Field{Email, Name, FirstName, LastName} {
			rank, ok := ranks[f]
			if !ok || latin && !d.self[key[:i]] && f != Email {
				continue
			}
			return meaning{field: f, rank: rank + rankSelf, group: "", vague: f == Name && !d.self[key[:i]]}, true
		}
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
	var said []string
	for _, t := range tokens {
		if t != "e" && !hasMailWord(t) && !d.mailKinds[t] && !d.links[t] {
			said = append(said, t)
		}
	}
	return strings.Join(said, "")
}

// reading reports a header under which stands how a name sounds.
func (h *header) reading(i int) bool {
	return slices.ContainsFunc(words().readings, func(w string) bool {
		return strings.Contains(h.whole[i], w) && (len(w) > 4 || !unicode.In([]rune(w)[0], unicode.Latin))
	})
}

// means is a header's meaning for one field.
func (h *header) means(i int, f Field) (meaning, bool) {
	for _, m := range h.meanings(i) {
		if m.field == f {
			return m, true
		}
	}
	return meaning{}, false
}

// belongsElsewhere reports headers that speak of another person.
func (h *header) belongsElsewhere(i int) bool {
	d := words()
	for t := range strings.FieldsSeq(h.plain[i]) {
		if d.elsewhere[t] || slices.ContainsFunc(elsewhereEndings,
			func(end string) bool { return strings.HasSuffix(t, end) }) {
			return true
		}
	}
	return false
}

// isFurther reports headers of a person's further addresses: alternate ones, or numbered from 2.
func (h *header) isFurther(i int) bool {
	d := words()
	for t := range strings.FieldsSeq(h.plain[i]) {
		if d.further[t] {
			return true
		}
		word := strings.TrimRightFunc(t, unicode.IsDigit)
		if n := t[len(word):]; n > "1" && len(n) == 1 && (word == "" || hasMailWord(word)) {
			return true
		}
	}
	return false
}

// neverTaken reports columns whose addresses are never taken without being told.
func (h *header) neverTaken(i int) bool {
	return h.own[i] || h.belongsElsewhere(i) || h.isFurther(i) || h.isLogin(i)
}
