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

// A Monitor gets the starts and ends of runs, after https://healthchecks.io/docs/http_api/. Its URL
// is treated as a secret: no error holds more of it than the host.
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
	return &Monitor{url: u, client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Post posts "start", "fail", or "" for success, with a summary as its body, which may be nil. It
// follows no redirect. A failure is for the log: the run is as good without it.
func (m *Monitor) Post(ctx context.Context, signal string, body []byte) error {
	if m == nil {
		return nil
	}
	to := m.url
	if signal != "" {
		to = m.url.JoinPath(signal)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "jsm-onboard")
	answer, err := m.client.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL that net/http puts before it
	}
	if err != nil {
		return fmt.Errorf("notifying %s: %w", m.url.Host, err)
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("notifying %s: it answered %d", m.url.Host, answer.StatusCode)
	}
	return nil
}
