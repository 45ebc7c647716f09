package jsmtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestTransport(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		status  int
		body    string
		length  int64
		err     error // of the round trip or of reading
	}{
		"nothing written":      {func(http.ResponseWriter, *http.Request) {}, 200, "", 0, nil},
		"no content":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, "", 0, nil},
		"body":                 {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "abc") }, 200, "abc", 3, nil},
		"first status counts":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400); w.WriteHeader(200) }, 400, "", 0, nil},
		"echo":                 {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, 200, dana, int64(len(dana)), nil},
		"as a server sees it":  {func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+" "+r.RequestURI) }, 200, "site.test " + create, int64(len("site.test " + create)), nil},
		"aborted before":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "", 0, syscall.ECONNRESET},
		"aborted, not flushed": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic(http.ErrAbortHandler) }, 0, "", 0, syscall.ECONNRESET},
		"aborted after a part": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "abc")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 200, "abc", -1, io.ErrUnexpectedEOF},
		"less than announced": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "abc")
		}, 200, "abc", 5, io.ErrUnexpectedEOF},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, err := Transport(tt.handler).RoundTrip(ask{method: "POST", url: create, body: dana}.request(t, t.Context()))
			if err != nil {
				if !errors.Is(err, tt.err) || tt.status != 0 {
					t.Errorf("got %v, want %v", err, tt.err)
				}
				return
			}
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || string(body) != tt.body || resp.ContentLength != tt.length || !errors.Is(err, tt.err) {
				t.Errorf("got %d %q of %d, %v", resp.StatusCode, body, resp.ContentLength, err)
			}
		})
	}
}

func TestTransportHeedsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: time.Hour})
		gone := errors.New("gone")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, gone)
		defer cancel()
		start := time.Now()
		for range 2 { // while it waits, and when it is over already
			_, err := Transport(s.ServeHTTP).RoundTrip(ask{method: "POST", url: create, body: dana}.request(t, ctx))
			if !errors.Is(err, gone) || time.Since(start) != time.Second {
				t.Errorf("got %v after %v, want %v after 1s", err, time.Since(start), gone)
			}
		}
		if n := s.Stats().Requests; n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		if len(s.Find("dana@example.com")) != 1 {
			t.Error("the client that gave up while it waited for the answer has made nothing")
		}
		client := http.Client{Transport: Transport(s.ServeHTTP), Timeout: time.Minute}
		if _, err := client.Do(ask{method: "GET", url: MyselfPath}.request(t, t.Context())); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute+time.Second {
			t.Errorf("client's timeout: got %v", err)
		}
	})
}

func TestOtherPanicsGoThrough(t *testing.T) {
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("got %v, want broken", p)
		}
	}()
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	_, _ = Transport(h.ServeHTTP).RoundTrip(ask{method: "GET", url: MyselfPath}.request(t, t.Context()))
}
