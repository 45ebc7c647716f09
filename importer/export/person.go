package export

import (
	"strings"

	"github.com/gocarina/gocsv"
)

// person is what gocsv fills from a record under our own header.
type person struct {
	Email        string `csv:"email"`
	Name         string `csv:"name"`
	FirstName    string `csv:"first_name"`
	LastName     string `csv:"last_name"`
	Infix        string `csv:"infix"`
	SecondLast   string `csv:"second_last_name"`
	Organization string `csv:"organization"`
	ExternalID   string `csv:"external_id"`
	AccountID    string `csv:"account_id"`
}

// canonical turns records of any source into records of one form: the header
// has the words of Field, and each row its cells in that order. It is a
// gocsv.Decoder, so that gocsv maps columns to fields without any of its
// process-wide settings.
type canonical struct {
	columns *columns
	fields  []Field
	rows    [][]string // the header first
	cells   []string   // memory of the rows
}

func newCanonical(c *columns) *canonical {
	n := &canonical{columns: c}
	var header []string
	for f := Email; f <= secondLast; f++ {
		if c.has(f) {
			n.fields = append(n.fields, f)
			header = append(header, f.String())
		}
	}
	n.rows = append(n.rows, header)
	return n
}

// GetCSVRows is what gocsv reads.
func (n *canonical) GetCSVRows() ([][]string, error) { return n.rows, nil }

// people maps records to people, in order.
func (n *canonical) people(records [][]string) ([]person, error) {
	n.rows, n.cells = n.rows[:1], n.cells[:0]
	for _, cells := range records {
		start := len(n.cells)
		for _, f := range n.fields {
			n.cells = append(n.cells, firstFilled(cells, n.columns.at[f]))
		}
		n.rows = append(n.rows, n.cells[start:len(n.cells):len(n.cells)])
	}
	var people []person
	if err := gocsv.UnmarshalDecoder(n, &people); err != nil {
		return nil, err
	}
	return people, nil
}

// firstFilled is the first cell at some indexes that is not blank.
func firstFilled(cells []string, at []int) string {
	for _, i := range at {
		if c := cellAt(cells, i); strings.TrimSpace(c) != "" {
			return c
		}
	}
	return ""
}
