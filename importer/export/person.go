package export

import "github.com/gocarina/gocsv"

// person is what gocsv fills from a record under our own header.
type person struct {
	Email        string `csv:"email"`
	Name         string `csv:"name"`
	FirstName    string `csv:"first_name"`
	MiddleName   string `csv:"middle_name"`
	LastName     string `csv:"last_name"`
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
	rows    [][]string // the header first
	cells   []string   // memory of the rows
	people  []person
}

// GetCSVRows is what gocsv reads.
func (n *canonical) GetCSVRows() ([][]string, error) { return n.rows, nil }

// read maps the records of some rows to people, in order.
func (n *canonical) read(rows []*Row) ([]person, error) {
	var fields []Field
	var header []string
	for f := Email; f <= secondLast; f++ {
		if n.columns.has(f) {
			fields, header = append(fields, f), append(header, f.String())
		}
	}
	n.rows, n.cells, n.people = append(n.rows[:0], header), n.cells[:0], n.people[:0]
	for _, row := range rows {
		if row.skipped != nil {
			continue
		}
		start := len(n.cells)
		for _, f := range fields {
			n.cells = append(n.cells, firstFilled(row.record.Cells, n.columns.at[f]))
		}
		n.rows = append(n.rows, n.cells[start:len(n.cells):len(n.cells)])
	}
	if len(n.rows) == 1 {
		return nil, nil
	}
	err := gocsv.UnmarshalDecoder(n, &n.people)
	return n.people, err
}

// joined is the name made of its parts.
func (p person) joined(familyFirst bool) string {
	if familyFirst {
		return joinParts(p.LastName, p.SecondLast, p.MiddleName, p.FirstName)
	}
	return joinParts(p.FirstName, p.MiddleName, p.LastName, p.SecondLast)
}
