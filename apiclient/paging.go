package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// pageSize is how many values one page is asked for.
const pageSize = 50

// page is a page of a list: Jira Service Management's envelope, or a plain array, as the search for users gives it.
type page[T any] struct {
	Limit      int  `json:"limit"`
	IsLastPage bool `json:"isLastPage"`
	Links      struct {
		Next string `json:"next"`
	} `json:"_links"`
	Values []T `json:"values"` // nil: the answer is no list
}

// UnmarshalJSON reads both forms. An array that is shorter than what was asked for is the last page.
func (p *page[T]) UnmarshalJSON(body []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		type envelope page[T]
		return json.Unmarshal(body, (*envelope)(p))
	}
	p.Limit = pageSize
	err := json.Unmarshal(body, &p.Values)
	p.IsLastPage = len(p.Values) < pageSize
	return err
}

// list is what it takes to read a list to its end.
type list[T any] struct {
	request        // of the first page, with a query
	start   string // the parameter of the query that counts values: start or startAt
	end     int    // no page is asked for from here on; 0: no end
	id      func(T) string
}

// all yields each value once. An error is the last element; without one the list is complete.
//
// The next page is _links.next where that is on the same host and below the same root, else it starts at start + limit
// of the answer: a page may hold fewer values than its limit and not be the last.
func (l list[T]) all(ctx context.Context, c *Client) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for start, next := 0, ""; l.end == 0 || start < l.end; {
			p, err := l.page(ctx, c, start, next)
			before := len(seen)
			for _, v := range p.Values {
				if id := l.id(v); !seen[id] {
					seen[id] = true
					if !yield(v, nil) {
						return
					}
				}
			}
			if err == nil && (p.IsLastPage || len(p.Values) == 0) {
				return
			}
			if err == nil && len(seen) == before {
				err = l.fail(KindAnswer, "the list goes on without anything new", hintAgain)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			start, next = start+max(p.Limit, 1), c.nextPath(p.Links.Next)
		}
	}
}

// page reads one page: next, or else the one from start on.
func (l list[T]) page(ctx context.Context, c *Client, start int, next string) (p page[T], err error) {
	r := l.request
	r.next = next
	if next == "" && start > 0 {
		r.query += "&" + l.start + "=" + strconv.Itoa(start)
	}
	r.read = readJSON(&p, func() bool {
		for _, v := range p.Values {
			if l.id(v) == "" {
				return false
			}
		}
		return p.Values != nil
	})
	if _, err = c.get(ctx, &r); err != nil {
		p.Values = nil
	}
	return p, err
}

// nextPath is the path of a next link, below the root that takes the credentials; "" for any other link.
func (c *Client) nextPath(link string) string {
	root := c.address.Load()
	next, err := url.Parse(link)
	if root == nil || err != nil || next.User != nil {
		return ""
	}
	rest, below := strings.CutPrefix(next.Scheme+"://"+next.Host+next.RequestURI(), *root)
	if !below || !strings.HasPrefix(rest, "/rest/") {
		return ""
	}
	return rest
}
