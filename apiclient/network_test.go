package apiclient

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rawServer answers the first request with raw bytes, after which it closes the connection, and all others in order.
// With "hold" at the end of the bytes it does not close it.
func rawServer(t *testing.T, raw string, then string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var requests atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					if requests.Add(1) == 1 {
						bytes, hold := strings.CutSuffix(raw, "hold")
						io.WriteString(conn, bytes)
						if hold {
							io.Copy(io.Discard, in) // until the client gives up
						}
						return
					}
					io.WriteString(conn, then)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func raw(status, headers, body string) string {
	return "HTTP/1.1 " + status + "\r\n" + headers + "\r\n" + body
}

func sized(status, headers, body string) string {
	return raw(status, headers+fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)
}

// Whatever the network makes of an answer: what may have been done is never called failed, and what is not proven is
// never called done.
func TestNetwork(t *testing.T) {
	const ok, gzipped = "201 Created", "Content-Encoding: gzip\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(created), created)
	mine := `{"accountId":"qm:1:2","emailAddress":"New@Example.com"}`
	other := `{"accountId":"qm:1:9","emailAddress":"other@example.com"}`
	for _, tt := range []struct {
		name string
		raw  string
		want string // what a create has come to: created, lost, or denied
		gone bool   // and a revocation: done
	}{
		{"closed before the status", "", "lost", false},
		{"half a status", "HTTP/1.1 20", "lost", false},
		{"no HTTP", "SSH-2.0-OpenSSH_9.6\r\n", "lost", false},
		{"headers cut", "HTTP/1.1 201 Created\r\nContent-Ty", "lost", false},
		{"silence", "hold", "lost", false},
		{"silence after the headers", raw(ok, "Content-Length: 90\r\n", "hold"), "lost", false},
		{"a body that never ends", raw(ok, "Transfer-Encoding: chunked\r\n", chunk+"hold"), "lost", false},
		{"closed after the headers", raw(ok, "Content-Length: 90\r\n", ""), "lost", false},
		{"cut after half of the body", raw(ok, "Content-Length: 90\r\n", created[:40]), "lost", false},
		{"cut after a chunk", raw(ok, "Transfer-Encoding: chunked\r\n", chunk), "lost", false},
		{"whole in chunks", raw(ok, "Transfer-Encoding: chunked\r\n", chunk+"0\r\n\r\n"), "created", false},
		{"without a length", raw(ok, "", created), "created", false},
		{"cut without a length", raw(ok, "", created[:40]), "lost", false},
		{"two lengths", raw(ok, "Content-Length: 5\r\nContent-Length: 90\r\n", created), "lost", false},
		{"zipped", sized(ok, gzipped, zipped(created)), "created", false},
		{"zipped and cut", sized(ok, gzipped, zipped(created)[:30]), "lost", false},
		{"not zipped, though it says so", sized(ok, gzipped, created), "lost", false},
		{"zipped refusal", sized("400 Bad Request", gzipped, zipped(`{"errorMessage":"no"}`)), "denied", false},
		{"much, zipped", sized(ok, gzipped, zipped(created+strings.Repeat(" ", 64<<20))), "lost", false},
		{"much", sized(ok, "", created+strings.Repeat(" ", 2*maxAnswer)), "lost", false},
		{"many headers", sized(ok, "X: "+strings.Repeat("x", 512<<10)+"\r\n", created), "lost", false},
		{"empty", sized(ok, "", ""), "lost", false},
		{"an empty object", sized(ok, "", "{}"), "lost", false},
		{"more than JSON", sized(ok, "", created+"<html>"), "lost", false},
		{"the address as it is written there", sized(ok, "", mine), "created", false},
		{"the account of another address", sized(ok, "", other), "lost", false},
		{"200 with an account", sized("200 OK", "", created), "lost", false},
		{"202 with nothing", sized("202 Accepted", "", ""), "lost", false},
		{"204", raw("204 No Content", "", ""), "lost", true},
		{"a sign-on page", sized("200 OK", "Content-Type: text/html\r\n", "<html>"), "lost", false},
		{"hints first", raw("103 Early Hints", "Link: <x>\r\n", sized(ok, "", created)), "created", false},
		{"hints, and no more", raw("103 Early Hints", "Link: <x>\r\n", ""), "lost", false},
		{"another protocol", raw("101 Switching Protocols", "Upgrade: x\r\nConnection: Upgrade\r\n", ""), "lost", false},
		{"a proxy that wants a password", sized("407 Proxy Authentication Required", "", ""), "denied", false},
		{"a refusal that is cut", raw("403 Forbidden", "Content-Length: 90\r\n", "no"), "denied", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hasty := func(c *Config) {
				if strings.HasSuffix(tt.raw, "hold") {
					c.Timeout = 300 * time.Millisecond
				}
			}
			client := newTestClient(t, rawServer(t, tt.raw, sized("409 Conflict", "", "{}")), hasty)
			_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
			e, _ := errors.AsType[*Error](err)
			got := "denied"
			switch {
			case err == nil && !call.Lost && call.Attempts == 1:
				got = "created"
			case call.Lost && e != nil && e.Status == 409:
				got = "lost"
			case call.Lost || e == nil || e.Status == 0:
				got = fmt.Sprintf("%+v, %v", call, err)
			}
			if got != tt.want {
				t.Errorf("create: %s, want %s", got, tt.want)
			}

			client = newTestClient(t, rawServer(t, tt.raw, sized("404 Not Found", "", "{}")), hasty)
			call, err = client.RevokePortalAccess(t.Context(), "qm:1:2", Hooks{})
			if (err == nil) != tt.gone || (tt.want == "denied") != (err != nil && !call.Lost) {
				t.Errorf("revoke: %+v, %v", call, err)
			}
		})
	}
}

// An idle connection on which something has come that nobody asked for is no answer to the next request.
func TestUnaskedAnswer(t *testing.T) {
	url := rawServer(t, sized("409 Conflict", "", "{}")+sized("201 Created", "", created), sized("409 Conflict", "", "{}"))
	client := newTestClient(t, url)
	for range 3 {
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if diff := cmp.Diff(409, call.Status); diff != "" || err == nil {
			t.Errorf("%s%v", diff, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
