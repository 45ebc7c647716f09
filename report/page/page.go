// Package page shows a run as one HTML file.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"

	"jsm-onboard/report"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// A Page is a run as one HTML file without any outside resource, of constant size. Nothing in a
// cell can become markup; a policy in the page lets nothing run and nothing load.
type Page struct {
	Version  string
	Summary  report.Summary
	Trace    *Trace    // nil: not recorded
	Findings *Findings // nil: single rows are not shown
}

// Write writes the page's file.
func Write(path string, p Page) error {
	b, err := p.HTML()
	if err != nil {
		return err
	}
	return report.WriteFile(path, b)
}

// HTML is the page.
func (p Page) HTML() ([]byte, error) {
	t, err := template.New("page").Funcs(functions).Parse(pageHTML)
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
func hashSource(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
