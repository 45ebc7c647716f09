package apiclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

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
	}{
		{"one", []Account{longer, customer}, customer, ""},
		{"a person", []Account{person}, person, ""},
		{"a customer and a person", []Account{person, customer}, customer, ""},
		{"told twice", []Account{customer, customer}, customer, ""},
		{"nobody", nil, Account{}, NoneFound},
		{"only a longer address", []Account{longer}, Account{}, NoneFound},
		{"two customers", []Account{customer, second, person}, Account{}, SeveralFound},
		{"hidden", []Account{hidden, longer}, Account{}, AddressesHidden},
		{"one, and one hidden", []Account{hidden, customer}, customer, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != opSearch.route || r.URL.Query().Get("query") != ann || r.URL.Query().Get("maxResults") != "50" {
					t.Errorf("asked for %s", r.URL)
				}
				json.NewEncoder(w).Encode(append([]Account{}, tt.found...))
			}))
			got, err := newTestClient(t, server.URL).FindAccount(t.Context(), ann)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if why, _ := errors.AsType[Unresolved](err); why != tt.why || (err != nil) != (tt.why != "") {
				t.Errorf("got %v, want %v", err, tt.why)
			}
		})
	}
}

func TestFindAccountWithoutPermission(t *testing.T) {
	token := jsmtest.SandboxToken()
	token.BrowseUsers = false
	_, server := serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{token},
		Existing: []jsmtest.Account{{Email: "ann.lee@example.com", Name: "Ann"}}})
	client := newTestClient(t, server.URL)
	if _, err := client.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := client.FindAccount(t.Context(), "ann.lee@example.com")
	if !errors.Is(err, BrowseMissing) {
		t.Errorf("got %v", err)
	}
	_, err = newTestClient(t, serve(t, says(403, `{}`)).URL).FindAccount(t.Context(), "ann.lee@example.com")
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindForbidden { // it may be about this address alone
		t.Errorf("403: got %v", err)
	}
}

// A full page of prefix matches decides nothing: the rest is not known.
func TestFindAccountInAFullPage(t *testing.T) {
	for others, want := range map[int]Unresolved{pageSize - 2: "", pageSize - 1: SeveralFound} {
		found := []Account{{ID: "qm:1", Type: "customer", Email: "a@example.com"}}
		for i := range others {
			found = append(found, Account{ID: fmt.Sprint("x", i), Email: "a@example.com.example"})
		}
		server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(found) }))
		got, err := newTestClient(t, server.URL).FindAccount(t.Context(), "a@example.com")
		if why, _ := errors.AsType[Unresolved](err); (want == "") != (got.ID == "qm:1") || why != want {
			t.Errorf("among %d others: got %+v, %v", others, got, err)
		}
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
		{"no permission", []http.HandlerFunc{says(403, ``)}, Call{Attempts: 1, Status: 403, Lost: false},
			KindForbidden, "administrator"},
		{"unknown", []http.HandlerFunc{says(404, ``)}, Call{Attempts: 1, Status: 404, Lost: false}, KindNotFound, ""},
		{"answer lost", []http.HandlerFunc{cut(true), says(204, ``)}, Call{Attempts: 2, Status: 204, Lost: true}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := &steps{handlers: tt.server}
			server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				want := "/rest/servicedeskapi/customer/user/" + id + "/revoke-portal-only-access"
				if r.RequestURI != want || r.Method != "PUT" {
					t.Errorf("%s %s, want %s", r.Method, r.RequestURI, want)
				}
				if r.Header.Get("X-ExperimentalApi") != "opt-in" || r.ContentLength > 0 {
					t.Errorf("headers %v, %d bytes", r.Header, r.ContentLength)
				}
				answers.ServeHTTP(w, r)
			}))
			call, err := newTestClient(t, server.URL).RevokePortalAccess(t.Context(), id, Hooks{})
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
		call, err := client.RevokePortalAccess(t.Context(), id, Hooks{})
		checkKind(t, err, KindInvalid, "")
		if call != (Call{}) {
			t.Errorf("%q: %+v", id, call)
		}
	}
}

// What was accepted, and not as the API promises, is neither done nor failed.
func TestOnly204IsDone(t *testing.T) {
	for name, do := range map[string]func(context.Context, *Client) (Call, error){
		"revoke": func(ctx context.Context, c *Client) (Call, error) {
			return c.RevokePortalAccess(ctx, "qm:1:2", Hooks{})
		},
		"members": func(ctx context.Context, c *Client) (Call, error) {
			return c.AddToOrganization(ctx, "1", []string{"qm:1:2"})
		},
		"desk customers": func(ctx context.Context, c *Client) (Call, error) {
			return c.AddToServiceDesk(ctx, "1", []string{"qm:1:2"})
		},
		"desk organization": func(ctx context.Context, c *Client) (Call, error) {
			return c.AddOrganizationToServiceDesk(ctx, "1", "2")
		},
	} {
		for _, status := range []int{200, 202, 205} {
			synctest.Test(t, func(t *testing.T) {
				call, err := do(t.Context(), inProcess(t, says(status, ``)))
				checkKind(t, err, KindAnswer, "")
				if !call.Lost || call.Attempts != maxAttemptsCheck {
					t.Errorf("%s, %d: %+v", name, status, call)
				}
			})
		}
		synctest.Test(t, func(t *testing.T) {
			answers := &steps{handlers: []http.HandlerFunc{says(202, ``), says(204, ``)}}
			if call, err := do(t.Context(), inProcess(t, answers)); err != nil || !call.Lost || call.Status != 204 {
				t.Errorf("%s, 202 and then 204: %+v, %v", name, call, err)
			}
		})
	}
}

// Of a 201 only the account id and the address count: other fields may be of any type.
func TestCreatedWithOtherFields(t *testing.T) {
	for body, want := range map[string]int{
		`{"accountId":"qm:1:2","emailAddress":"new@example.com","active":"true","displayName":["New","One"]}`: 1,
		`{"accountId":"qm:1:2","timeZone":7,"_links":[],"accountType":null}`:                                  1,
		`{"accountId":["qm:1:2"],"emailAddress":"new@example.com"}`:                                           2,
		`{"accountId":"qm:1:2","emailAddress":7}`:                                                             2,
	} {
		synctest.Test(t, func(t *testing.T) {
			client := inProcess(t, &steps{handlers: []http.HandlerFunc{says(201, body), says(409, `{}`)}})
			made, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
			if call.Attempts != want || (err == nil) != (want == 1) || (made.ID == "qm:1:2") != (want == 1) {
				t.Errorf("%s: %+v, %+v, %v", body, made, call, err)
			}
		})
	}
}

// Only a 204 is a revocation.
func TestRevokeBelievesNoPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := jsmtest.New(jsmtest.Options{Faults: []jsmtest.Fault{{Kind: jsmtest.SignInPage, Share: 1, Route: "PUT"}}})
		client := inProcess(t, site)
		for i := range 20 {
			customer, _, err := client.CreateCustomer(t.Context(), NewCustomer{fmt.Sprintf("c%d@example.com", i), "C"},
				Hooks{})
			if err != nil {
				t.Fatal(err)
			}
			r := new(recorder)
			call, err := client.RevokePortalAccess(t.Context(), customer.ID, r.record())
			checkKind(t, err, KindAnswer, "--site")
			if !call.Lost || !r.onRecord {
				t.Errorf("%+v, %v", call, r.events)
			}
		}
	})
}

func TestRenameCustomer(t *testing.T) {
	ctx := t.Context()
	connected := func(url string) *Client {
		client := newTestClient(t, url)
		client.Connect(ctx)
		return client
	}
	site, server := serveSite(t, jsmtest.Options{})
	client := connected(server.URL)
	customer, _, err := client.CreateCustomer(ctx, newcomer, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.RenameCustomer(ctx, "qm:nobody:1", "N")
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindNotFound || !e.RouteUncertain {
		t.Errorf("before any: %v", err)
	}
	if _, err := client.RenameCustomer(ctx, customer.ID, "Newer Name"); err != nil {
		t.Fatal(err)
	}
	if got := site.Find(newcomer.Email); len(got) != 1 || got[0].Name != "Newer Name" {
		t.Errorf("%+v", got)
	}
	_, err = client.RenameCustomer(ctx, "qm:nobody:1", "N")
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindNotFound || e.RouteUncertain {
		t.Errorf("after one: %v", err)
	}

	site.SetFaults(jsmtest.Fault{Kind: jsmtest.RouteGone, Share: 1, Route: jsmtest.RenamePath})
	_, err = connected(server.URL).RenameCustomer(ctx, customer.ID, "N")
	if e, ok := errors.AsType[*Error](err); !ok || !e.RouteUncertain {
		t.Errorf("without the operation: %v", err)
	}

	_, err = connected(serve(t, says(404, ``)).URL).RenameCustomer(ctx, customer.ID, "N")
	checkKind(t, err, KindSite, "")

	clerk := jsmtest.SandboxToken()
	clerk.Admin = false
	_, server = serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{clerk}})
	_, err = connected(server.URL).RenameCustomer(ctx, customer.ID, "N")
	checkKind(t, err, KindForbidden, "Administer Jira")
}

func TestRenameBelievesNoOtherAccount(t *testing.T) {
	for body, want := range map[string]bool{
		"": true, " \n": true, `{}`: true, `{"displayName":"N"}`: true, `{"accountId":"qm:1:2"}`: true,
		`{"accountId":"qm:1:3"}`: false, `[]`: false, `"ok"`: false, `<html>`: false, `{"accountId":`: false,
	} {
		if got := namesNoOther([]byte(body), "qm:1:2"); got != want {
			t.Errorf("%q: %t", body, got)
		}
	}
}
