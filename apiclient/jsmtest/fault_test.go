package jsmtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is what a client sees of one request, and the site's truth.
type outcome struct {
	Status int
	Err    string // "", "reset", "gave up" or, while reading, "cut"
	Made   int
}

func observe(t *testing.T, s *Site, rt http.RoundTripper, base string, patience time.Duration) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var o outcome
	resp, err := rt.RoundTrip(ask{method: "POST", url: base + create, body: dana}.request(t, ctx))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		o.Err = "gave up"
	case err != nil:
		o.Err = "reset"
	default:
		o.Status = resp.StatusCode
		if _, err := io.Copy(io.Discard, resp.Body); errors.Is(err, io.ErrUnexpectedEOF) {
			o.Err = "cut"
		} else if err != nil {
			o.Err = err.Error()
		}
		resp.Body.Close()
	}
	o.Made = len(s.Find("dana@example.com"))
	return o
}

var faultOutcomes = map[string]outcome{
	"503":                {Status: 503},
	"503-after":          {Status: 503, Made: 1},
	"502-html":           {Status: 502},
	"429-no-retry-after": {Status: 429},
	"reset-before":       {Err: "reset"},
	"reset-after":        {Err: "reset", Made: 1},
	"truncate-after":     {Status: 201, Err: "cut", Made: 1},
	"hang-after":         {Err: "gave up", Made: 1},
	"slow":               {Status: 201, Made: 1},
	"401-after":          {Status: 201, Made: 1},
	"signup-closed":      {Status: 400},
	"html-200":           {Status: 200},
	"route-gone":         {Status: 404},
	"always-refused":     {Status: 429},
	"unknown-account":    {Status: 201, Made: 1},
	"no-agent-licence":   {Status: 201, Made: 1},
}

func withFault(t *testing.T, name string) Options {
	t.Helper()
	f, err := ParseFault(name + "=1")
	if err != nil {
		t.Fatal(err)
	}
	o := Sandbox()
	o.Faults, o.SlowBy = []Fault{f}, 100*time.Millisecond
	return o
}

func TestFaultsInProcess(t *testing.T) {
	for _, name := range FaultNames() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(withFault(t, name))
				start := time.Now()
				if diff := cmp.Diff(faultOutcomes[name], observe(t, s, Transport(s.ServeHTTP), site, time.Minute)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				want := map[string]time.Duration{"slow": 100 * time.Millisecond, "hang-after": time.Minute}[name]
				if took := time.Since(start); took != want {
					t.Errorf("took %v, want %v", took, want)
				}
			})
		})
	}
}

func TestFaultsOverSockets(t *testing.T) {
	for _, name := range FaultNames() {
		t.Run(name, func(t *testing.T) {
			s := New(withFault(t, name))
			url, stop, err := s.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			rt := &http.Transport{}
			defer rt.CloseIdleConnections()
			if diff := cmp.Diff(faultOutcomes[name], observe(t, s, rt, url, 300*time.Millisecond)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if n := s.Stats().Requests; n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestFaultsOfRevoke(t *testing.T) {
	for name, want := range map[string]struct {
		err     bool
		status  int
		revoked bool
	}{
		"503": {false, 503, false}, "503-after": {false, 503, true}, "reset-before": {true, 0, false},
		"reset-after": {true, 0, true}, "truncate-after": {true, 0, true}, "signup-closed": {false, 204, true},
		"html-200": {false, 200, false}, "route-gone": {false, 404, false}, "always-refused": {false, 204, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := withFault(t, name)
			o.Existing = []Account{{Email: "a@b.example", Name: "A", ID: "qm:a:1"}}
			s := New(o)
			resp, err := Transport(s.ServeHTTP).RoundTrip(ask{method: "PUT", url: revokeURL("qm:a:1")}.request(t, t.Context()))
			if (err != nil) != want.err || err == nil && resp.StatusCode != want.status {
				t.Errorf("got %v, %v", resp, err)
			}
			if got := s.Find("a@b.example")[0].Revoked; got != want.revoked {
				t.Errorf("revoked %v, want %v", got, want.revoked)
			}
		})
	}
}

func revokeURL(id string) string { return strings.Replace(RevokePath, "{accountId}", id, 1) }

// everyWrite is a request to each operation on customers, about the n-th person.
func everyWrite(s *Site, n int) []ask {
	o := s.Organizations()[n].ID
	a := s.Find(fmt.Sprintf("p%d@crowd.example", n))[0].ID
	ids := `{"accountIds":["` + a + `"]}`
	return []ask{
		{method: "POST", url: create, body: fmt.Sprintf(`{"email":"new%d@crowd.example","displayName":"P"}`, n)},
		{method: "PUT", url: revokeURL(a)},
		{method: "PUT", url: "/jsm/csm/cloudid/" + s.options.CloudID + "/api/v1/customer/account/" + a, body: `{"displayName":"Q"}`},
		{method: "GET", url: fmt.Sprintf("%s?query=p%d@crowd.example", UserSearchPath, n)},
		{method: "POST", url: OrgsPath, body: fmt.Sprintf(`{"name":"Company %d"}`, n)},
		{method: "POST", url: OrgsPath + "/" + o + "/user", body: ids},
		{method: "POST", url: DesksPath + "/SUP/customer", body: ids},
		{method: "POST", url: DesksPath + "/SUP/organization", body: `{"organizationId":` + o + `}`},
	}
}

func crowd(n int) (all []Account) {
	for i := range n {
		all = append(all, Account{Email: fmt.Sprintf("p%d@crowd.example", i), Name: "P"})
	}
	return all
}

// TestFaultsAreRepeatable: the same requests meet the same faults on another site of the same seed, in whichever
// order they come, on every operation and at their second attempt too.
func TestFaultsAreRepeatable(t *testing.T) {
	const people = 60
	run := func(seed uint64, backwards bool) map[string]int {
		var there []Organization
		for i := range people {
			there = append(there, Organization{Name: fmt.Sprint("Customers of ", i)})
		}
		s := New(Options{
			Seed: seed, Existing: crowd(people), Organizations: there,
			Faults: []Fault{{Kind: Unavailable, Share: 0.2}, {Kind: RefusedBare, Share: 0.1}, {Kind: UnknownAccount, Share: 0.2}},
		})
		got := map[string]int{}
		for i := range people {
			if backwards {
				i = people - 1 - i
			}
			for route, a := range everyWrite(s, i) {
				for attempt := range 2 {
					status, _, _ := a.do(t, s)
					got[fmt.Sprint(route, " ", i, " ", attempt)] = status
				}
			}
		}
		return got
	}
	first := run(3, false)
	if diff := cmp.Diff(first, run(3, true)); diff != "" {
		t.Errorf("the same seed (-there +back):\n%s", diff)
	}
	if cmp.Equal(first, run(4, false)) {
		t.Error("the seed does not decide")
	}
	for route := range 8 {
		counts := map[int]int{}
		for i := range people {
			for attempt := range 2 {
				counts[first[fmt.Sprint(route, " ", i, " ", attempt)]]++
			}
		}
		// of 120 some 24, and 10 of the others
		if counts[503] < 12 || counts[503] > 40 || counts[429] < 2 || counts[429] > 22 {
			t.Errorf("route %d: got %v", route, counts)
		}
	}
}

// TestFaultsOfOneRoute befall that route, and only with a name the checks of site and credentials.
func TestFaultsOfOneRoute(t *testing.T) {
	tests := map[string]struct {
		fault string
		want  []int // of create, revoke and myself
	}{
		"all":             {"503=1", []int{503, 503, 200}},
		"a page":          {"html-200=1", []int{200, 200, 200}},
		"a method":        {"503=1,PUT", []int{201, 503, 200}},
		"a path":          {"503=1," + CreatePath, []int{503, 204, 200}},
		"a method there":  {"503=1,POST " + CreatePath, []int{503, 204, 200}},
		"another method":  {"503=1,GET " + CreatePath, []int{201, 204, 200}},
		"a check by name": {"route-gone=1," + MyselfPath, []int{201, 204, 404}},
		"nobody":          {"503=0", []int{201, 204, 200}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := ParseFault(tt.fault)
			if err != nil {
				t.Fatal(err)
			}
			s := New(Options{Faults: []Fault{f}, Existing: []Account{{Email: "a@b.example", ID: "qm:a:1"}}})
			var got []int
			var page string
			for _, a := range []ask{{method: "POST", url: create, body: dana}, {method: "PUT", url: revokeURL("qm:a:1")}, {method: "GET", url: MyselfPath}} {
				status, body, header := a.do(t, s)
				got = append(got, status)
				page += header.Get("Content-Type") + body
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if strings.HasPrefix(tt.fault, "html") != strings.Contains(page, "text/html") {
				t.Errorf("got %s", page)
			}
		})
	}
}

// TestAlwaysRefused: some addresses are refused whenever they are asked for, however they are written.
func TestAlwaysRefused(t *testing.T) {
	s := New(Options{Faults: []Fault{{Kind: AlwaysRefused, Share: 0.3}}})
	counts := map[int]int{}
	for i := range 200 {
		var got []int
		for _, email := range []string{fmt.Sprintf("q%d@crowd.example", i), fmt.Sprintf("Q%d@crowd.example", i)} {
			status, _, header := ask{method: "POST", url: create, body: `{"email":"` + email + `","displayName":"Q"}`}.do(t, s)
			if header.Get("Retry-After") != "" {
				t.Errorf("Retry-After %q; want a bare 429", header.Get("Retry-After"))
			}
			got = append(got, status)
		}
		if (got[0] == 429) != (got[1] == 429) {
			t.Errorf("address %d: %v", i, got)
		}
		counts[got[0]]++
	}
	if counts[429] < 35 || counts[429] > 85 {
		t.Errorf("a share of 0.3 of 200 addresses: got %v", counts)
	}
}

func TestStrayRefusals(t *testing.T) {
	_, _, header := ask{method: "POST", url: create, body: dana}.do(t, New(withFault(t, "429-no-retry-after")))
	if header.Get("Retry-After") != "" || header.Get("RateLimit-Reason") != "" {
		t.Errorf("got %v", header)
	}
}

func TestTokenEnds(t *testing.T) {
	o := Sandbox()
	o.Faults = []Fault{{Kind: TokenEnds, After: 3}}
	s := New(o)
	me := ask{method: "GET", url: MyselfPath}
	statuses := func(a ask, n int) (got []int) {
		for range n {
			status, _, _ := a.do(t, s)
			got = append(got, status)
		}
		return got
	}
	if diff := cmp.Diff([]int{200, 200, 200, 401, 401}, statuses(me, 5)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s.SetFaults(Fault{Kind: TokenEnds, After: 2, Route: UserSearchPath})
	lookUp := ask{method: "GET", url: UserSearchPath + "?query=chen"}
	got := append(statuses(me, 4), append(statuses(lookUp, 3), statuses(me, 1)...)...)
	if diff := cmp.Diff([]int{200, 200, 200, 200, 200, 200, 401, 401}, got); diff != "" {
		t.Errorf("in the look-ups (-want +got):\n%s", diff)
	}
	s.SetFaults()
	if diff := cmp.Diff([]int{200, 200, 200, 200}, statuses(me, 4)); diff != "" {
		t.Errorf("renewed (-want +got):\n%s", diff)
	}
	s.SetFaults(Fault{Kind: TokenEnds})
	if diff := cmp.Diff([]int{401}, statuses(me, 1)); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}

func TestHangEndsWithTheSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(withFault(t, "hang-after"))
		var wg sync.WaitGroup
		wg.Go(func() {
			if o := observe(t, s, Transport(s.ServeHTTP), site, time.Hour); o.Err != "reset" || o.Made != 1 {
				t.Errorf("got %+v", o)
			}
		})
		time.Sleep(time.Minute)
		s.Close()
		wg.Wait()
		if got := s.Stats().Route("POST", CreatePath); len(got.Answers) > 0 || got.Requests != 1 {
			t.Errorf("got %+v, want one lost", got)
		}
	})
}

func TestParseFault(t *testing.T) {
	tests := map[string]struct {
		want Fault
		err  string // part of it
	}{
		"503=0.01":             {want: Fault{Kind: Unavailable, Share: 0.01}},
		"reset-after=0.5%":     {want: Fault{Kind: ResetAfter, Share: 0.005}},
		" hang-after = 1 ":     {want: Fault{Kind: HangAfter, Share: 1}},
		"slow=0":               {want: Fault{Kind: Slow}},
		"401-after=500":        {want: Fault{Kind: TokenEnds, After: 500}},
		"signup-closed":        {want: Fault{Kind: SignupClosed, Share: 1}},
		"signup-closed=0.5":    {want: Fault{Kind: SignupClosed, Share: 0.5}},
		"no-agent-licence":     {want: Fault{Kind: NoAgentLicence, Share: 1}},
		"401-after=7,/x":       {want: Fault{Kind: TokenEnds, After: 7, Route: "/x"}},
		"html-200=1, PUT":      {want: Fault{Kind: SignInPage, Share: 1, Route: "PUT"}},
		"503=1%,/rest/api/3/x": {want: Fault{Kind: Unavailable, Share: 0.01, Route: "/rest/api/3/x"}},
		"always-refused=0.1":   {want: Fault{Kind: AlwaysRefused, Share: 0.1}},
		"always-refused=a@b.c": {err: "KIND=SHARE"},
		"route-gone":           {err: "KIND=SHARE"},
		"504=0.1":              {err: "401-after, 429-no-retry-after, 502-html, 503"},
		"":                     {err: "no fault"},
		"503":                  {err: "503=0.01"},
		"503=2":                {err: "0 to 1"},
		"503=101%":             {err: "0 to 1"},
		"503=-0.1":             {err: "0 to 1"},
		"503=NaN":              {err: "0 to 1"},
		"401-after=0":          {err: "401-after=500"},
		"401-after=0.5":        {err: "401-after=500"},
		"truncate-after=often": {err: "from 0 to 1 or a percentage"},
	}
	for in, tt := range tests {
		got, err := ParseFault(in)
		if err == nil && tt.err != "" || err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q: error %v, want %q", in, err, tt.err)
		}
		if err == nil {
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", in, diff)
			}
		}
	}
}
