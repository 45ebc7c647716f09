package apiclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// cut ends the connection, after reading the request or before.
func cut(after bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if after {
			io.Copy(io.Discard, r.Body)
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

func truncated(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "500")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, created[:20])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func hang(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// anyTime compares calls but for when they began.
var anyTime = cmpopts.IgnoreFields(Call{}, "First")

func TestCreateCustomer(t *testing.T) {
	ok := says(201, created)
	taken := says(409, `{"errorMessage":"taken"}`)
	for _, tt := range []struct {
		name   string
		server []http.HandlerFunc
		want   Call
		status int // of the error; 0: none
	}{
		{"created", []http.HandlerFunc{ok}, Call{Attempts: 1, Status: 201, Lost: false}, 0},
		{"conflict", []http.HandlerFunc{taken}, Call{Attempts: 1, Status: 409, Lost: false}, 409},
		{"bad address", []http.HandlerFunc{says(400, `{}`)}, Call{Attempts: 1, Status: 400, Lost: false}, 400},
		{"forbidden", []http.HandlerFunc{says(403, `XSRF check failed`)}, Call{Attempts: 1, Status: 403, Lost: false}, 403},
		{"unauthorized", []http.HandlerFunc{says(401, ``)}, Call{Attempts: 1, Status: 401, Lost: false}, 401},
		{"refused, then created", []http.HandlerFunc{says(429, ``, "Retry-After", "1"), ok}, Call{Refused: 1,
			Attempts: 2, Status: 201, Lost: false}, 0},
		{"refused, then conflict", []http.HandlerFunc{says(429, ``, "Retry-After", "1"), taken}, Call{Refused: 1,
			Attempts: 2, Status: 409, Lost: false}, 409},
		{"503, then conflict", []http.HandlerFunc{says(503, ``), taken}, Call{Attempts: 2, Status: 409, Lost: true}, 409},
		{"408, then created", []http.HandlerFunc{says(408, ``), ok}, Call{Attempts: 2, Status: 201, Lost: true}, 0},
		{"408, then conflict", []http.HandlerFunc{says(408, ``), taken}, Call{Attempts: 2, Status: 409, Lost: true}, 409},
		{"reset before reading, then created", []http.HandlerFunc{cut(false), ok}, Call{Attempts: 2, Status: 201,
			Lost: true}, 0},
		{"reset after reading, then conflict", []http.HandlerFunc{cut(true), taken}, Call{Attempts: 2, Status: 409,
			Lost: true}, 409},
		{"truncated, then conflict", []http.HandlerFunc{truncated, taken}, Call{Attempts: 2, Status: 409, Lost: true}, 409},
		{"unreadable, then conflict", []http.HandlerFunc{says(201, `{"accountId":`), taken}, Call{Attempts: 2,
			Status: 409, Lost: true}, 409},
		{"no account id, then conflict", []http.HandlerFunc{says(201, `{}`), taken}, Call{Attempts: 2, Status: 409,
			Lost: true}, 409},
		{"too long, then conflict", []http.HandlerFunc{says(201, `{"accountId":"1","x":"`+strings.Repeat("x",
			maxAnswer)+`"}`), taken}, Call{Attempts: 2, Status: 409, Lost: true}, 409},
		{"cut after the object, then conflict", []http.HandlerFunc{says(201, created, "Content-Length", "900"),
			taken}, Call{Attempts: 2, Status: 409, Lost: true}, 409},
		{"moved elsewhere", []http.HandlerFunc{says(307, ``, "Location", "https://other.example.net/")},
			Call{Attempts: 1, Status: 307, Lost: false}, 307},
		{"refusal cut short", []http.HandlerFunc{says(400, `{"errorMessage":`, "Content-Length", "900")},
			Call{Attempts: 1, Status: 400, Lost: false}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, &steps{handlers: tt.server})
			client := newTestClient(t, server.URL)
			customer, call, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"}, Hooks{})
			if diff := cmp.Diff(tt.want, call, anyTime); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
			e, _ := errors.AsType[*Error](err)
			switch {
			case tt.status == 0 && (err != nil || customer.ID != "qm:1:2"):
				t.Errorf("got %+v, %v", customer, err)
			case tt.status != 0 && (e == nil || e.Status != tt.status):
				t.Errorf("error %v, want status %d", err, tt.status)
			}
		})
	}
}

// An answer that does not come in time is lost.
func TestCreateHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inProcess(t, &steps{handlers: []http.HandlerFunc{hang, says(409, `{}`)}})
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if diff := cmp.Diff(Call{Attempts: 2, Status: 409, Lost: true}, call, anyTime); diff != "" || err == nil {
			t.Errorf("%s%v", diff, err)
		}
	})
}

func TestCreateCustomerRequest(t *testing.T) {
	var got *http.Request
	var body string
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		says(201, created)(w, r)
	}))
	client := newTestClient(t, server.URL)
	if _, _, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"},
		Hooks{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Accept": "application/json", "Content-Type": "application/json",
		"X-Atlassian-Token": "no-check",
		"User-Agent":        "jsm-onboard", "Authorization": "Basic c2FuZGJveEBleGFtcGxlLmNvbTpzYW5kYm94LXRva2Vu",
		"Idempotency-Key": "", "X-Idempotency-Key": ""}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
	if got.Method != "POST" || got.RequestURI != "/rest/servicedeskapi/customer?strictConflictStatusCode=true" ||
		body != `{"email":"ann.lee@example.com","displayName":"Ann Lee"}` {
		t.Errorf("%s %s\n%s", got.Method, got.RequestURI, body)
	}
}

// A refused connection never counts as an attempt, and is no lost one.
func TestDialRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	client := newTestClient(t, "http://"+addr)
	r := createRequest(client)
	a := client.send(t.Context(), r)
	r.last = a
	if a.effect != unsent || a.sent != 0 {
		t.Errorf("verdict %v, sent %d", a.effect, a.sent)
	}
	e, _ := errors.AsType[*Error](error(client.failure(t.Context(), r)))
	if e.Kind != KindUnavailable || !strings.Contains(e.Message, "cannot connect: connection refused") || e.Hint != hintConnect {
		t.Errorf("error %+v", e)
	}
}

func createRequest(c *Client) *request {
	return &request{operation: opCreate, body: struct{}{}, read: json.Valid}
}

// A request that waited for a connection until its time was over has not left.
func TestNoConnectionInTime(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		says(201, created)(w, r)
	}))
	one := newTransport(1, nil)
	patient := newTestClient(t, server.URL, func(c *Config) { c.Transport = one })
	hasty := newTestClient(t, server.URL, func(c *Config) { c.Transport, c.Timeout = one, 200*time.Millisecond })
	first := make(chan answer)
	go func() { first <- patient.send(t.Context(), createRequest(patient)) }()
	<-arrived
	if a := hasty.send(t.Context(),
		createRequest(hasty)); a.effect != unsent || a.sent != 0 || a.err != context.DeadlineExceeded {
		t.Errorf("behind: %v, sent %d, %v", a.effect, a.sent, a.err)
	}
	close(release)
	if a := <-first; a.effect != done || a.sent != 1 || a.status != 201 {
		t.Errorf("first: %v, sent %d, %v", a.effect, a.sent, a.err)
	}
}

// What cannot be told counts as sent.
func TestWireInDoubt(t *testing.T) {
	silent, strange, dialing := new(connTrace), new(connTrace), new(connTrace)
	httptrace.ContextClientTrace(strange.trace(t.Context())).GetConn("")
	httptrace.ContextClientTrace(strange.trace(t.Context())).GotConn(httptrace.GotConnInfo{})
	httptrace.ContextClientTrace(dialing.trace(t.Context())).GetConn("")
	for _, tt := range []struct {
		name string
		w    *connTrace
		want int
	}{
		{"a transport that reports nothing", silent, 1},
		{"a connection of no kind that is known", strange, 1},
		{"no connection", dialing, 0},
	} {
		if got := tt.w.sent(); got != tt.want {
			t.Errorf("%s: %d sent, want %d", tt.name, got, tt.want)
		}
	}
}

// dumbConn takes so many bytes and then fails.
type dumbConn struct {
	net.Conn
	room int
}

func (c *dumbConn) Write(b []byte) (int, error) {
	n := min(len(b), c.room)
	c.room -= n
	if n < len(b) {
		return n, errors.New("broken pipe")
	}
	return n, nil
}

// Only a request of which not one byte has left is unsent.
func TestWriteFails(t *testing.T) {
	for room, want := range map[int]effect{0: unsent, 1: ambiguous, 100: ambiguous} {
		server := serve(t, says(201, created))
		transport := newTransport(1, nil)
		transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &countedConn{Conn: &dumbConn{conn, room}}, err
		}
		client := newTestClient(t, server.URL, func(c *Config) { c.Transport = transport })
		if a := client.send(t.Context(), createRequest(client)); a.effect != want || (a.sent == 0) != (want == unsent) {
			t.Errorf("room for %d bytes: %v, sent %d, %v", room, a.effect, a.sent, a.err)
		}
	}
}

// An idle connection that the server has closed: nothing may be replayed unseen.
func TestStaleConnection(t *testing.T) {
	var requests atomic.Int64
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		says(201, created)(w, r)
	}))
	client := newTestClient(t, server.URL)
	attempts := 0
	for range 6 {
		_, call, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		attempts += call.Attempts
		server.CloseClientConnections()
	}
	if n := requests.Load(); int64(attempts) < n {
		t.Errorf("%d requests arrived, %d attempts are known", n, attempts)
	}
}

// A transport that sends a request twice is found out.
func TestReplayIsLost(t *testing.T) {
	server := serve(t, says(409, `{}`))
	twice := newTransport(1, nil)
	client := newTestClient(t, server.URL, func(c *Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.GetBody != nil {
				t.Error("the body can be replayed")
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			again := r.Clone(r.Context())
			r.Body, again.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
			if resp, err := twice.RoundTrip(r); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			return twice.RoundTrip(again)
		})
	})
	_, call, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"}, Hooks{})
	if diff := cmp.Diff(Call{Attempts: 2, Status: 409, Lost: true}, call, anyTime); diff != "" || err == nil {
		t.Errorf("%s%v", diff, err)
	}
}

func TestRedirectTakesNoCredentialsAlong(t *testing.T) {
	var seen atomic.Int64
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen.Add(1) }))
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := serve(t, says(status, ``, "Location", other.URL+"/login"))
		client := newTestClient(t, server.URL)
		_, call, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"}, Hooks{})
		checkKind(t, err, KindSite, "--site")
		if call.Lost || !strings.Contains(err.Error(), "another host, 127.0.0.1") {
			t.Errorf("%+v, %v", call, err)
		}
		_, err = client.FindAccount(t.Context(), "ann.lee@example.com")
		checkKind(t, err, KindSite, "--site")
	}
	if seen.Load() != 0 {
		t.Errorf("the other host got %d requests", seen.Load())
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(says(200, `{"version":"1"}`))
	t.Cleanup(server.Close)
	_, err := newTestClient(t, server.URL).Connect(t.Context())
	checkKind(t, err, KindSettings, "--ca-file")

	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	pool, err := LoadCAFile(file)
	if err != nil {
		t.Fatal(err)
	}
	withCA := func(c *Config) { c.RootCAs = pool }
	if err := newTestClient(t, server.URL, withCA).reach(t.Context(), new(Connection)); err != nil {
		t.Error(err)
	}
	_, err = newTestClient(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), withCA).Connect(t.Context())
	checkKind(t, err, KindSettings, "--site")
	plain := serve(t, says(200, `{}`))
	_, err = newTestClient(t, strings.Replace(plain.URL, "http:", "https:", 1)).Connect(t.Context())
	checkKind(t, err, KindSettings, "--site")
}

func TestLoadCAFileRefusesOtherFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.der")
	if err := os.WriteFile(file, []byte("no pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := LoadCAFile(file)
	checkKind(t, err, KindSettings, "openssl")
	_, err = LoadCAFile(file + ".none")
	checkKind(t, err, KindSettings, "openssl")
}

func TestProxy(t *testing.T) {
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	transport := newTransport(1, nil)
	transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	client := newTestClient(t, "https://acme.example.test", func(c *Config) { c.Transport = transport })
	_, err := client.Connect(t.Context())
	checkKind(t, err, KindSettings, "HTTPS_PROXY")
	proxy.Close()
	_, err = client.Connect(t.Context())
	checkKind(t, err, KindSettings, "HTTPS_PROXY")
}

func TestUnknownHost(t *testing.T) {
	transport := newTransport(1, nil)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host,
			IsNotFound: true}}
	}
	client := newTestClient(t, "https://no-such-site.example.test", func(c *Config) { c.Transport = transport })
	_, err := client.Connect(t.Context())
	checkKind(t, err, KindSettings, "--site")
	if !strings.Contains(err.Error(), "no-such-site.example.test") {
		t.Error(err)
	}
}

// One connection a worker, with one request at a time, also where the server offers HTTP/2; and idle ones end soon.
func TestConnections(t *testing.T) {
	var opened, other atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			other.Add(1)
		}
		says(201, created)(w, r)
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	const workers = 8
	client := newTestClient(t, server.URL, func(c *Config) { c.RootCAs, c.Workers = pool, workers })
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range 50 {
				_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
				if err != nil || call.Attempts != 1 || call.Lost {
					t.Errorf("%+v, %v", call, err)
				}
			}
		})
	}
	wg.Wait()
	if opened.Load() > workers+2 || other.Load() > 0 {
		t.Errorf("%d connections, %d requests not by HTTP/1.1", opened.Load(), other.Load())
	}
	if idle := newTransport(1, nil).IdleConnTimeout; idle <= 0 || idle > 10*time.Second {
		t.Errorf("idle connections are kept for %v", idle)
	}
}
