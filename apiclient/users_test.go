package apiclient

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

func TestFindAccount(t *testing.T) {
	const ann = "ann.lee@example.com"
	customer := Account{ID: "qm:1", Type: "customer", Email: "Ann.Lee@Example.com", DisplayName: "Ann", Active: true}
	second := Account{ID: "qm:2", Type: "customer", Email: ann}
	person := Account{ID: "712020:1", Type: "atlassian", Email: ann}
	hidden := Account{ID: "qm:3", Type: "customer"}
	longer := Account{ID: "qm:4", Type: "customer", Email: ann + ".example"}
	for _, tt := range []struct {
		name  string
		found []Account
		want  Account
		why   Unresolved
		count int
	}{
		{"one", []Account{longer, customer}, customer, 0, 0},
		{"a person", []Account{person}, person, 0, 0},
		{"a customer and a person", []Account{person, customer}, customer, 0, 0},
		{"told twice", []Account{customer, customer}, customer, 0, 0},
		{"nobody", nil, Account{}, NoneFound, 0},
		{"only a longer address", []Account{longer}, Account{}, NoneFound, 0},
		{"two customers", []Account{customer, second, person}, Account{}, SeveralFound, 3},
		{"hidden", []Account{hidden, longer}, Account{}, AddressesHidden, 1},
		{"one, and one hidden", []Account{hidden, customer}, customer, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != routeSearch || r.URL.Query().Get("query") != ann || r.URL.Query().Get("maxResults") != "50" {
					t.Errorf("asked for %s", r.URL)
				}
				json.NewEncoder(w).Encode(append([]Account{}, tt.found...))
			}))
			got, err := newTestClient(t, server.URL).FindAccount(t.Context(), " "+ann)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			e, _ := errors.AsType[*UnresolvedError](err)
			if (e != nil) != (tt.why != 0) || e != nil && (e.Why != tt.why || e.Found != tt.count) {
				t.Errorf("got %v, want %v", err, tt.why)
			}
		})
	}
}

func TestFindAccountWithoutPermission(t *testing.T) {
	token := jsmtest.SandboxToken()
	token.BrowseUsers = false
	_, server := serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{token}, Existing: []jsmtest.Account{{Email: "ann.lee@example.com", Name: "Ann"}}})
	client := newTestClient(t, server.URL)
	if _, err := client.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := client.FindAccount(t.Context(), "ann.lee@example.com")
	if e, ok := errors.AsType[*UnresolvedError](err); !ok || e.Why != BrowseMissing || e.Hint == "" {
		t.Errorf("got %v", err)
	}
	_, err = newTestClient(t, serve(t, says(403, `{}`)).URL).FindAccount(t.Context(), "ann.lee@example.com")
	if e, ok := errors.AsType[*UnresolvedError](err); !ok || e.Why != BrowseMissing {
		t.Errorf("403: got %v", err)
	}
}

// A full page of prefix matches does not hide the one account.
func TestFindAccountPages(t *testing.T) {
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := make([]Account, 0, pageOfUsers)
		if r.URL.Query().Get("startAt") == "50" {
			page = append(page, Account{ID: "qm:1", Type: "customer", Email: "a@example.com"})
		} else {
			for i := range pageOfUsers {
				page = append(page, Account{ID: "x" + string(rune('0'+i)), Email: "a@example.com.example"})
			}
		}
		json.NewEncoder(w).Encode(page)
	}))
	got, err := newTestClient(t, server.URL).FindAccount(t.Context(), "a@example.com")
	if err != nil || got.ID != "qm:1" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRevokePortalAccess(t *testing.T) {
	const id = "qm:a713c8ea-1075-4e30-9d96-891a7d181739:5ad6d3581db05e2a66fa80b"
	for _, tt := range []struct {
		name   string
		server []http.HandlerFunc
		want   Call
		kind   Kind
		hint   string
	}{
		{"revoked", []http.HandlerFunc{says(204, ``)}, Call{Attempts: 1, Status: 204, Lost: false}, 0, ""},
		{"no permission", []http.HandlerFunc{says(403, ``)}, Call{Attempts: 1, Status: 403, Lost: false}, KindForbidden, "administrator"},
		{"unknown", []http.HandlerFunc{says(404, ``)}, Call{Attempts: 1, Status: 404, Lost: false}, KindNotFound, ""},
		{"answer lost", []http.HandlerFunc{cut(true), says(204, ``)}, Call{Attempts: 2, Status: 204, Lost: true}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := &steps{handlers: tt.server}
			server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if want := "/rest/servicedeskapi/customer/user/" + id + "/revoke-portal-only-access"; r.RequestURI != want || r.Method != "PUT" {
					t.Errorf("%s %s, want %s", r.Method, r.RequestURI, want)
				}
				if r.Header.Get("X-ExperimentalApi") != "opt-in" || r.ContentLength > 0 {
					t.Errorf("headers %v, %d bytes", r.Header, r.ContentLength)
				}
				answers.ServeHTTP(w, r)
			}))
			call, err := newTestClient(t, server.URL).RevokePortalAccess(t.Context(), id)
			checkKind(t, err, tt.kind, tt.hint)
			if diff := cmp.Diff(tt.want, call, anyTime); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRevokeSendsNoOddID(t *testing.T) {
	server := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	client := newTestClient(t, server.URL)
	for _, id := range []string{"", ".", "..", "a/../b", "a?b", "ann.lee@example.com", "a b", "a%2fb"} {
		call, err := client.RevokePortalAccess(t.Context(), id)
		checkKind(t, err, KindInvalid, "")
		if call != (Call{}) {
			t.Errorf("%q: %+v", id, call)
		}
	}
}

func TestServiceDesks(t *testing.T) {
	pages := map[string]string{
		"0": `{"size":2,"isLastPage":false,"values":[{"id":"1","projectKey":"A"},{"id":"2","projectKey":"B"}]}`,
		"2": `{"size":1,"isLastPage":true,"values":[{"id":"3","projectKey":"C","projectName":"Third"}]}`,
	}
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(pages[r.URL.Query().Get("start")]))
	}))
	got, err := newTestClient(t, server.URL).ServiceDesks(t.Context())
	want := []ServiceDesk{{ID: "1", ProjectKey: "A"}, {ID: "2", ProjectKey: "B"}, {ID: "3", ProjectKey: "C", ProjectName: "Third"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}
