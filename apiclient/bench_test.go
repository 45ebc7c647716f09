package apiclient

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkCreate compares creating customers, at 64 workers and without a quota, with a bare loop over net/http that
// posts the same bodies to the same server and reads the answers. The rounds alternate; the ratio is their median.
func BenchmarkCreate(b *testing.B) {
	reply := `{"accountId":"qm:a713c8ea-1075-4e30-9d96-891a7d181739:5ad6d3581db05e2a66fa80b","name":"x","key":"x",` +
		`"emailAddress":null,"displayName":"Ann Lee","active":true,"timeZone":"Europe/Berlin","_links":{` +
		`"self":"` + strings.Repeat("s", 120) + `","jiraRest":"` + strings.Repeat("r",
		120) + `","avatarUrls":{"48x48":"` + strings.Repeat("a", 200) + `"}}}`
	server := serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, reply)
	}))
	const workers = 64
	client := newTestClient(b, server.URL, func(c *Config) { c.Workers, c.Timeout = workers, time.Minute })
	bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, MaxConnsPerHost: workers}}
	defer bare.CloseIdleConnections()

	create := func(i int64) error {
		_, _, err := client.CreateCustomer(b.Context(), NewCustomer{fmt.Sprintf("c%d@example.com", i), "Ann Lee"}, Hooks{})
		return err
	}
	post := func(i int64) error {
		body, err := json.Marshal(NewCustomer{fmt.Sprintf("c%d@example.com", i), "Ann Lee"})
		if err != nil {
			return err
		}
		req, err := http.NewRequest(http.MethodPost, server.URL+opCreate.route+"?strictConflictStatusCode=true",
			strings.NewReader(string(body)))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth("sandbox@example.com", "sandbox-token")
		resp, err := bare.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	const round = 3000
	var ratios []float64
	var ours, theirs time.Duration
	for b.Loop() {
		t := spread(b, workers, round, post)
		o := spread(b, workers, round, create)
		ratios = append(ratios, float64(t)/float64(o))
		ours, theirs = ours+o, theirs+t
	}
	slices.Sort(ratios)
	n := float64(len(ratios) * round)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(n/ours.Seconds(), "creates/s")
	b.ReportMetric(n/theirs.Seconds(), "posts/s")
}

// spread makes n calls by so many workers.
func spread(b *testing.B, workers, n int, call func(int64) error) time.Duration {
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
