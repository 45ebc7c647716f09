package csvtext

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

const utf8BOM = "\xef\xbb\xbf"

// Encoding is how bytes become text.
type Encoding struct {
	Name     string            // as --encoding takes it
	Guessed  bool              // by the bytes: nobody says so
	encoding encoding.Encoding // nil: UTF-8, taken as it is
}

// withBOM are the encodings with a byte order mark, a longer mark before one that it begins with.
var withBOM = []struct {
	bom string
	Encoding
}{
	{utf8BOM, mustEncoding("utf-8")},
	{"\xff\xfe\x00\x00", Encoding{Name: "utf-32le", encoding: utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)}},
	{"\x00\x00\xfe\xff", Encoding{Name: "utf-32be", encoding: utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)}},
	{"\xff\xfe", mustEncoding("utf-16le")},
	{"\xfe\xff", mustEncoding("utf-16be")},
}

// legacy are the encodings of files that are no Unicode, the more frequent first.
var legacy = all(`windows-1252 windows-1250 windows-1251 windows-1254 windows-1253 windows-1257
	iso-8859-2 iso-8859-15 shift_jis gb18030 big5 euc-kr euc-jp macintosh cp850 cp852 windows-1255
	windows-1256 windows-874 koi8-r koi8-u iso-8859-5 iso-8859-6 iso-8859-7 x-mac-cyrillic cp437 ibm866`)

func all(labels string) (list []Encoding) {
	for label := range strings.FieldsSeq(labels) {
		list = append(list, mustEncoding(label))
	}
	return list
}

// mustEncoding returns the encoding of a label that is known to exist.
func mustEncoding(label string) Encoding {
	e, _ := findEncoding(label)
	return e
}

// findEncoding parses the value of --encoding: a label of the WHATWG standard, or a name that IANA knows.
func findEncoding(label string) (Encoding, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		e, err = ianaindex.IANA.Encoding(label)
	}
	switch {
	case err != nil, e == nil, e == encoding.Replacement:
		return Encoding{}, &OptionError{Flag: "--encoding",
			What: fmt.Sprintf("there is no encoding %q (utf-8, utf-16, windows-1252, shift_jis, …)", label)}
	case e == unicode.UTF8:
		return Encoding{Name: "UTF-8"}, nil
	}
	return Encoding{Name: strings.ToLower(label), encoding: e}, nil
}

// Encodings are those that the file may be in: one when that is certain, else all that make words of it, the likeliest
// first. A byte order mark beats what the user says: label is that, or "".
func (f *File) Encodings(label string) (list []Encoding, err error) {
	for _, m := range withBOM {
		if bytes.HasPrefix(f.head, []byte(m.bom)) {
			return []Encoding{m.Encoding}, nil
		}
	}
	e, nuls := mustEncoding("utf-8"), bytes.Count(f.head, []byte{0})
	switch {
	case label != "":
		e, err = findEncoding(label)
	case nuls > 1 && nuls*6 >= len(f.head): // halves of ASCII letters; the first shows which
		e = mustEncoding([]string{"utf-16be", "utf-16le"}[bytes.IndexByte(f.head, 0)%2])
		e.Guessed = true
	case bytes.Contains(f.head, []byte("\x1b$")):
		e = mustEncoding("iso-2022-jp")
	case f.NotUTF8 > f.isUTF8:
		if list = f.candidates(); list == nil {
			err = f.refuse("the file is not UTF-8, and its letters make no words in any encoding known here",
				"save it as UTF-8, or say what it is with --encoding")
		}
		return list, err
	}
	return []Encoding{e}, err
}

const statsBytes = 64 << 10

// addLine looks at a line, or at several that end in CR, for what shows the encoding.
func (f *File) addLine(b []byte) {
	f.head = append(f.head, b[:min(len(b), statsBytes-len(f.head))]...)
	for line := range bytes.SplitAfterSeq(b, []byte("\r")) {
		switch {
		case !utf8.Valid(line):
			f.NotUTF8++
			f.badLines = append(f.badLines, line[:min(len(line), statsBytes-len(f.badLines))]...)
		case utf8.RuneCount(line) < len(line):
			f.isUTF8++
		}
	}
}

// candidates are the encodings in which the lines that are not UTF-8 make words, but for one in fifty.
func (f *File) candidates() (fit []Encoding) {
	for _, e := range legacy {
		text, _ := e.encoding.NewDecoder().Bytes(f.badLines)
		if words, misfits := countWords(string(text)); misfits*50 <= words {
			e.Guessed = true
			fit = append(fit, e)
		}
	}
	return fit
}
