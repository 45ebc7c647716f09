package csvtext

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

const utf8BOM = "\xef\xbb\xbf"

// Encoding is how bytes become text.
type Encoding struct {
	Name    string
	Flag    string            // as --encoding takes it
	Guessed bool              // UTF-16 without a byte order mark
	Wide    bool              // of several bytes for a letter: what it makes of others looks like words, too
	decoder encoding.Encoding // nil: UTF-8, taken as it is
}

// IsUTF8 reports whether bytes are taken as they are.
func (e Encoding) IsUTF8() bool { return e.decoder == nil }

// decode reads r as UTF-8. Bytes that are no UTF-8 in a UTF-8 file stay as they are.
func (e Encoding) decode(r io.Reader) io.Reader {
	if e.decoder == nil {
		return r
	}
	return transform.NewReader(r, e.decoder.NewDecoder())
}

var (
	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	utf32LE = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	utf32BE = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
)

// byteOrderMarks are told apart in this order.
var byteOrderMarks = []struct {
	mark string
	Encoding
}{
	{utf8BOM, Encoding{Name: "UTF-8 with byte order mark", Flag: "utf-8"}},
	{"\xff\xfe\x00\x00", Encoding{Name: "UTF-32LE", Flag: "utf-32le", decoder: utf32LE}},
	{"\x00\x00\xfe\xff", Encoding{Name: "UTF-32BE", Flag: "utf-32be", decoder: utf32BE}},
	{"\xff\xfe", Encoding{Name: "UTF-16LE", Flag: "utf-16le", decoder: utf16LE}},
	{"\xfe\xff", Encoding{Name: "UTF-16BE", Flag: "utf-16be", decoder: utf16BE}},
}

// Encodings are those that the file may be in: one when that is certain, else
// all that make words of it, the likeliest first. A byte order mark beats what
// the user says; named is that, or "".
func (f *File) Encodings(named string) ([]Encoding, error) {
	var told Encoding
	if named != "" {
		var err error
		if told, err = namedEncoding(named); err != nil {
			return nil, err
		}
	}
	for _, b := range byteOrderMarks {
		if bytes.HasPrefix(f.marks.head, []byte(b.mark)) {
			return []Encoding{b.Encoding}, nil
		}
	}
	if named != "" {
		return []Encoding{told}, nil
	}
	if e, wide := wideWithoutMark(f.marks.head); wide {
		return []Encoding{e}, nil
	}
	if f.marks.bad == 0 || f.marks.good >= f.marks.bad {
		return []Encoding{{Name: "UTF-8", Flag: "utf-8"}}, nil
	}
	return f.candidates()
}

// NotUTF8 is how many lines have bytes that are not UTF-8.
func (f *File) NotUTF8() int { return f.marks.bad }

// Sample decodes the beginning of the file, n bytes of it at most.
func (f *File) Sample(e Encoding, n int) ([]byte, error) {
	sample := make([]byte, n)
	read, err := io.ReadFull(e.decode(io.NewSectionReader(f.copy, 0, 1<<62)), sample)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return sample[:read], err
}

// wideWithoutMark knows UTF-16 by the NULs that ASCII letters have in it.
func wideWithoutMark(head []byte) (Encoding, bool) {
	var nuls [2]int
	for i, c := range head {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 2:
	case nuls[1]*3 >= half && nuls[0]*10 <= nuls[1]:
		return Encoding{Name: "UTF-16LE", Flag: "utf-16le", Guessed: true, decoder: utf16LE}, true
	case nuls[0]*3 >= half && nuls[1]*10 <= nuls[0]:
		return Encoding{Name: "UTF-16BE", Flag: "utf-16be", Guessed: true, decoder: utf16BE}, true
	}
	return Encoding{}, false
}

// otherNames are encodings that the WHATWG standard has not, or has under another name.
var otherNames = map[string]Encoding{
	"utf8":    {Name: "UTF-8", Flag: "utf-8"},
	"utf8bom": {Name: "UTF-8", Flag: "utf-8"},
	"utf8sig": {Name: "UTF-8", Flag: "utf-8"},
	"utf16":   {Name: "UTF-16LE", Flag: "utf-16le", decoder: utf16LE},
	"utf16le": {Name: "UTF-16LE", Flag: "utf-16le", decoder: utf16LE},
	"unicode": {Name: "UTF-16LE", Flag: "utf-16le", decoder: utf16LE},
	"utf16be": {Name: "UTF-16BE", Flag: "utf-16be", decoder: utf16BE},
	"utf32":   {Name: "UTF-32LE", Flag: "utf-32le", decoder: utf32LE},
	"utf32le": {Name: "UTF-32LE", Flag: "utf-32le", decoder: utf32LE},
	"utf32be": {Name: "UTF-32BE", Flag: "utf-32be", decoder: utf32BE},
	"mac":     {Name: "macintosh", Flag: "macintosh", decoder: charmap.Macintosh},
	"cp437":   {Name: "cp437", Flag: "cp437", decoder: charmap.CodePage437},
	"cp850":   {Name: "cp850", Flag: "cp850", decoder: charmap.CodePage850},
	"cp852":   {Name: "cp852", Flag: "cp852", decoder: charmap.CodePage852},
	"cp858":   {Name: "cp858", Flag: "cp858", decoder: charmap.CodePage858},
}

func namedEncoding(name string) (Encoding, error) {
	key := strings.NewReplacer("-", "", "_", "", " ", "", "ibm", "cp", "macroman", "mac").Replace(strings.ToLower(name))
	if e, ok := otherNames[key]; ok {
		return e, nil
	}
	label := name
	if number, ok := strings.CutPrefix(key, "cp"); ok && len(number) == 4 {
		label = "windows-" + number
	} else if number, ok := strings.CutPrefix(key, "windows"); ok {
		label = "windows-" + number
	}
	e, err := htmlindex.Get(label)
	if err == nil {
		label, err = htmlindex.Name(e)
	}
	if err != nil || label == "replacement" || label == "x-user-defined" {
		return Encoding{}, &OptionError{Flag: "--encoding",
			What: fmt.Sprintf("there is no encoding %q (utf-8, utf-16, windows-1252, shift_jis, …)", name)}
	}
	return Encoding{Name: label, Flag: label, decoder: e}, nil
}

// marks are what the bytes of a file say about its encoding.
type marks struct {
	head      []byte // the beginning, at most 64 KiB
	good, bad int    // lines with bytes above ASCII that are, and are not, UTF-8
	lines     []byte // the first of the bad ones
	carry     []byte // a line that has not ended yet
}

const marksKept = 64 << 10

func (m *marks) add(b []byte) {
	m.head = append(m.head, b[:min(len(b), marksKept-min(marksKept, len(m.head)))]...)
	end := max(bytes.LastIndexByte(b, '\n'), bytes.LastIndexByte(b, '\r')) + 1
	if end == 0 && len(m.carry)+len(b) <= maxCell {
		m.carry = append(m.carry, b...)
		return
	}
	if end == 0 { // a line without end: cut between two characters
		end = runeEnd(b)
	}
	if len(m.carry) > 0 {
		line := bytes.IndexAny(b[:end], "\r\n") + 1
		if line == 0 {
			line = end
		}
		m.count(append(m.carry, b[:line]...))
		m.count(b[line:end])
	} else {
		m.count(b[:end])
	}
	m.carry = append(m.carry[:0], b[end:]...)
}

func (m *marks) end() {
	m.count(m.carry)
	m.carry = nil
}

// runeEnd is the length of b without a character that is cut off at its end.
func runeEnd(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				break
			}
			return i
		}
	}
	return len(b)
}

// count looks at whole lines.
func (m *marks) count(b []byte) {
	if isASCII(b) {
		return
	}
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte{'\n'})
		b = rest
		switch {
		case isASCII(line):
		case utf8.Valid(line):
			m.good++
		default:
			m.bad++
			if len(m.lines)+len(line) < marksKept {
				m.lines = append(append(m.lines, line...), '\n')
			}
		}
	}
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
