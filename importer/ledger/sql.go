package ledger

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// list is values as the JSON that json_each takes: one parameter for any number of them.
func list[T string | int | int64](values []T) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	return string(text)
}

// text is t as it stands in the file: UTC, to the millisecond, "" for the zero time.
func text(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("a time in the file: %w", err)
	}
	return t, nil
}
