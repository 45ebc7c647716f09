package export

import (
	"bytes"
	"context"
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

// marks are what the bytes of a file say about its encoding.
type marks struct {
	head      []byte // the beginning, at most 64 KiB
	good, bad int    // lines with non-ASCII bytes that are, and are not, UTF-8
	badLine   int    // number of the first bad one
	high      [256]int
	highPairs int // bytes above ASCII that follow another one, in bad lines
	line      int
	carry     []byte
}

const marksHead = 64 << 10

// mark reads all unpacked bytes once; packed files are checked to their end by it.
func (f *File) mark(ctx context.Context) (marks, error) {
	var m marks
	r, err := f.unpack(ctx)
	if err != nil {
		return m, err
	}
	buf := make([]byte, chunkSize)
	for {
		n, err := r.Read(buf)
		m.add(buf[:n])
		if err == io.EOF {
			m.lines(m.carry)
			m.carry = nil
			return m, nil
		}
		if err != nil {
			return m, err
		}
	}
}

func (m *marks) add(b []byte) {
	if room := marksHead - len(m.head); room > 0 {
		m.head = append(m.head, b[:min(room, len(b))]...)
	}
	end := max(bytes.LastIndexByte(b, '\n'), bytes.LastIndexByte(b, '\r')) + 1
	if end == 0 && len(m.carry)+len(b) < 4*chunkSize {
		m.carry = append(m.carry, b...)
		return
	}
	if end == 0 { // a line without end: cut it between two characters
		end = runeEnd(b)
	}
	if len(m.carry) > 0 {
		m.carry = append(m.carry, b[:end]...)
		m.lines(m.carry)
		m.carry = m.carry[:0]
	} else {
		m.lines(b[:end])
	}
	m.carry = append(m.carry, b[end:]...)
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

// lines looks at whole lines.
func (m *marks) lines(b []byte) {
	if utf8.Valid(b) {
		m.line += bytes.Count(b, []byte("\n"))
		if m.good == 0 && utf8.RuneCount(b) != len(b) {
			m.good++
		}
		return
	}
	for line := range bytes.FieldsFuncSeq(b, func(r rune) bool { return r == '\n' || r == '\r' }) {
		m.line++
		switch {
		case !utf8.Valid(line):
			m.bad++
			if m.badLine == 0 {
				m.badLine = m.line
			}
			m.countHigh(line)
		case utf8.RuneCount(line) != len(line):
			m.good++
		}
	}
}

func (m *marks) countHigh(line []byte) {
	before := false
	for _, c := range line {
		high := c >= 0x80
		if high {
			m.high[c]++
			if before {
				m.highPairs++
			}
		}
		before = high
	}
}

// charset is how bytes become text.
type charset struct {
	name    string
	decoder encoding.Encoding // nil: UTF-8, taken as it is
	guess   kind              // 0: certain
}

// newDecoder reads r as UTF-8. Bytes that are no UTF-8 in a UTF-8 file stay as they are.
func (c charset) newDecoder(r io.Reader) io.Reader {
	if c.decoder == nil {
		return r
	}
	return transform.NewReader(r, c.decoder.NewDecoder())
}

var byteOrderMarks = []struct {
	mark, name string
	decoder    encoding.Encoding
}{
	{utf8BOM, "UTF-8 with byte order mark", nil},
	{"\xff\xfe\x00\x00", "UTF-32LE", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{"\x00\x00\xfe\xff", "UTF-32BE", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{"\xff\xfe", "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{"\xfe\xff", "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
}

// charset decides on the encoding; named is what the user says it is.
func (f *File) charset(named string) (charset, error) {
	if named != "" {
		return namedCharset(named)
	}
	m := &f.marks
	for _, b := range byteOrderMarks {
		if bytes.HasPrefix(m.head, []byte(b.mark)) {
			return charset{name: b.name, decoder: b.decoder}, nil
		}
	}
	if c, ok := utf16WithoutMark(m.head); ok {
		return c, nil
	}
	if m.bad == 0 || m.good > 0 {
		return charset{name: "UTF-8"}, nil
	}
	return f.windows1252()
}

func (f *File) windows1252() (charset, error) {
	m := &f.marks
	const sayEncoding = "say what it is with --encoding (windows-1250, windows-1251, shift_jis, …), or save it as UTF-8"
	for _, c := range []byte{0x81, 0x8d, 0x8f, 0x90, 0x9d} {
		if m.high[c] > 0 {
			what := fmt.Sprintf("the file is neither UTF-8 nor Windows-1252 (byte %02X occurs)", c)
			return charset{}, &RefusedError{Path: f.path, What: what, Hint: sayEncoding}
		}
	}
	total := 0
	for _, n := range m.high {
		total += n
	}
	if total >= 6 && m.highPairs*5 > total*2 { // words of nothing but letters above ASCII: not a western script
		what := "the file is not UTF-8, and read as Windows-1252 it makes no words"
		return charset{}, &RefusedError{Path: f.path, What: what, Hint: sayEncoding}
	}
	return charset{name: "Windows-1252", decoder: charmap.Windows1252, guess: guessedWindows1252}, nil
}

// utf16WithoutMark tells UTF-16 by the NULs that ASCII letters have in it.
func utf16WithoutMark(head []byte) (charset, bool) {
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
		return charset{"UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), guessedUTF16}, true
	case nuls[0]*3 >= half && nuls[1]*10 <= nuls[0]:
		return charset{"UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), guessedUTF16}, true
	}
	return charset{}, false
}

func namedCharset(name string) (charset, error) {
	switch key := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name)); key {
	case "utf8", "utf8bom", "utf8sig":
		return charset{name: "UTF-8"}, nil
	case "utf16", "utf16le", "unicode":
		return charset{name: "UTF-16LE", decoder: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, nil
	case "utf16be":
		return charset{name: "UTF-16BE", decoder: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	case "utf32", "utf32le":
		return charset{name: "UTF-32LE", decoder: utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)}, nil
	case "utf32be":
		return charset{name: "UTF-32BE", decoder: utf32.UTF32(utf32.BigEndian, utf32.UseBOM)}, nil
	case "macroman", "mac", "macintosh":
		return charset{name: "macintosh", decoder: charmap.Macintosh}, nil
	case "cp437", "ibm437":
		return charset{name: "IBM437", decoder: charmap.CodePage437}, nil
	case "cp850", "ibm850":
		return charset{name: "IBM850", decoder: charmap.CodePage850}, nil
	case "cp852", "ibm852":
		return charset{name: "IBM852", decoder: charmap.CodePage852}, nil
	case "cp858", "ibm858":
		return charset{name: "IBM858", decoder: charmap.CodePage858}, nil
	default:
		return indexedCharset(name, key)
	}
}

// indexedCharset knows the names of the WHATWG encoding standard, and cp1250 and the like.
func indexedCharset(name, key string) (charset, error) {
	label := name
	if number, ok := strings.CutPrefix(key, "cp"); ok && len(number) == 4 {
		label = "windows-" + number
	} else if number, ok := strings.CutPrefix(key, "windows"); ok {
		label = "windows-" + number
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return charset{}, &OptionError{Flag: "--encoding", What: fmt.Sprintf("there is no encoding %q (utf-8, utf-16, windows-1252, shift_jis, …)", name)}
	}
	canonical, err := htmlindex.Name(e)
	if err != nil || canonical == "replacement" || canonical == "x-user-defined" {
		return charset{}, &OptionError{Flag: "--encoding", What: fmt.Sprintf("there is no encoding %q (utf-8, utf-16, windows-1252, shift_jis, …)", name)}
	}
	return charset{name: canonical, decoder: e}, nil
}
