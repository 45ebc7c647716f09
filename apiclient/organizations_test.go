package apiclient

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// The way of an account into organizations and service projects, twice: all of it may be repeated.
func TestAccess(t *testing.T) {
	site, server := serveSite(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "Acme"}}})
	client := newTestClient(t, server.URL)
	ctx := t.Context()
	customer, _, err := client.CreateCustomer(ctx, newcomer, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		desk, err := client.ServiceDesk(ctx, "sup")
		if err != nil || desk.ProjectKey != "SUP" {
			t.Fatalf("%+v, %v", desk, err)
		}
		made, err := client.CreateOrganization(ctx, "Initech")
		if err != nil {
			t.Fatal(err)
		}
		for _, do := range []func() (Call, error){
			func() (Call, error) { return client.AddToOrganization(ctx, made.ID, []string{customer.ID}) },
			func() (Call, error) { return client.AddToServiceDesk(ctx, desk.ID, []string{customer.ID}) },
			func() (Call, error) { return client.AddOrganizationToServiceDesk(ctx, desk.ID, made.ID) },
		} {
			call, err := do()
			if diff := cmp.Diff(Call{Attempts: 1, Status: 204}, call, anyTime); diff != "" || err != nil {
				t.Errorf("%s%v", diff, err)
			}
		}
		added, err := client.ServiceDeskOrganizations(ctx, desk.ID)
		if err != nil || len(added) != 1 || added[0] != made {
			t.Errorf("%+v, %v, want %+v", added, err, made)
		}
	}
	all, err := client.Organizations(ctx)
	if err != nil || len(all) != 2 || all[0].Name != "Acme" || all[1].Name != "Initech" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, o := range site.Organizations() {
		if o.Name == "Initech" && (len(o.Members) != 1 || o.Members[0].Email != newcomer.Email) {
			t.Errorf("members %v", o.Members)
		}
	}
}

func TestAccessIsRefused(t *testing.T) {
	_, server := serveSite(t, jsmtest.Options{Organizations: []jsmtest.Organization{{Name: "Acme"}}})
	client := newTestClient(t, server.URL)
	ctx := t.Context()
	organizations, err := client.Organizations(ctx)
	if err != nil {
		t.Fatal(err)
	}
	id := organizations[0].ID
	_, err = client.AddToOrganization(ctx, id, []string{"qm:nobody:1"})
	checkKind(t, err, KindInvalid, "")
	_, err = client.AddToOrganization(ctx, id, []string{"qm:nobody:1"})
	checkKind(t, err, KindInvalid, "")
	_, err = client.ServiceDesk(ctx, "NONE")
	checkKind(t, err, KindNotFound, "")
	_, err = client.AddOrganizationToServiceDesk(ctx, "1", "Acme")
	checkKind(t, err, KindInvalid, "")
	_, err = client.AddToServiceDesk(ctx, "../1", nil)
	checkKind(t, err, KindInvalid, "")

	_, server = serveSite(t, jsmtest.Options{Faults: []jsmtest.Fault{{Kind: jsmtest.NoAgentLicence, Share: 1}}})
	client = newTestClient(t, server.URL)
	_, err = client.ServiceDeskOrganizations(ctx, "1")
	checkKind(t, err, KindForbidden, "licence")
	_, err = client.AddOrganizationToServiceDesk(ctx, "1", "1")
	checkKind(t, err, KindForbidden, "licence")
}

// The organization that was asked for, and no other one: a wrong membership is a data leak.
func TestCreateOrganizationTakesNoOther(t *testing.T) {
	for name, same := range map[string]bool{"Acme Söhne": true, " ACME  So\u0308hne": true, "Acme": false, "": false} {
		synctest.Test(t, func(t *testing.T) {
			body, _ := json.Marshal(map[string]string{"id": "7", "name": name})
			made, err := inProcess(t, says(201, string(body))).CreateOrganization(t.Context(), "Acme Söhne")
			if (err == nil) != same || (made.ID == "7") != same {
				t.Errorf("%q: %+v, %v", name, made, err)
			}
			if !same {
				checkKind(t, err, KindAnswer, "")
			}
		})
	}
}

// The numbers and texts that the operations want.
func TestAccessRequests(t *testing.T) {
	for want, do := range map[string]func(context.Context, *Client) error{
		`POST /rest/servicedeskapi/organization {"name":"Acme Söhne"}`: func(ctx context.Context, c *Client) error {
			_, err := c.CreateOrganization(ctx, "Acme Söhne")
			return err
		},
		`POST /rest/servicedeskapi/organization/7/user {"accountIds":["qm:1:2","qm:1:3"]}`: func(ctx context.Context,
			c *Client) error {
			_, err := c.AddToOrganization(ctx, "7", []string{"qm:1:2", "qm:1:3"})
			return err
		},
		`POST /rest/servicedeskapi/servicedesk/1/customer {"accountIds":["qm:1:2"]}`: func(ctx context.Context,
			c *Client) error {
			_, err := c.AddToServiceDesk(ctx, "1", []string{"qm:1:2"})
			return err
		},
		`POST /rest/servicedeskapi/servicedesk/1/organization {"organizationId":7}`: func(ctx context.Context,
			c *Client) error {
			_, err := c.AddOrganizationToServiceDesk(ctx, "1", "7")
			return err
		},
	} {
		var got string
		client := newTestClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Method + " " + r.RequestURI + " " + string(body)
			if r.URL.Path == opOrganizations.route {
				says(201, `{"id":"7","name":"Acme Söhne"}`)(w, r)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})).URL)
		if err := do(t.Context(), client); err != nil || got != want {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}
