package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
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

// hashSource is how a Content-Security-Policy names an inline text.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
