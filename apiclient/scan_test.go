package apiclient

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestScanAccountID(t *testing.T) {
	for body, want := range map[string]string{
		created: "qm:1:2",
		`{"_links":{"accountId":"no"},"x":["accountId","no",{"accountId":"no"}],"name":"accountId", "accountId" : "yes" }`: "yes",
		`{"name":"a\\","n":"b\"accountId\":\"no\"","accountId":"yes"}`:                                                     "yes",
		`{"accountId":null}`: "", `{"accountId":7}`: "", `{"accountId":""}`: "", `{"accountId":"a\u0041"}`: "", `{}`: "", ``: "",
		`{"accountId":"yes"`: "", `{"accountId":"ye`: "", `{"accountId":"yes","x":{}`: "", `{"accountId":"yes","x`: "",
		`"accountId"`: "", `<html>accountId</html>`: "",
	} {
		if got := scanAccountID([]byte(body)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// On every JSON object without escapes it finds what encoding/json finds; of an object cut short it finds nothing.
func FuzzScanAccountID(f *testing.F) {
	f.Add([]byte(created))
	f.Add([]byte(`{"x":[{"accountId":"1"},"accountId"],"accountId":"2"}`))
	f.Add([]byte(`{"a":{"b":[]},"accountId":"3","accountId":"4"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := scanAccountID(body)
		var m map[string]any
		if json.Unmarshal(body, &m) != nil || m == nil || bytes.IndexByte(body, '\\') >= 0 {
			return
		}
		if _, again := json.Marshal(m); again != nil {
			return
		}
		want, _ := m["accountId"].(string)
		if got != want && bytes.Count(body, []byte(`"accountId"`)) == 1 && json.Valid(body) && string(bytes.ToValidUTF8(body, nil)) == string(body) {
			t.Errorf("%q, want %q", got, want)
		}
		whole := bytes.TrimSpace(body)
		if cut := scanAccountID(whole[:len(whole)-1]); cut != "" {
			t.Errorf("found %q in half an object", cut)
		}
	})
}
