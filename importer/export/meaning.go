package export

import (
	"regexp"
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
	rankHalf  = 100  // of a name that may be half of one
	rankSelf  = 1000 // with words for the person himself: "Full customer name"
	rankGroup = 2000 // with other words
)

// ofName reports whether a meaning is of a name or of a part of one.
func (m meaning) ofName() bool {
	return m.field >= Name && m.field <= LastName || m.field == secondLast
}

// means is a header's meaning for one field.
func (h *header) means(i int, f Field) (meaning, bool) {
	ms := h.meanings(i)
	if k := slices.IndexFunc(ms, func(m meaning) bool { return m.field == f }); k >= 0 {
		return ms[k], true
	}
	return meaning{}, false
}

// meanings are all that a header may mean; none when it is of a login or of how a name sounds.
func (h *header) meanings(i int) []meaning {
	key, tokens := h.keys[i], strings.Fields(strings.ReplaceAll(h.plain[i], "e post", "epost"))
	switch {
	case h.own[i] && h.names[i] == "jsm_account_id":
		return []meaning{{field: AccountID, rank: -1}}
	case h.own[i], key == "", h.reading(i):
		return nil
	}
	for _, k := range []string{h.whole[i], h.partInBrackets(i), key} {
		if ms := exact(k); ms != nil {
			for m := range ms {
				ms[m].group = groupOf(tokens, func(t string) bool { return !is(selfWord, t) })
			}
			return ms
		}
	}
	if is(loginWord, key) {
		if strings.HasSuffix(key, "name") { // a display name in some sources
			return []meaning{{field: Name, rank: rankGroup, vague: true}}
		}
		return nil
	}
	address, ofMail := mailMeaning(tokens)
	if ofMail && !address.vague {
		return []meaning{address}
	}
	ms := byWords(tokens)
	if ofMail {
		ms = append(ms, address)
	}
	return ms
}

// inBrackets is what stands in the last brackets of a header.
var inBrackets = regexp.MustCompile(`[(（]([^()（）]+)[)）]\s*$`)

// partInBrackets is the part of a name that a header of names has in brackets: お名前（姓）; "": none.
func (h *header) partInBrackets(i int) string {
	means := func(key string, whole bool) bool {
		return slices.ContainsFunc(exact(key), func(m meaning) bool { return m.ofName() && (m.field == Name) == whole })
	}
	m := inBrackets.FindStringSubmatch(h.names[i])
	if m == nil || !means(h.keys[i], true) || !means(squeeze(m[1]), false) {
		return ""
	}
	return squeeze(m[1])
}

// exact are the meanings of a key that is in the vocabulary.
func exact(key string) []meaning {
	var ms []meaning
	for f := Email; f <= secondLast; f++ {
		if place, ok := words()[class(f)][key]; ok {
			ms = append(ms, meaning{field: f, rank: place})
		}
	}
	if is(halfWord, key) || is(contactWord, key) {
		ms = append(ms, meaning{field: Name, rank: rankHalf, half: is(halfWord, key)})
	}
	return ms
}

// groupOf is what tokens say besides some of them: whose the column is. Small words
// and those that say where an address is read do not count.
func groupOf(tokens []string, besides func(string) bool) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(tokens), func(t string) bool {
		return besides(t) || is(linkWord, t) || is(mailKind, t)
	}), "")
}

// ranked is a meaning of words that say also whose the column is.
func (m meaning) ranked(group string) meaning {
	m.group = group
	switch {
	case group == "":
	case isSelf(group):
		m.rank += rankSelf
	default:
		m.rank += rankGroup
	}
	return m
}

// mailPart reports whether a word of a header speaks of mail, and whether it does so for
// certain: it ends so, or with a word for an address ("Mailadresse", not "Mailing").
func mailPart(token string) (found, sure bool) {
	for w := range words()[mailWord] {
		if before, after, ok := strings.Cut(token, w); ok && !strings.ContainsFunc(before, unicode.IsSymbol) {
			found, sure = true, sure || after == "" || is(mailKind, after)
		}
	}
	return found, sure
}

// mailMeaning reads a header that speaks of mail, in any language. With other words
// after that ("Email opt-in") it is vague.
func mailMeaning(tokens []string) (meaning, bool) {
	m, any := meaning{field: Email}, false
	for _, t := range tokens {
		found, sure := mailPart(t)
		switch {
		case found:
			any, m.vague = true, !sure
		case any && !is(mailKind, t) && !is(linkWord, t) && !is(selfWord, t):
			m.vague = true
		}
	}
	if m.vague {
		m.rank = rankGroup
	}
	return m.ranked(groupOf(tokens, hasMailWord)), any
}

func hasMailWord(key string) bool {
	found, _ := mailPart(key)
	return found
}

// byWords finds the words of a name, or of an organization's, among those of a header: the last
// ones ("Contact 1 First Name"), else the first ones ("Prénom parent"). Those may be of something
// else ("First contact"), so that only the cells, or the words that the header of the address has
// too, can tell; and so may a name with words that are not of the person ("Product name").
func byWords(tokens []string) []meaning {
	if len(tokens) == 1 {
		tokens = splitCompound(tokens[0])
	}
	core := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return is(selfWord, t) || is(linkWord, t) })
	inCore := func(t string) bool { return slices.Contains(core, t) }
	if m, ok := ofOrganization(core); ok && groupOf(tokens, inCore) == "" {
		return []meaning{m}
	}
	for _, list := range [][]string{core, tokens} {
		for from := range list {
			if ms := inSpan(tokens, list[from:]); ms != nil {
				return ms
			}
		}
	}
	for n := len(core) - 1; n > 0; n-- {
		if ms := inSpan(tokens, core[:n]); ms != nil {
			for k := range ms {
				ms[k].vague = true
			}
			return ms
		}
	}
	return nil
}

// inSpan are the meanings of some of a header's tokens, when they are of a name.
func inSpan(tokens, span []string) []meaning {
	ms := slices.DeleteFunc(exact(strings.Join(span, "")), func(m meaning) bool { return !m.ofName() })
	if len(ms) == 0 && isWholeName(span) {
		ms = append(ms, meaning{field: Name})
	}
	of := func(t string) bool { return slices.Contains(span, t) }
	whose := slices.ContainsFunc(tokens, func(t string) bool {
		return !of(t) && !is(linkWord, t) && !is(selfWord, t) && !is(halfWord, t)
	})
	for k, m := range ms {
		same := func(t string) bool { return of(t) || is(class(m.field), t) } // 姓 / Last Name
		ms[k] = m.ranked(groupOf(tokens, same))
		ms[k].vague = m.field == Name && whose
	}
	if len(ms) == 0 {
		return nil
	}
	return ms
}

// isWholeName reports words that are a full name together: "nom complet", "Nachname Vorname".
func isWholeName(span []string) bool {
	rest := slices.DeleteFunc(slices.Clone(span), func(t string) bool { return is(wholeName, t) })
	if len(rest) < len(span) {
		return is(halfWord, strings.Join(rest, ""))
	}
	for cut := 1; cut < len(span); cut++ {
		a, b := strings.Join(span[:cut], ""), strings.Join(span[cut:], "")
		first, last := class(FirstName), class(LastName)
		switch {
		case is(first, a) && (is(last, b) || is(halfWord, b)), is(last, a) && (is(first, b) || is(halfWord, b)):
			return true
		case is(halfWord, a) && a != "name" && (is(first, b) || is(last, b)): // not name.givenName
			return true
		}
	}
	return false
}

// ofOrganization reads "Account Name" and "Nombre de la empresa".
func ofOrganization(core []string) (meaning, bool) {
	rest := strings.Join(slices.DeleteFunc(slices.Clone(core), func(t string) bool {
		return is(halfWord, t) || t == "1"
	}), "")
	place, ok := words()[class(Organization)][rest]
	return meaning{field: Organization, rank: place}, ok
}

// splitCompound splits a word of languages that write words as one: 担当者姓, Kundenname.
func splitCompound(token string) []string {
	for i, first := range token {
		before, end := token[:i], token[i:]
		if i > 0 && utf8.RuneCountInString(end) > 1 && (is(selfWord, before) || !unicode.Is(unicode.Latin, first)) &&
			slices.ContainsFunc(exact(end), meaning.ofName) {
			return []string{before, end}
		}
	}
	return []string{token}
}

// isLogin reports headers of names that people log in with, also by their last words.
func (h *header) isLogin(i int) bool {
	tokens := strings.Fields(h.plain[i])
	for skip := range tokens {
		if is(loginWord, strings.Join(tokens[skip:], "")) {
			return true
		}
	}
	return false
}

// reading reports a header under which stands how a name sounds.
func (h *header) reading(i int) bool {
	for w := range words()[soundWord] {
		if strings.Contains(h.whole[i], w) && (len(w) > 4 || isEastAsian([]rune(w)[0])) {
			return true
		}
	}
	return false
}

// holdsOther reports headers under which no names stand.
func (h *header) holdsOther(i int) bool {
	_, organization := h.means(i, Organization)
	_, id := h.means(i, ExternalID)
	return organization || id || slices.ContainsFunc(append(strings.Fields(h.plain[i]), h.keys[i]),
		func(t string) bool { return is(otherWord, t) })
}

// belongsElsewhere reports headers that speak of another person, also as the end of a word: Kontaktinhaber.
func (h *header) belongsElsewhere(i int) bool {
	return slices.ContainsFunc(strings.Fields(h.plain[i]), func(t string) bool {
		for w := range words()[elsewhereWord] {
			if t == w || len(w) >= len("owner") && strings.HasSuffix(t, w) {
				return true
			}
		}
		return false
	})
}

// neverTaken reports columns whose addresses are never taken without being told: another
// person's, alternate ones, those numbered from 2, and logins.
func (h *header) neverTaken(i int) bool {
	more := slices.ContainsFunc(strings.Fields(h.plain[i]), func(t string) bool {
		word := strings.TrimRightFunc(t, unicode.IsDigit)
		n := t[len(word):]
		return is(furtherWord, t) || n > "1" && len(n) == 1 && (word == "" || hasMailWord(word))
	})
	return more || h.own[i] || h.belongsElsewhere(i) || h.isLogin(i)
}
