package csvtext

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

const utf8BOM = "\xef\xbb\xbf"

// Encoding is how bytes become text.
type Encoding struct {
	Name    string
	Flag    string            // as --encoding takes it
	Guessed bool              // by the bytes: nobody says so
	Wide    bool              // of several bytes for a letter: what it makes of others looks like words, too
	decoder encoding.Encoding // nil: UTF-8, taken as it is
	mark    string            // the byte order mark; "": none
}

var (
	plainUTF8 = Encoding{Name: "UTF-8", Flag: "utf-8"}
	utf16LE   = Encoding{Name: "UTF-16LE", Flag: "utf-16le", mark: "\xff\xfe",
		decoder: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}
	utf16BE = Encoding{Name: "UTF-16BE", Flag: "utf-16be", mark: "\xfe\xff",
		decoder: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}
	utf32LE = Encoding{Name: "UTF-32LE", Flag: "utf-32le", mark: "\xff\xfe\x00\x00",
		decoder: utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)}
	utf32BE = Encoding{Name: "UTF-32BE", Flag: "utf-32be", mark: "\x00\x00\xfe\xff",
		decoder: utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)}
	cp858 = Encoding{Name: "cp858", Flag: "cp858", decoder: charmap.CodePage858}

	// marked are the encodings with a byte order mark, the longer one first where one begins with another.
	marked = []Encoding{{Name: "UTF-8 with byte order mark", Flag: "utf-8", mark: utf8BOM}, utf32LE, utf32BE,
		utf16LE, utf16BE}
)

// legacy are the encodings of files that are no Unicode, the more frequent first.
var legacy = []Encoding{
	{Name: "Windows-1252", Flag: "windows-1252", decoder: charmap.Windows1252},
	{Name: "Windows-1250", Flag: "windows-1250", decoder: charmap.Windows1250},
	{Name: "Windows-1251", Flag: "windows-1251", decoder: charmap.Windows1251},
	{Name: "Windows-1254", Flag: "windows-1254", decoder: charmap.Windows1254},
	{Name: "Windows-1253", Flag: "windows-1253", decoder: charmap.Windows1253},
	{Name: "Windows-1257", Flag: "windows-1257", decoder: charmap.Windows1257},
	{Name: "ISO 8859-2", Flag: "iso-8859-2", decoder: charmap.ISO8859_2},
	{Name: "ISO 8859-15", Flag: "iso-8859-15", decoder: charmap.ISO8859_15},
	{Name: "Shift_JIS", Flag: "shift_jis", Wide: true, decoder: japanese.ShiftJIS},
	{Name: "GB18030", Flag: "gb18030", Wide: true, decoder: simplifiedchinese.GB18030},
	{Name: "Big5", Flag: "big5", Wide: true, decoder: traditionalchinese.Big5},
	{Name: "EUC-KR", Flag: "euc-kr", Wide: true, decoder: korean.EUCKR},
	{Name: "EUC-JP", Flag: "euc-jp", Wide: true, decoder: japanese.EUCJP},
	{Name: "Mac Roman", Flag: "macintosh", decoder: charmap.Macintosh},
	{Name: "cp850", Flag: "cp850", decoder: charmap.CodePage850},
	{Name: "cp852", Flag: "cp852", decoder: charmap.CodePage852},
	{Name: "Windows-1255", Flag: "windows-1255", decoder: charmap.Windows1255},
	{Name: "Windows-1256", Flag: "windows-1256", decoder: charmap.Windows1256},
	{Name: "Windows-874", Flag: "windows-874", decoder: charmap.Windows874},
	{Name: "KOI8-R", Flag: "koi8-r", decoder: charmap.KOI8R},
	{Name: "KOI8-U", Flag: "koi8-u", decoder: charmap.KOI8U},
	{Name: "ISO 8859-5", Flag: "iso-8859-5", decoder: charmap.ISO8859_5},
	{Name: "ISO 8859-6", Flag: "iso-8859-6", decoder: charmap.ISO8859_6},
	{Name: "ISO 8859-7", Flag: "iso-8859-7", decoder: charmap.ISO8859_7},
	{Name: "Mac Cyrillic", Flag: "x-mac-cyrillic", decoder: charmap.MacintoshCyrillic},
	{Name: "cp437", Flag: "cp437", decoder: charmap.CodePage437},
	{Name: "IBM866", Flag: "ibm866", decoder: charmap.CodePage866},
}

// decode reads r as UTF-8. Bytes that are no UTF-8 in a UTF-8 file stay as they are.
func (e Encoding) decode(r io.Reader) io.Reader {
	if e.decoder == nil {
		return r
	}
	return transform.NewReader(r, e.decoder.NewDecoder())
}

// Text decodes bytes that are no UTF-8.
func (e Encoding) Text(raw string) string {
	text, err := e.decoder.NewDecoder().String(raw)
	if err != nil {
		return string(utf8.RuneError)
	}
	return text
}

// Encodings are those that the file may be in: one when that is certain, else
// all that make words of it, the likeliest first. A byte order mark beats what
// the user says; named is that, or "".
func (f *File) Encodings(named string) ([]Encoding, error) {
	begins := func(e Encoding) bool { return bytes.HasPrefix(f.marks.head, []byte(e.mark)) }
	if i := slices.IndexFunc(marked, begins); i >= 0 {
		return marked[i : i+1], nil
	}
	if named != "" {
		e, err := namedEncoding(named)
		return []Encoding{e}, err
	}
	if e, ok := byNULs(f.marks.head); ok {
		return []Encoding{e}, nil
	}
	if bytes.Contains(f.marks.head, []byte("\x1b$")) {
		return []Encoding{{Name: "ISO-2022-JP", Flag: "iso-2022-jp", decoder: japanese.ISO2022JP}}, nil
	}
	if f.marks.bad == 0 || f.marks.good >= f.marks.bad {
		return []Encoding{plainUTF8}, nil
	}
	if fit := f.candidates(); len(fit) > 0 {
		return fit, nil
	}
	return nil, &RefusedError{Path: f.path,
		What: "the file is not UTF-8, and its letters make no words in any encoding known here",
		Hint: "save it as UTF-8, or say what it is with --encoding"}
}

// NotUTF8 is how many lines have bytes that are not UTF-8.
func (f *File) NotUTF8() int { return f.marks.bad }

// Sample decodes the beginning of the file, n bytes of it at most.
func (f *File) Sample(e Encoding, n int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(e.decode(io.NewSectionReader(f.copy, 0, 1<<62)), int64(n)))
}

// namedEncoding reads the value of --encoding: a flag or name of the tables
// above, or a label of the WHATWG standard.
func namedEncoding(name string) (Encoding, error) {
	plain := strings.NewReplacer("-", "", "_", "", " ", "", "windows", "cp", "ibm", "cp", "bom", "", "sig", "")
	key := plain.Replace(strings.ToLower(name))
	for _, e := range slices.Concat([]Encoding{plainUTF8, utf16LE, utf16BE, utf32LE, utf32BE, cp858}, legacy) {
		flag := plain.Replace(e.Flag)
		if key == flag || key+"le" == flag || key == plain.Replace(strings.ToLower(e.Name)) {
			return e, nil
		}
	}
	e, err := htmlindex.Get(name)
	label := name
	if err == nil {
		label, err = htmlindex.Name(e)
	}
	if err != nil || label == "replacement" || label == "x-user-defined" {
		return Encoding{}, &OptionError{Flag: "--encoding",
			What: fmt.Sprintf("there is no encoding %q (utf-8, utf-16, windows-1252, shift_jis, …)", name)}
	}
	return Encoding{Name: label, Flag: label, decoder: e}, nil
}

// byNULs knows UTF-16 by the NULs that ASCII letters have in it.
func byNULs(head []byte) (Encoding, bool) {
	var nuls [2]int
	for i, c := range head {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := len(head) / 2
	e := utf16LE
	if nuls[0] > nuls[1] {
		e, nuls[0], nuls[1] = utf16BE, nuls[1], nuls[0]
	}
	e.Guessed = true
	return e, half >= 2 && nuls[1]*3 >= half && nuls[0]*10 <= nuls[1]
}

// marks are what the bytes of a file say about its encoding.
type marks struct {
	head      []byte // the beginning, at most 64 KiB
	good, bad int    // lines with bytes above ASCII that are, and are not, UTF-8
	lines     []byte // the first of the bad ones
}

const marksKept = 64 << 10

// add looks at whole lines.
func (m *marks) add(b []byte) {
	m.head = append(m.head, b[:min(len(b), marksKept-len(m.head))]...)
	for line := range bytes.Lines(b) {
		switch {
		case !slices.ContainsFunc(line, func(c byte) bool { return c >= utf8.RuneSelf }):
		case utf8.Valid(line):
			m.good++
		default:
			m.bad++
			m.lines = append(m.lines, line[:min(len(line), marksKept-len(m.lines))]...)
		}
	}
}

// candidates are the encodings in which the lines that are not UTF-8 make words.
func (f *File) candidates() (fit []Encoding) {
	misfits, words := make([]int, len(legacy)), make([]int, len(legacy))
	for i, e := range legacy {
		words[i], misfits[i] = countWords(e.Text(string(f.marks.lines)))
	}
	least := slices.Min(misfits)
	for i, e := range legacy {
		if misfits[i]*10 <= words[i] && (misfits[i]-least)*50 <= words[i] {
			e.Guessed = true
			fit = append(fit, e)
		}
	}
	return fit
}
