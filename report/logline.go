package report

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A lineHandler writes a log for people: time, level, message, key=value, on
// one line whatever is in them. Nothing in a value reaches the terminal as a
// control character.
type lineHandler struct {
	out    io.Writer // takes each line in one Write; safe for concurrent use
	level  slog.Level
	prefix string // of the open groups: "a.b."
	attrs  string // of With, as they are written
}

func newLineHandler(out io.Writer, level slog.Level) *lineHandler {
	return &lineHandler{out: out, level: level}
}

// Enabled tells whether a level is written.
func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// WithAttrs is a handler that adds attrs to each line.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *h
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, h.prefix, a)
	}
	more.attrs += b.String()
	return &more
}

// WithGroup is a handler that puts name before the keys to come.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	more := *h
	more.prefix += name + "."
	return &more
}

// Handle writes one record.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(r.Time.Format("15:04:05 "))
	}
	level := r.Level.String()
	b.WriteString(level + strings.Repeat(" ", max(6-len(level), 1)) + printable(r.Message) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, h.prefix, a)
		return true
	})
	b.WriteByte('\n')
	_, err := io.WriteString(h.out, b.String())
	return err
}

func appendAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if a.Key == "" && v.Kind() != slog.KindGroup {
		return
	}
	switch v.Kind() {
	case slog.KindGroup:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, in := range v.Group() {
			appendAttr(b, prefix, in)
		}
		return
	case slog.KindTime:
		v = slog.StringValue(v.Time().Format(time.RFC3339))
	case slog.KindDuration:
		v = slog.StringValue(v.Duration().Round(time.Millisecond).String())
	}
	b.WriteString(" " + printable(prefix+a.Key) + "=" + quoted(v.String()))
}

// quoted puts a value into quotes where it could not be told from its
// neighbours otherwise.
func quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " =\"\\") || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// printable is s on one line, without anything that a terminal would obey.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
