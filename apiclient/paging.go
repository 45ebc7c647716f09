package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"slices"
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

// listed is what lists hold.
type listed interface{ id() string }

func (a Account) id() string      { return a.ID }
func (o Organization) id() string { return o.ID }

// list yields each value of a list once, from a first page, whose query counts values by the parameter start. An error
// is the last element; without one the list is complete.
//
// The next page is _links.next where that is on the same host and below the same root, else it starts at start + limit
// of the answer: a page may hold fewer values than its limit and not be the last.
func list[T listed](ctx context.Context, c *Client, first request, start string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for n, r := 0, first; ; {
			p, err := readPage[T](ctx, c, r)
			before := len(seen)
			for _, v := range p.Values {
				if !seen[v.id()] && !yield(v, nil) {
					return
				}
				seen[v.id()] = true
			}
			if err == nil && (p.IsLastPage || len(p.Values) == 0) {
				return
			}
			if err == nil && len(seen) == before {
				err = newError(r.name, KindAnswer, "the list goes on without anything new", hintAgain)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			n += max(p.Limit, 1)
			r.query = first.query + "&" + start + "=" + strconv.Itoa(n)
			r.next = c.nextPath(p.Links.Next)
		}
	}
}

func readPage[T listed](ctx context.Context, c *Client, r request) (page[T], error) {
	var p page[T]
	nameless := func(v T) bool { return v.id() == "" }
	r.read = readJSON(&p, func() bool { return p.Values != nil && !slices.ContainsFunc(p.Values, nameless) })
	_, _, err := c.do(ctx, &r)
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
