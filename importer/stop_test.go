package importer

import (
	"cmp"
	"errors"
	"regexp"
	"testing"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/outcome"
)

func TestSameRefusalIsOneProblem(t *testing.T) {
	closed := refusedWith(400, "cv.signup.error.not.allowed")
	feed := func(w *stopRules, n int, s outcome.Status, err error) (stop *Stop) {
		for range n {
			stop = cmp.Or(stop, w.after(s, err))
		}
		return stop
	}
	limit := Limit{Percent: 5, Floor: 100, Unit: Share}

	w := &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	if stop := feed(w, maxSameRefusals-1, outcome.Failed, closed); stop != nil {
		t.Fatalf("stopped after %d: %v", maxSameRefusals-1, stop)
	}
	stop := w.after(outcome.Failed, closed)
	if stop == nil || stop.Cause != Guarded || stop.Hint == "" {
		t.Fatalf("after %d equal refusals: %+v", maxSameRefusals, stop)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	for range 4 {
		if stop := feed(w, maxSameRefusals-1, outcome.Failed, closed); stop != nil {
			t.Fatalf("stopped although something was made between: %v", stop)
		}
		w.after(outcome.Created, nil)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	for i := range 60 {
		key := []string{"a", "b"}[i%2]
		if stop := w.after(outcome.Failed, refusedWith(400, key)); stop != nil {
			t.Fatalf("different refusals stopped the run: %v", stop)
		}
	}

	w = &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	if stop := feed(w, maxSameRefusals, outcome.Failed, refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 again and again: %+v", stop)
	}

	w = &stopRules{maxErrors: Limit{}, maxForbidden: maxSameRefusals}
	if stop := feed(w, maxSameRefusals-1, outcome.Failed, refusedWith(403, "")); stop != nil {
		t.Errorf("403 a few times: %+v", stop)
	}
	if stop := w.after(outcome.Failed, refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 again and again, with --max-errors 0: %+v", stop)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: 3}
	if stop := feed(w, 2, outcome.Failed, refusedWith(403, "")); stop != nil {
		t.Errorf("403 for two of three rows: %+v", stop)
	}
	if stop := w.after(outcome.Failed, refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 for all of three rows: %+v", stop)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: 1}
	if stop := w.after(outcome.Failed, refusedWith(403, "")); stop == nil || stop.Cause != Unauthorised {
		t.Errorf("403 where it is the same for all: %+v", stop)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	if stop := feed(w, maxSameRefusals, outcome.NotFound, refusedWith(404, "")); stop == nil || stop.Cause != Guarded {
		t.Errorf("404 again and again: %+v", stop)
	}

	w = &stopRules{maxErrors: limit, maxForbidden: maxSameRefusals}
	if stop := feed(w, maxSameRefusals, outcome.Unknown, refusedWith(200, "")); stop == nil || stop.Cause != Guarded {
		t.Errorf("a sign-in page again and again: %+v", stop)
	}

	w = &stopRules{maxErrors: Limit{}, maxForbidden: maxSameRefusals}
	if stop := feed(w, 1000, outcome.Failed, closed); stop != nil {
		t.Errorf("--max-errors 0 stopped: %v", stop)
	}
}

func TestMaxErrors(t *testing.T) {
	w := &stopRules{maxErrors: Limit{Percent: 5, Floor: 100, Unit: Share}}
	unknown := errors.New("timeout")
	for i := range 100 {
		if stop := w.after(outcome.Unknown, unknown); stop != nil {
			t.Fatalf("stopped at failure %d: %v", i+1, stop)
		}
	}
	if stop := w.after(outcome.Unknown, unknown); stop == nil || stop.Cause != Guarded {
		t.Errorf("failure 101 of 101: %+v", stop)
	}
	w = &stopRules{maxErrors: Limit{Percent: 5, Floor: 100, Unit: Share}}
	for i := range 10_000 {
		s := outcome.Created
		if i%21 == 0 {
			s = outcome.Unknown
		}
		if stop := w.after(s, unknown); stop != nil {
			t.Fatalf("stopped at row %d with less than 5%%: %v", i, stop)
		}
	}
}

// What a request of a kind ends in that the run goes on without: one row alone, or all requests of the kind.
func TestStopForOneKindOfRequest(t *testing.T) {
	outage := &apiclient.PauseError{Outage: time.Now()}
	for _, tc := range []struct {
		name   string
		err    error
		pauses bool // a quota ends the requests, too
		times  int
		off    bool
	}{
		{"done", nil, true, 30, false},
		{"refused", refusedWith(400, ""), true, 18, false},
		{"refused again and again", refusedWith(400, ""), true, 20, true},
		{"an outage", outage, false, 1, true},
		{"a quota", &apiclient.PauseError{Until: time.Now()}, false, 1, false},
		{"a quota of what may be left out", &apiclient.PauseError{Until: time.Now()}, true, 1, true},
		{"nobody may look", apiclient.BrowseMissing, true, 1, true},
		{"a missing scope", &apiclient.Error{Status: 403, Kind: apiclient.KindScope}, true, 1, true},
		{"no such site", &apiclient.Error{Kind: apiclient.KindSite}, true, 1, true},
		{"a web page for one", &apiclient.Error{Status: 403, Kind: apiclient.KindSite}, true, 1, false},
	} {
		kind, asked := &refusals{pauses: tc.pauses}, 0
		request := func() (int, error) { asked++; return 7, tc.err }
		var err error
		for range tc.times {
			_, err = try(kind, request)
		}
		_, left := errors.AsType[leftOut](err)
		if _, next := try(kind, request); (kind.off.Load() != nil) != tc.off || (asked == tc.times) != tc.off {
			t.Errorf("%s: asked %d times, then %v", tc.name, asked, next)
		}
		if all := tc.off && tc.times == 1; left != all { // the one answer that is about all is the reason for its row
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestStopFor(t *testing.T) {
	now, hour := time.Now(), time.Now().Add(time.Hour)
	for _, tc := range []struct {
		err  error
		want Cause
		code int
		text string // of message and hint
	}{
		{&apiclient.PauseError{Until: hour}, QuotaPause, 6, "the quota of the site .* again after .* with --max-pause"},
		{&apiclient.PauseError{Outage: now, Until: now, Reason: "503"}, Broken, 1, `not answered since .* \(503\) check`},
		{&apiclient.PauseError{Outage: now, Until: hour, Reason: "503"}, Broken, 1,
			`the site is down \(503\) and asks to be left alone until .* again after .* with --max-pause`},
		{&apiclient.Error{Status: 401, Kind: apiclient.KindUnauthorized}, Unauthorised, 4, "no longer accepts"},
	} {
		stop := StopFor(tc.err)
		if stop == nil || stop.Cause != tc.want || int(stop.Cause) != tc.code || stop.Hint == "" ||
			!regexp.MustCompile(tc.text).MatchString(stop.What+" "+stop.Hint) {
			t.Errorf("%v: %+v", tc.err, stop)
		}
	}
	if stop := StopFor(refusedWith(400, "")); stop != nil {
		t.Errorf("a refused row alone stops the run: %v", stop)
	}
}
