package report

import (
	"encoding/csv"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// TestMain lets no test leave loopback.
func TestMain(m *testing.M) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = dialLoopback(&net.Dialer{})
	http.DefaultTransport = transport
	os.Exit(m.Run())
}

// row is an outcome of the row with that number, at line number+1.
func row(number int, s importer.Status, reason string, cells ...string) importer.Outcome {
	return importer.Outcome{Status: s, Reason: reason, Row: &export.Row{Number: number, Line: number + 1, Cells: cells}}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// records reads what a table wrote, with the guards taken off.
func records(t *testing.T, content string) [][]string {
	t.Helper()
	body, ok := strings.CutPrefix(content, "\ufeff")
	if !ok {
		t.Fatalf("no BOM at the start of %q", content)
	}
	all, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all {
		for i := range record {
			record[i] = export.Unguard(record[i])
		}
	}
	return all
}

// names lists what stands in a folder.
func names(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return fmt.Sprint(found)
}
