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
}

// Ranks of what a header says but in part.
const (
	rankHalf    = 100  // a name that may be half of one
	rankSelf    = 1000 // with words for the person himself: "Full customer name"
	rankContact = 1500 // a word for a person, under which a number may stand as well
	rankGroup   = 2000 // with other words: "Product name"
	rankVague   = 5000 // with other words after it: "Email opt-in"
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

// meanings are all that a header may mean.
func (h *header) meanings(i int) []meaning {
	ms, known := h.read[i]
	if !known {
		ms = h.understand(i)
		h.read[i] = ms
	}
	return ms
}

// understand reads a header; none are its meanings when it is of a login or of how a name sounds.
func (h *header) understand(i int) []meaning {
	if h.own[i] && h.names[i] != "jsm_account_id" || h.keys[i] == "" || h.sounds(i) {
		return nil
	}
	for _, key := range []string{h.whole[i], strings.Join(h.words[i], ""), h.keys[i]} {
		ms := exact(key)
		for k := range ms {
			if key == h.keys[i] && (ms[k].field == Email || h.says(i, elsewhereWord)) { // "Email (manager)"
				ms[k] = ms[k].among(h.words[i], strings.Fields(h.plain[i]))
			}
		}
		if ms != nil {
			return ms
		}
	}
	if is(loginWord, h.keys[i]) {
		if strings.HasSuffix(h.keys[i], "name") { // a display name in some sources
			return []meaning{{field: Name, rank: rankGroup}}
		}
		return nil
	}
	return byWords(strings.Fields(strings.ReplaceAll(strings.Join(h.words[i], " "), "e post", "epost")))
}

// exact are the meanings of a key that is in the vocabulary.
func exact(key string) []meaning {
	var ms []meaning
	for f := Email; f <= secondLast; f++ {
		if place, ok := words()[class(f)][key]; ok {
			ms = append(ms, meaning{field: f, rank: place})
		}
	}
	switch {
	case is(halfWord, key):
		ms = append(ms, meaning{field: Name, rank: rankHalf, half: true})
	case is(contactWord, key):
		ms = append(ms, meaning{field: Name, rank: rankContact})
	}
	return ms
}

// byWords reads the words of a header that is in no list: of an organization, else the last ones that
// mean something. With a word for mail besides only the cells can tell: "E-Mail Ansprechpartner".
func byWords(tokens []string) []meaning {
	if len(tokens) == 1 {
		tokens = splitCompound(tokens[0])
	}
	tokens = without(tokens, func(t string) bool { return is(linkWord, t) })
	for from := range tokens {
		if place, ok := ofOrganization(tokens[from:]); ok {
			return []meaning{meaning{field: Organization, rank: place}.among(tokens, tokens[from:])}
		}
	}
	ms := lastWords(tokens, without(tokens, func(t string) bool { return is(selfWord, t) }))
	if ms == nil {
		ms = lastWords(tokens, tokens)
	}
	if slices.ContainsFunc(ms, meaning.ofName) && slices.ContainsFunc(tokens, hasMailWord) {
		ms = append(ms, meaning{field: Email, rank: rankVague}.among(tokens, nil))
	}
	return ms
}

// longestSpan is how many words mean something together at most.
const longestSpan = 5

// lastWords reads the last words of a list that mean something, as many as do so together: "Contact 1
// First Name". Those with words after them are vague: "Prénom parent".
func lastWords(tokens, list []string) []meaning {
	for end := len(list); end > 0; end-- {
		for from := max(0, end-longestSpan); from < end; from++ {
			if ms := inSpan(tokens, list[from:end], end < len(list)); ms != nil {
				return ms
			}
		}
	}
	return nil
}

// inSpan are the meanings of some of a header's tokens, when they are of an address or a name.
func inSpan(tokens, span []string, vague bool) []meaning {
	ms := without(exact(strings.Join(span, "")), func(m meaning) bool { return !m.ofName() })
	if ms == nil && isWholeName(span) {
		ms = []meaning{{field: Name}}
	}
	if found, sure := ofMail(span); found && ms == nil {
		ms = []meaning{{field: Email}}
		vague = vague || !sure
	}
	for k := range ms {
		if ms[k] = ms[k].among(tokens, span); vague {
			ms[k].rank += rankVague
		}
	}
	return ms
}

// among is a meaning of some tokens among others, which say whose the column is. Where an address
// is read (at work, in the office) does not count for that.
func (m meaning) among(tokens, span []string) meaning {
	var rest []string
	for _, t := range tokens {
		mail, _, other := mailPart(t)
		switch {
		case m.field == Email && mail && other != "":
			rest = append(rest, other)
		case !slices.Contains(span, t) && !is(halfWord, t) && !is(class(Name), t) && !is(class(m.field), t):
			rest = append(rest, t)
		}
	}
	whose := without(rest, func(t string) bool { return is(mailKind, t) })
	m.group = strings.Join(whose, "")
	switch {
	case !isSelf(m.group), m.field == Name && len(whose) < len(rest):
		m.rank += rankGroup
	case m.group != "" && m.rank < rankSelf:
		m.rank += rankSelf
	}
	return m
}

// ofMail reports whether some tokens are of an address and of nothing else, and whether that is sure.
func ofMail(span []string) (found, sure bool) {
	for _, t := range span {
		mail, certain, _ := mailPart(t)
		if !mail && !is(mailKind, t) && !is(selfWord, t) {
			return false, false
		}
		found, sure = found || mail, sure || certain
	}
	return found, sure
}

// mailPart reports whether a word of a header speaks of mail, and whether it does so for
// certain: it ends so, or with a word for an address ("Mailadresse", not "Mailing").
// whose is what else is in it: "vorgesetzten" in "Vorgesetztenmail".
func mailPart(token string) (found, sure bool, whose string) {
	for w := range words()[mailWord] {
		before, after, ok := strings.Cut(token, w)
		if !ok || strings.ContainsFunc(before, unicode.IsSymbol) {
			continue
		}
		sure = sure || after == "" || is(mailKind, after)
		if !is(mailKind, before) && !is(selfWord, before) {
			before = strings.TrimSuffix(before, "e") // "useremail"
		}
		rest := strings.Join(without([]string{before, after}, func(s string) bool { return is(mailKind, s) }), "")
		if !found || len(rest) < len(whose) {
			whose = rest
		}
		found = true
	}
	return found, sure, whose
}

func hasMailWord(key string) bool {
	found, _, _ := mailPart(key)
	return found
}

// isWholeName reports words that are a full name together: "nom complet", "Nachname Vorname".
func isWholeName(span []string) bool {
	rest := without(span, func(t string) bool { return is(wholeName, t) })
	if len(rest) < len(span) {
		return is(halfWord, strings.Join(rest, ""))
	}
	for cut := 1; cut < len(span); cut++ {
		a, b := strings.Join(span[:cut], ""), strings.Join(span[cut:], "")
		x, y := partOf(a), partOf(b)
		if x != y && (x != 0 || is(halfWord, a) && a != "name") && (y != 0 || is(halfWord, b)) { // not name.givenName
			return true
		}
	}
	return false
}

// partOf is the part of a name that words mean; 0: none.
func partOf(key string) Field {
	for _, f := range []Field{FirstName, LastName} {
		if is(class(f), key) {
			return f
		}
	}
	return 0
}

// ofOrganization reads "Account Name" and "Nombre de la empresa".
func ofOrganization(span []string) (rank int, ok bool) {
	rest := without(span, func(t string) bool { return is(halfWord, t) || t == "1" })
	rank, ok = words()[class(Organization)][strings.Join(rest, "")]
	return rank, ok
}

// splitCompound splits a word of languages that write words as one: 担当者名前, Kundenname.
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

// says reports a header with a word of a class, also as the end of a word: Kontaktinhaber.
func (h *header) says(i int, c class) bool {
	return slices.ContainsFunc(h.words[i], func(t string) bool {
		for w := range words()[c] {
			if t == w || len(w) >= len("owner") && strings.HasSuffix(t, w) {
				return true
			}
		}
		return false
	})
}

// isLogin reports a header whose last words are of what people log in with.
func (h *header) isLogin(i int) bool {
	tokens := strings.Fields(h.plain[i])
	for from := range tokens {
		if is(loginWord, strings.Join(tokens[from:], "")) {
			return true
		}
	}
	return false
}

// sounds reports a header under which stands how a name sounds.
func (h *header) sounds(i int) bool {
	for w := range words()[soundWord] {
		if strings.Contains(h.whole[i], w) && (len(w) > 4 || isEastAsian([]rune(w)[0])) {
			return true
		}
	}
	return false
}

// neverTaken reports columns whose addresses are never taken without being told: another
// person's, alternate ones, those numbered from 2, and logins.
func (h *header) neverTaken(i int) bool {
	more := slices.ContainsFunc(h.words[i], func(t string) bool {
		return is(furtherWord, t) || len(t) == 1 && t > "1" && t <= "9"
	})
	return more || h.own[i] || h.says(i, elsewhereWord) || h.isLogin(i)
}

// without is a list without some of its elements; nil when none is left.
func without[E any](list []E, drop func(E) bool) []E {
	var rest []E
	for _, e := range list {
		if !drop(e) {
			rest = append(rest, e)
		}
	}
	return rest
}
