package export

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/importer/csvtext"
)

// cleanName makes a name fit to be sent. It repairs what leaves the name certain, and rejects names that are broken.
// "Null", "NA", "007" and "True" are people.
func cleanName(cell string) (name string, repairs []*Problem, fault *Problem) {
	s := bare(cell)
	if s != cell {
		repairs = append(repairs, kindOf("guarded_cell"))
	}
	if s = trimBlanks(s); isNothing(s) {
		return "", nil, nil
	}
	if isSimple(s) {
		return s, repairs, nil
	}
	name = hidden.ReplaceAllString(lineBreak.ReplaceAllString(s, " "), "")
	switch {
	case isBroken(name):
		return "", nil, kindOf("name_lost_letters")
	case code.MatchString(name), strings.Count(name, `"`)%2 == 1:
		return "", nil, kindOf("not_a_name")
	case name != s:
		repairs = append(repairs, kindOf("name_controls"))
	}
	return norm.NFC.String(trimBlanks(name)), repairs, nil
}

// What a name is sent without: breaks, and what does not show but for what joins letters.
var (
	lineBreak = regexp.MustCompile(` *[\t\n\r\v\f\x{2028}\x{2029}]+ *`)
	hidden    = regexp.MustCompile(`[\x01-\x1f\x7f]|[^\P{Cf}\x{200c}\x{200d}]`)
)

// isSimple reports names that need no second look: Latin letters, none of those beyond ASCII next to another or a
// capital in a word, digits and blanks, and at the end no small word as in "Exported by".
func isSimple(s string) bool {
	before := ' '
	for _, r := range s {
		plain := 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' || r == ' '
		marked := 'À' <= r && r <= 'ž' && r != '×' && r != '÷' && before < utf8.RuneSelf &&
			(before == ' ' || unicode.IsLower(r))
		if !plain && !marked {
			return false
		}
		before = r
	}
	last := s[strings.LastIndexByte(s, ' ')+1:]
	return !is("link", last) && !is("elsewhere", last)
}

// nothing are words that programs write where there is no name, or no part of one, in capitals or not.
var nothing = []string{`\N`, "undefined", "<null>", "<none>", "n/a", "#n/a"}

// isNothing reports such words, what is in brackets, a dash or dots; and what is a name when it stands once, twice.
func isNothing(s string) bool {
	word, second, _ := strings.Cut(strings.ReplaceAll(s, ",", ""), " ")
	if word == second {
		s = word
	}
	same := func(w string) bool { return strings.EqualFold(w, s) }
	return strings.Trim(s, "-–—._*/ ") == "" || slices.ContainsFunc(nothing, same) || s == "nan" || s == "NaN" ||
		word == second && (isNull(s) || s == "None") ||
		s[0] == '(' && strings.HasSuffix(s, ")") || s[0] == '[' && strings.HasSuffix(s, "]")
}

func isNull(s string) bool { return s == "null" || s == "NULL" }

// joinParts puts the parts of a name together, one that has another in it alone. A null is nothing beside a part
// that is written in another way, as in "Ann", "NULL".
func joinParts(parts ...string) string {
	for i, part := range parts {
		parts[i] = trimBlanks(bare(part))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return isNothing(p) || mayBeAddress(p) })
	joined := strings.Join(parts, "")
	if joined != strings.ToLower(joined) && joined != strings.ToUpper(joined) {
		parts = without(parts, isNull)
	}
	parts = without(parts, func(p string) bool {
		within := func(q string) bool { return p != q && strings.Contains(" "+q+" ", " "+p+" ") }
		return slices.ContainsFunc(parts, within)
	})
	again := func(a, b string) bool { return a == b && strings.Contains(a, " ") } // the full name as first and last one
	return strings.Join(slices.CompactFunc(parts, again), " ")
}

// code is what a program, a template, a directory or a spreadsheet writes around names or in their place, and what
// stands between people: {{name}}, <b>Ann</b>, CN=Ann, =1+2, 12;#Ann, O\'Hara, b'Ann', 'Ann', Ann+Lee, *|FNAME|*,
// %NAME%, M&uuml;ller, J%C3%BCrgen, #REF!, 2024-05-01, 01-May, a link; what was cut; and what has a person after it in
// the last lines of reports: Exported by, Erstellt von, Report owner, Contact:.
var code = regexp.MustCompile(`[{}<>\\;]|\S=|=\d|^=.*[(!|]|^#\s|#[^\d\s]|%\w|\+\pL|\pL[*|:@]\pL|\*\||''|//|_x\d|` +
	`^\pL?'.*'$|^\d+[-./E]\S*\d$|(^|\s)(\d{4}-\d\d-\d\d|\d\d?(-|\. )\pL{3}|\pL{3}-\d\d?)(\s|$)|[,:]$|…|\.\.\.|` +
	`^\p{Lu}.* (by|von|durch|par|por|door|przez)$|^Report \p{Ll}+$`)

// lost are letters that are none any more: M?ller, Jose´, ╗│╦▄, ·¼, —é–Ø, and signs beyond ASCII alone.
var lost = regexp.MustCompile(`[\x00?\x{80}-\x{9f}\x{fffd}¤-¨¬¯±-³¶¸¹¼-¾\x{2200}-\x{22ff}\x{2500}-\x{259f}]|` +
	`\pL´(\s|$)|(^|\s)—\S|^[^\pL\p{Nd}]*[^\x00-\x7f\pL\p{Nd}][^\pL\p{Nd}]*$`)

// isBroken reports what is no longer the person's name: letters are lost, or are others than they were.
func isBroken(s string) bool {
	return lost.MatchString(s) || !isASCII(s) && (!csvtext.MakesWords(s) || csvtext.IsMisread(s))
}
