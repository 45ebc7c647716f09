package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"jsm-onboard/importer"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// A Page is a run as one HTML file without any outside resource, of constant
// size. Nothing in a cell can become markup or script; a policy in the page
// lets nothing run or load but what we wrote.
type Page struct {
	Version  string
	Summary  Summary
	Ending   Ending
	Trace    *Trace    // nil: not recorded
	Findings *Findings // nil: single rows are not told
}

// WritePage writes the page's file.
func WritePage(path string, p Page) error {
	b, err := p.HTML()
	if err != nil {
		return err
	}
	return WriteFile(path, b)
}

// HTML is the page.
func (p Page) HTML() ([]byte, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("the page's template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p.view()); err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	return b.Bytes(), nil
}

// shownCell is how much of a cell the page shows.
const shownCell = 200

// AddOf is Add for a row that may have neither address nor name of its own,
// because it is wrong: then these stand for them on the page.
func (f *Findings) AddOf(o importer.Outcome, address, name string) {
	before := len(f.listed)
	f.Add(o)
	if !f.addresses || len(f.listed) == before {
		return
	}
	row := &f.listed[before]
	row.Email = cmp.Or(row.Email, strings.Clone(shorten(address, shownCell)))
	row.Name = cmp.Or(row.Name, strings.Clone(shorten(name, shownCell)))
}

// hashSource is how a Content-Security-Policy names an inline text.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
