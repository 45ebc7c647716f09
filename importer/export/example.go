package export

// Example is a row that may be sent, as it was understood. It holds somebody's
// name and address: it is for no log.
type Example struct {
	Line         int    `json:"line"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	ExternalID   string `json:"external_id"`
	Organization string `json:"organization"`
	AccountID    string `json:"account_id,omitempty"`
}

const maxExamples = 3

// exemplify keeps the first rows that may be sent, and where the encoding is a
// guess the first names that show whether it is right.
func (s *Survey) exemplify(r *Row) {
	if len(s.Examples) < maxExamples {
		s.Examples = append(s.Examples, Example{r.Line, r.Name, r.Email, r.ExternalID, r.Organization, r.AccountID})
	}
	if s.charset.guess == guessedWindows1252 && !isASCII(r.Name) {
		s.tally.show(guessedWindows1252, Value{Line: r.Line, Text: r.Name})
	}
}
