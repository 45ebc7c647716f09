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

// A Signal is the part of the monitor's URL that says what has happened.
type Signal string

// The signals of https://healthchecks.io/docs/http_api/.
const (
	Started   Signal = "start"
	Succeeded Signal = ""
	FailedRun Signal = "fail"
)

// A Monitor gets the starts and ends of runs. Its URL is treated as a secret:
// no error holds more of it than the host.
type Monitor struct {
	url    *url.URL
	client *http.Client
}

// NewMonitor checks the URL of --notify; "": there is none, and the Monitor is nil.
func NewMonitor(address string) (*Monitor, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return nil, errors.New("--notify needs a whole URL, such as https://hc-ping.com/your-uuid")
	}
	u.Fragment = ""
	return &Monitor{url: u, client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post sends a signal with a summary as its body, which may be nil. It follows
// no redirect. A failure is for the log: the run is as good without it.
func (m *Monitor) Post(ctx context.Context, s Signal, body []byte) error {
	to := m.url
	if s != Succeeded {
		to = m.url.JoinPath(string(s))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("User-Agent", "jsm-onboard")
		err = m.send(request)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL that net/http puts before it
	}
	if err != nil {
		return fmt.Errorf("notifying %s: %w", m.url.Host, err)
	}
	return nil
}

func (m *Monitor) send(request *http.Request) error {
	answer, err := m.client.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}
