package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
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
	request        // of the first page; its path has no start
	start   string // the parameter of the query that counts values: start or startAt
	end     int    // no page is asked for from here on; 0: no end
	id      func(T) string
}

// all yields each value once. An error, which is an *Error for anything but the promised lists, is the last element.
//
// The next page is _links.next where that is on the same host and below the same root, else it starts at start + limit
// of the answer: a page may hold fewer values than its limit and not be the last.
func (l list[T]) all(ctx context.Context, c *Client) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		path, start := l.at(0), 0
		for {
			p, err := l.page(ctx, c, path)
			if err != nil {
				yield(*new(T), err)
				return
			}
			before := len(seen)
			for _, v := range p.Values {
				id := l.id(v)
				if !seen[id] && !yield(v, nil) {
					return
				}
				seen[id] = true
			}
			if p.IsLastPage || len(p.Values) == 0 {
				return
			}
			start += max(p.Limit, 1)
			if l.end > 0 && start >= l.end {
				return
			}
			next := c.nextPath(p.Links.Next)
			if next == "" {
				next = l.at(start)
			}
			if next == path || len(seen) == before {
				yield(*new(T), l.stuck())
				return
			}
			path = next
		}
	}
}

// at is the path of the page from start on.
func (l list[T]) at(start int) string {
	separator := "?"
	if strings.Contains(l.path, "?") {
		separator = "&"
	}
	return l.path + separator + l.start + "=" + strconv.Itoa(start)
}

func (l list[T]) page(ctx context.Context, c *Client, path string) (page[T], error) {
	var p page[T]
	r := l.request
	r.path = path
	r.read = readJSON(&p, func() bool {
		for _, v := range p.Values {
			if l.id(v) == "" {
				return false
			}
		}
		return p.Values != nil
	})
	_, err := c.get(ctx, &r)
	return p, err
}

func (l list[T]) stuck() error {
	return &Error{
		Op:      l.op,
		Method:  http.MethodGet,
		Route:   l.route,
		Kind:    KindAnswer,
		Message: "the list goes on and on without anything new",
	}
}

// nextPath is the path of a next link, below the root that takes the credentials; "" for any other link.
func (c *Client) nextPath(link string) string {
	root := c.address.Load()
	next, err := url.Parse(link)
	if link == "" || root == nil || err != nil {
		return ""
	}
	base, err := url.Parse(*root)
	if err != nil || next.User != nil || next.Scheme != base.Scheme || next.Host != base.Host {
		return ""
	}
	rest, below := strings.CutPrefix(next.RequestURI(), base.Path)
	if !below || !strings.HasPrefix(rest, "/rest/") {
		return ""
	}
	return rest
}
