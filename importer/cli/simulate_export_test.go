package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// A format is one of the dresses in which the same people come out of a helpdesk.
type format struct {
	name, ending string
	delimiter    string
	quoted       bool
	encode       func(string) []byte
}

var formats = []format{
	{name: "comma", ending: ".csv", delimiter: ",", encode: plain},
	{name: "semicolon, all quoted, byte order mark", ending: ".csv", delimiter: ";", quoted: true, encode: withMark},
	{name: "tab", ending: ".tsv", delimiter: "\t", encode: plain},
	{name: "UTF-16", ending: ".txt", delimiter: "\t", quoted: true, encode: inUTF16},
	{name: "gzip", ending: ".csv.gz", delimiter: ",", encode: zipped},
}

func plain(s string) []byte    { return []byte(s) }
func withMark(s string) []byte { return []byte("\ufeff" + s) }

func inUTF16(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func zipped(s string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(s)) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// record is one record in the dress of f.
func (f format) record(cells ...string) string {
	for i, cell := range cells {
		if f.quoted || strings.ContainsAny(cell, f.delimiter+"\"\r\n") {
			cells[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, f.delimiter) + "\r\n"
}

// row writes a person as a row of an export, with notes that hold what notes hold.
func (f format) row(s *source, p *person) string {
	email := p.email
	if p.further != "" {
		email += "; " + p.further
	}
	if p.broken {
		email = strings.ReplaceAll(email, "@", " at ")
	}
	return f.record(p.name, email, p.organization, s.externalID(p), p.notes)
}

// writeExport writes the export of the night and notes who may be, and who must be, in which organization.
func (w *world) writeExport() {
	r, f := w.script.random, w.script.format
	rows := slices.Clone(w.people)
	rows = slices.DeleteFunc(rows, func(p *person) bool { return !p.in[w.source.number] })
	w.noteExport(rows)
	for _, p := range slices.Clone(rows) {
		if r.Float64() < w.script.dirt/3 { // the same person once more
			again := *p
			rows = append(rows, &again)
		}
	}
	text, last := f.record("name", "email", "organization", "external_id", "notes"), ""
	torn := -1 // the row that is
	if r.Float64() < w.script.torn && len(rows) > 0 {
		torn = r.IntN(len(rows))
	}
	cut := torn >= 0 && r.Float64() < 0.5
	for i, p := range rows {
		switch last = f.row(w.source, p); {
		case i == torn && cut:
			last = last[:len(f.record(p.name))-2+r.IntN(3)] // after the name
		case i == torn:
			last = f.record(p.name)
		}
		if text += last; i == torn && cut {
			break
		}
	}
	w.rows, w.must = len(rows), map[string][]string{}
	if torn >= 0 {
		w.rows = 0
	}
	for i, p := range rows {
		if cut && i >= torn || i == torn {
			continue
		}
		key := strings.ToLower(p.email)
		w.may[p.organization] = append(w.may[p.organization], key) // also whoever is broken: somebody may fix it
		if !p.broken && p.organization != "" {
			w.must[p.organization] = append(w.must[p.organization], key)
		}
	}
	if err := os.WriteFile(w.file(f.ending), f.encode(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

var (
	firstNames    = []string{"Ada", "Zoë", "Jörg", "Łukasz", "Şule", "Ana María", "Jean-Luc", "O'Neil", "Nguyễn", "Bo"}
	lastNames     = []string{"Lovelace", "Müller", "Dvořák", "Yılmaz", "García", "Nowak", "Smith", "van Dijk", "Øst", "Lee"}
	organizations = []string{"", "Hansa Logistik GmbH", "Acme, Inc.", "ACME  Labs", "北海道商事", "O’Brien & Sons"}
	notes         = []string{"", "called twice", "two\nlines", `says "hello"`, "a; b, c\td", "=1+1"}
)

// fold is a name as the local part of an address has it.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("ë", "e", "ö", "o", "Ł", "l", "Ş", "s", "í", "i", "ễ", "e", "ř", "r", "á", "a", "ü", "u",
		"ı", "i", "Ø", "o", " ", "", "-", "", "'", "").Replace(name))
}

// startSignals lets the runtime make its channels for signals outside of any bubble of virtual time.
var startSignals = sync.OnceFunc(func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
})

// runQuietly runs a program for its exit code.
func runQuietly(name string, args ...string) error { return exec.Command(name, args...).Run() }
