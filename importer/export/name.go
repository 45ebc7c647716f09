package export

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"jsm-onboard/importer/csvtext"
)

// cleanName makes a name fit to be sent. It repairs what leaves no doubt about
// the name, and rejects names that are broken. "Null", "NA", "007" and "True" are people.
func cleanName(s string) (name string, repairs []*kind, fault *kind) {
	if text := bare(s); text != s {
		s, repairs = text, append(repairs, guardedCell)
	}
	switch {
	case isPlaceholder(trimBlanks(s)):
		return "", nil, nil
	case isSimple(s):
		return s, repairs, nil
	case isBroken(s):
		return "", nil, nameBroken
	case formula.MatchString(s), code.MatchString(s), strings.Count(s, `"`)%2 == 1:
		return "", nil, notAName
	}
	s = trimBlanks(s)
	name = unprintable.ReplaceAllString(lineBreak.ReplaceAllString(s, " "), "")
	if name != strings.ReplaceAll(s, "\t", " ") {
		repairs = append(repairs, nameControls)
	}
	return trimBlanks(name), repairs, nil
}

// What a name is sent without: breaks, and what does not show but for what joins letters.
var (
	lineBreak   = regexp.MustCompile(`[\t\n\r\v\f\x{85}\x{2028}\x{2029}]`)
	unprintable = regexp.MustCompile(`\p{Cc}|[^\P{Cf}\x{200c}\x{200d}]`)
)

// isSimple reports names that need no second look: Latin letters, none of those beyond ASCII
// next to another, digits and blanks.
func isSimple(s string) bool {
	before := ' '
	for _, r := range s {
		plain := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == ' '
		marked := 'À' <= r && r <= 'ž' && r != '×' && r != '÷' && before < utf8.RuneSelf &&
			(before == ' ' || unicode.IsLower(r))
		if !plain && !marked {
			return false
		}
		before = r
	}
	return s != "" && trimBlanks(s) == s
}

// isPlaceholder reports what programs write where there is no name. One such
// word that people are called by (Null, NA) is a placeholder only twice.
func isPlaceholder(s string) bool {
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		if !isEmptyPart(w) && (w == s || !isNull(w)) {
			return isEmptyPart(s)
		}
	}
	return true
}

func isNull(s string) bool { return s == "null" || s == "NULL" }

var emptyParts = []string{`\N`, "undefined", "<null>", "#n/a", "n/a", "nan", "<none>"}

// isEmptyPart reports what no part of a name is: (null), undefined, [not provided], a dash or dots.
func isEmptyPart(s string) bool {
	if slices.ContainsFunc(emptyParts, func(word string) bool { return strings.EqualFold(word, s) }) {
		return s != "Nan" && s != "NAN"
	}
	return enclosed(s, "[", "]") || enclosed(s, "(", ")") || strings.Trim(s, "-–—._*/") == ""
}

func enclosed(s, open, closing string) bool {
	return strings.HasPrefix(s, open) && strings.HasSuffix(s, closing)
}

// joinParts puts the parts of a name together, one that has another in it alone. A null stands for nothing beside one,
// and beside a part that is written in another way, as in "Ann", "NULL".
func joinParts(parts ...string) string {
	for i, part := range parts {
		parts[i] = trimBlanks(bare(part))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return isEmptyPart(p) || mayBeAddress(p) })
	real := slices.DeleteFunc(slices.Clone(parts), isNull)
	joined := strings.Join(real, "")
	mixed := strings.ContainsFunc(joined, unicode.IsUpper) && strings.ContainsFunc(joined, unicode.IsLower)
	if len(parts) > 1 && (len(real) == 0 || mixed) {
		parts = real
	}
	for _, part := range parts {
		within := func(p string) bool { return p != part && strings.Contains(" "+part+" ", " "+p+" ") }
		parts = slices.DeleteFunc(slices.Clone(parts), within)
	}
	if len(parts) > 1 && strings.Contains(parts[0], " ") {
		parts = slices.Compact(parts) // the full name as the first and as the last one
	}
	return strings.Join(parts, " ")
}

// escaped are ways of writing a letter that a program has not undone (\u00fc, %C3%BC, =C3=BC,
// =?utf-8?Q?…?=, \xc3, +AOk-), what a spreadsheet leaves of a cell that it took for a formula, in any
// language (#NAME?, #WERT!, #N/D), and question marks where letters were.
var escaped = regexp.MustCompile(
	`(\\u|_x|X')[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2}|=[89A-F][0-9A-F]=[89AB][0-9A-F]|` +
		`=\?[^? ]+\?[BbQq]\?|\+A[M-P][AEIMQUYcgkosw048]|` +
		`(^|\s)#([¡¿]?[\p{Lu}/0]+[?!]|(\p{Lu}/\p{Lu}|NV)(\s|$))|\?`,
)

// formula is what a spreadsheet would reckon: =HYPERLINK(…), =1+2, =cmd|…, =Sheet1!A1.
var formula = regexp.MustCompile(`^=\s*(\pL[\pL\d.]*[(|!]|[\d.]+\s*[-+*/])`)

// code is what a program, a template or a directory writes around names or in their place: {{name}}, <b>Ann</b>,
// CN=Ann, 12;#Ann, O\'Hara, b'Ann', Ann+Lee, *|FNAME|*, %NAME%, i:0#.f|…|ann, #####, a link.
var code = regexp.MustCompile(`[{}<>\\]|\pL=\S|;#|##|\*\||\|\w+\||%\w+%|''|^b'|\pL\+\pL|://`)

// odd is a sign beyond ASCII in a word, or a letter beyond ASCII whose case is not that of the others: Bj¿rn, J³rgen,
// josã©, £ukasz, Fran‡ois, Jose´, JosÚ, JŸrgen, йЧБО.
var odd = regexp.MustCompile(`\pL[^\x00-\x7f\p{L}\p{M}\p{P}\p{Z}\p{N}\p{C}´]\pL|\pL[¹²³¼½¾]\pL|` +
	`[^\x00-\x7f\P{L}][©±¤¥¢¶§¬]|(^|\s)[£¥¯¤¢§¶±³]\pL|\pL[¿¡‚†‡‰]|\pL´(\s|$)|` +
	`\p{Ll}{2}[^\x00-\x7f\P{Lu}]|\p{Lu}[^\x00-\x7f\P{Lu}]\p{Ll}|(^|\s)[^\x00-\x7f\P{Ll}]\p{Lu}`)

// isBroken reports a name that is not what the person is called any more: bytes or letters
// are lost or written as codes, scripts are mixed inside a word, or its bytes are other
// letters that make sense.
func isBroken(s string) bool {
	lost := func(r rune) bool { return r == 0 || r == utf8.RuneError || r >= 0x80 && r < 0xa0 && r != 0x85 }
	if !utf8.ValidString(s) || strings.ContainsFunc(s, lost) || html.UnescapeString(s) != s || escaped.MatchString(s) {
		return true
	}
	return !isASCII(s) && (mixesScripts(s) || odd.MatchString(s) || csvtext.IsMisread(s))
}
