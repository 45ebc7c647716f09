package ledger

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"jsm-onboard/importer/outcome"
)

// pageRows is how many rows are read at a time. Between pages nothing is held, so that a slow reader does
// not keep the log from being emptied.
const pageRows = 1000

const timeLayout = "2006-01-02T15:04:05.000Z"

type scanner interface{ Scan(...any) error }

// query reads all rows of a query.
func query[T any](ctx context.Context, l *Ledger, scan func(scanner) (T, error),
	text string, args ...any) ([]T, error) {
	rows, err := l.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, wrap(l.path, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, wrap(l.path, err)
		}
		all = append(all, one)
	}
	return all, wrap(l.path, rows.Err())
}

// paged yields what page reads from first on, and from after the last one of each page on.
func paged[T, P any](first P, page func(from P) ([]T, error), after func(T) P) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for from := first; ; {
			all, err := page(from)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, one := range all {
				if !yield(one, nil) {
					return
				}
			}
			if len(all) < pageRows {
				return
			}
			from = after(all[len(all)-1])
		}
	}
}

// list is values as the JSON that json_each takes: one parameter for any number of them.
func list[T any](values []T) string {
	if values == nil {
		return "[]" // and not null, which is one value
	}
	text, _ := json.Marshal(values) // texts and numbers can always be written
	return string(text)
}

// pairs reads a query for values that yields two texts a row, the first of which is the key.
func pairs(ctx context.Context, l *Ledger, text string, values []string) (map[string]string, error) {
	byKey := make(map[string]string, len(values))
	_, err := query(ctx, l, func(s scanner) (key string, err error) {
		var value string
		err = s.Scan(&key, &value)
		byKey[key] = value
		return key, err
	}, text, list(values))
	return byKey, err
}

// moment is t as it stands in the file: UTC, to the millisecond, "" for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func now() string { return moment(time.Now()) }

// timeColumn scans a time.
type timeColumn struct{ t *time.Time }

func (c timeColumn) Scan(value any) (err error) {
	*c.t = time.Time{}
	if text, _ := value.(string); text != "" {
		*c.t, err = time.Parse(time.RFC3339, text)
	}
	return err
}

// statusColumn scans the name of a status.
type statusColumn struct{ s *outcome.Status }

func (c statusColumn) Scan(value any) (err error) {
	name, _ := value.(string)
	*c.s, err = outcome.ParseStatus(name)
	return err
}

func scanText(s scanner) (text string, err error) {
	err = s.Scan(&text)
	return text, err
}
