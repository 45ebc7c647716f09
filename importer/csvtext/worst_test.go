package csvtext

import (
	"errors"
	"testing"
)

// endless repeats a line for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, e)
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return len(p), nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, line := range []endless{"x", "\"x", "\"x\"y", "\"\"", "x,\"y\n", "\"x\\\"\n", "\r"} {
		s := newReader(line, Dialect{Delimiter: ',', Quote: '"'}, "x.csv")
		s.Width = 2
		for range 200 {
			if _, err := s.Next(); err != nil {
				if _, ok := errors.AsType[*RefusedError](err); !ok {
					t.Errorf("%q: %v", line, err)
				}
				break
			}
		}
		if held := cap(s.buf); held > 4*maxRow {
			t.Errorf("%q: %d bytes are held", line, held)
		}
	}
}
