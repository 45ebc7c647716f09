package ledger

import (
	"context"
	"encoding"
	"encoding/json"
	"iter"
	"time"
)

// pageRows is how many rows are read at a time. Between pages nothing is held: the log can be emptied meanwhile.
const pageRows = 1000

// query reads all rows of a query; into is where the columns of one go.
func query[T any](ctx context.Context, l *Ledger, into func(*T) []any, text string, args ...any) ([]T, error) {
	rows, err := l.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, wrap(l.path, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(into(&one)...); err != nil {
			return nil, wrap(l.path, err)
		}
		all = append(all, one)
	}
	return all, wrap(l.path, rows.Err())
}

// first reads the first row of a query; the zero value: there is none.
func first[T any](ctx context.Context, l *Ledger, into func(*T) []any, text string, args ...any) (one T, err error) {
	all, err := query(ctx, l, into, text, args...)
	if len(all) > 0 {
		one = all[0]
	}
	return one, err
}

// value reads the one value of a query; the zero value: there is no row.
func value[T any](ctx context.Context, l *Ledger, text string, args ...any) (T, error) {
	return first(ctx, l, func(one *T) []any { return []any{one} }, text, args...)
}

// pages yields all rows of a query in the order of a key. The query's ?1 is the key that they come after, and ?2 is
// how many rows are asked for; args follow.
func pages[T, K any](ctx context.Context, l *Ledger, into func(*T) []any, after K, key func(T) K,
	text string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := after; ; {
			all, err := query(ctx, l, into, text, append([]any{after, pageRows}, args...)...)
			if err != nil {
				yield(*new(T), err)
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
			after = key(all[len(all)-1])
		}
	}
}

// jsonList returns values as a JSON array for json_each: one parameter for any number of them.
func jsonList[T any](values []T) string {
	text, _ := json.Marshal(append([]T{}, values...)) // never null, which is one value
	return string(text)
}

// formatTime formats t as the file has it: UTC, to the millisecond, "" for the zero time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func now() string { return formatTime(time.Now()) }

// parsed scans a text that stands for a time, a status or a list; "" leaves the zero value.
type parsed struct{ value encoding.TextUnmarshaler }

func (p parsed) Scan(column any) error {
	if text, _ := column.(string); text != "" {
		return p.value.UnmarshalText([]byte(text))
	}
	return nil
}

// texts reads what list has made of texts.
type texts []string

func (t *texts) UnmarshalText(text []byte) error { return json.Unmarshal(text, (*[]string)(t)) }
