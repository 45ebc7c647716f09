package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// notifyTimeout is for one request to the monitor.
const notifyTimeout = 10 * time.Second

// Signal is what the monitor gets to know.
type Signal int

// The signals of https://healthchecks.io/docs/http_api/.
const (
	Started   Signal = iota + 1 // URL/start
	Succeeded                   // URL
	FailedRun                   // URL/fail
)

func (s Signal) suffix() string {
	switch s {
	case Started:
		return "start"
	case FailedRun:
		return "fail"
	}
	return ""
}

// A Monitor gets the starts and ends of runs. Its URL is treated as a
// secret: no error holds more of it than the host.
type Monitor struct {
	url    *url.URL
	client *http.Client
}

// NewMonitor checks the URL of --notify.
func NewMonitor(address string) (*Monitor, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return nil, errors.New("--notify needs a whole URL, such as https://hc-ping.com/your-uuid")
	}
	u.Fragment = ""
	return &Monitor{url: u, client: &http.Client{
		Timeout:       notifyTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post sends a signal with a summary as its body, which may be nil. It never
// follows to another place. A failure is for the log: the run is as good
// without it.
func (m *Monitor) Post(ctx context.Context, s Signal, body []byte) error {
	to := *m.url
	if suffix := s.suffix(); suffix != "" {
		to = *m.url.JoinPath(suffix)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("notifying %s: %w", m.url.Host, withoutURL(err))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "jsm-onboard")
	answer, err := m.client.Do(request)
	if err != nil {
		return fmt.Errorf("notifying %s: %w", m.url.Host, withoutURL(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("notifying %s: it answered %d", m.url.Host, answer.StatusCode)
	}
	return nil
}

// withoutURL is the error without the URL that net/http puts before it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
