package report

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestMonitor(t *testing.T) {
	var asked, body string
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		asked, body = r.Method+" "+r.URL.String(), string(b)
	}))
	defer site.Close()
	tests := []struct {
		url    string
		signal string
		want   string
	}{
		{"/3f9a", "start", "POST /3f9a/start"},
		{"/3f9a", "", "POST /3f9a"},
		{"/3f9a", "fail", "POST /3f9a/fail"},
		{"/3f9a/", "fail", "POST /3f9a/fail"},
		{"/key/name?create=1", "start", "POST /key/name/start?create=1"},
	}
	for _, test := range tests {
		m, err := NewMonitor(site.URL + test.url)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Post(t.Context(), test.signal, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if asked != test.want || body != "{}" {
			t.Errorf("%s with %q, want %s", asked, body, test.want)
		}
	}
}

func TestMonitorKeepsItsURLAndItsBodyToItself(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("followed to another host")
	}))
	defer other.Close()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/start") {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer site.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	tests := []struct {
		url    string
		signal string
		want   string
	}{
		{site.URL, "start", "answered 307"},
		{site.URL, "fail", "answered 404"},
		{gone.URL, "", "refused"},
		{"https://elsewhere.example", "", "a test wanted to reach"},
	}
	for _, test := range tests {
		m, err := NewMonitor(test.url + "/secret-3f9a?key=hidden")
		if err != nil {
			t.Fatal(err)
		}
		err = m.Post(t.Context(), test.signal, []byte("body"))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "3f9a") ||
			strings.Contains(err.Error(), "hidden") {
			t.Errorf("err = %v, want %q and no secret", err, test.want)
		}
	}
}

func TestMonitorGivesUp(t *testing.T) {
	held := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	defer site.Close()
	defer close(held)
	m, err := NewMonitor(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	if m.client.Timeout != 10*time.Second {
		t.Errorf("timeout %v", m.client.Timeout)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := m.Post(ctx, "", nil); err == nil {
		t.Error("no error")
	}
}

func TestNewMonitorRefuses(t *testing.T) {
	for _, address := range []string{"hc-ping.com/secret", "ftp://hc-ping.com/secret", "https:///secret",
		"https://%zz/secret"} {
		_, err := NewMonitor(address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
