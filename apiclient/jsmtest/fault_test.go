package jsmtest

import (
	"context"
	"errors"
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
				if diff := cmp.Diff(faultOutcomes[name], observe(t, s, Transport(s), site, time.Minute)); diff != "" {
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
			v, err := s.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			rt := &http.Transport{}
			defer rt.CloseIdleConnections()
			if diff := cmp.Diff(faultOutcomes[name], observe(t, s, rt, v.URL, 300*time.Millisecond)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
			stats := s.Stats()
			if stats.Requests != 1 || stats.Connections.Opened != 1 {
				t.Errorf("got %+v, want 1 request on 1 connection", stats)
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
		"503": {false, 503, false}, "reset-before": {true, 0, false}, "reset-after": {true, 0, true},
		"truncate-after": {true, 0, true}, "signup-closed": {false, 204, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := withFault(t, name)
			o.Existing = []Account{{Email: "a@b.example", Name: "A", ID: "qm:a:1"}}
			s := New(o)
			r := ask{method: "PUT", url: "/rest/servicedeskapi/customer/user/qm:a:1/revoke-portal-only-access"}.request(t, t.Context())
			resp, err := Transport(s).RoundTrip(r)
			if (err != nil) != want.err || err == nil && resp.StatusCode != want.status {
				t.Errorf("got %v, %v", resp, err)
			}
			if got := s.Find("a@b.example")[0].Revoked; got != want.revoked {
				t.Errorf("revoked %v, want %v", got, want.revoked)
			}
		})
	}
}

func TestFaultsAreARepeatableShare(t *testing.T) {
	faults := []Fault{{Kind: Unavailable, Share: 0.1}, {Kind: ResetAfter, Share: 0.05}}
	run := func(seed uint64) []FaultKind {
		p := faultPlan{seed: seed}
		p.current.Store(&faults)
		var kinds []FaultKind
		for range 20000 {
			kinds = append(kinds, p.draw(true))
		}
		return kinds
	}
	count := map[FaultKind]int{}
	for _, k := range run(3) {
		count[k]++
	}
	if n := count[Unavailable]; n < 1850 || n > 2150 {
		t.Errorf("503: %d of 20000, want about 2000", n)
	}
	if n := count[ResetAfter]; n < 810 || n > 990 { // 5 % of the 18,000 others
		t.Errorf("reset-after: %d of 20000, want about 900", n)
	}
	if !cmp.Equal(run(3), run(3)) || cmp.Equal(run(3), run(4)) {
		t.Error("the seed does not decide")
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
	s.RenewTokens()
	s.SetFaults()
	if diff := cmp.Diff([]int{200, 200, 200, 200}, statuses(me, 4)); diff != "" {
		t.Errorf("renewed (-want +got):\n%s", diff)
	}
	s.EndTokens()
	if diff := cmp.Diff([]int{401}, statuses(me, 1)); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}

func TestHangEndsWithTheSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(withFault(t, "hang-after"))
		var wg sync.WaitGroup
		wg.Go(func() {
			if o := observe(t, s, Transport(s), site, time.Hour); o.Err != "reset" || o.Made != 1 {
				t.Errorf("got %+v", o)
			}
		})
		time.Sleep(time.Minute)
		s.Close()
		wg.Wait()
		if got := s.Stats().Route("POST", CreatePath); got.Lost != 1 || got.Requests != 1 {
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
		"504=0.1":              {err: "503, 503-after, 502-html, 429-no-retry-after, reset-before"},
		"":                     {err: "no fault"},
		"503":                  {err: "503=0.01"},
		"503=2":                {err: "0 to 1"},
		"503=101%":             {err: "0 to 1"},
		"503=-0.1":             {err: "0 to 1"},
		"503=NaN":              {err: "0 to 1"},
		"401-after=0":          {err: "401-after=500"},
		"401-after=0.5":        {err: "401-after=500"},
		"truncate-after=often": {err: "truncate-after=1%"},
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
			if again, err := ParseFault(got.String()); err != nil || again != got {
				t.Errorf("%q: %s is read as %v, %v", in, got, again, err)
			}
		}
	}
}
