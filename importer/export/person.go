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

// canonical are records of any source in one form: the header has the words of Field, and each row its cells in that
// order. It is a gocsv.Decoder, so that gocsv maps columns to fields without any of its process-wide settings.
type canonical [][]string

// GetCSVRows is what gocsv reads.
func (c canonical) GetCSVRows() ([][]string, error) { return c, nil }

// persons maps the records of rows, and of skipped lines, to people.
func (c *columns) persons(rows []*Row) (people []person, err error) {
	records := canonical{fieldNames}
	for _, row := range rows {
		cells := make([]string, len(fieldNames))
		for f := Email; f <= secondLast; f++ {
			cells[f] = firstFilled(row.record.Cells, c.at[f])
		}
		records = append(records, cells)
	}
	err = gocsv.UnmarshalDecoder(records, &people)
	return people, err
}

// joined is the name made of its parts.
func (p person) joined(familyFirst bool) string {
	if familyFirst {
		return joinParts(p.LastName, p.SecondLast, p.MiddleName, p.FirstName)
	}
	return joinParts(p.FirstName, p.MiddleName, p.LastName, p.SecondLast)
}
