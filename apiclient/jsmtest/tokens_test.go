package jsmtest

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"
)

func TestClientCredentials(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		ask    ask
		status int
	}{
		"form":          {ask{body: "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret", kind: form, as: "nobody"}, 200},
		"wrong secret":  {ask{body: "grant_type=client_credentials&client_id=sandbox-client&client_secret=x", kind: form, as: "nobody"}, 401},
		"nobody":        {ask{body: "grant_type=client_credentials", kind: form, as: "nobody"}, 401},
		"another grant": {ask{body: "grant_type=password&client_id=sandbox-client&client_secret=sandbox-secret", kind: form, as: "nobody"}, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := Sandbox()
			o.CloudID = cloudID
			s := New(o)
			tt.ask.method, tt.ask.url = "POST", TokenPath
			status, body, _ := tt.ask.do(t, s)
			if status != tt.status {
				t.Fatalf("got %d %s, want %d", status, body, tt.status)
			}
			if status != 200 {
				return
			}
			var token struct {
				AccessToken string `json:"access_token"`
				TokenType   string `json:"token_type"`
				ExpiresIn   int    `json:"expires_in"`
			}
			if err := json.Unmarshal([]byte(body), &token); err != nil || token.TokenType != "Bearer" || token.ExpiresIn != 3600 {
				t.Fatalf("got %s, %v", body, err)
			}
			bearer := ask{method: "POST", url: gateway + create, body: dana, as: "Bearer " + token.AccessToken}
			if status, body, _ := bearer.do(t, s); status != 201 {
				t.Errorf("with the token: got %d %s, want 201", status, body)
			}
		})
	}
}

// issued fetches a token of the sandbox's service account.
func issued(t *testing.T, s *Site) string {
	t.Helper()
	const form = "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret"
	_, body, _ := ask{method: "POST", url: TokenPath, body: form, kind: "application/x-www-form-urlencoded"}.do(t, s)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token.AccessToken
}

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Sandbox()
		o.CloudID = cloudID
		o.Clients[0].Lifetime = time.Minute
		o.Tokens[0].Expires = time.Now().Add(time.Minute)
		s := New(o)
		bearer := issued(t, s)
		asks := []ask{{method: "GET", url: MyselfPath}, {method: "GET", url: gateway + MyselfPath, as: bearer}}
		for _, want := range []int{200, 401} {
			for _, a := range asks {
				if status, _, _ := a.do(t, s); status != want {
					t.Errorf("%s: got %d, want %d", a.url, status, want)
				}
			}
			time.Sleep(time.Minute)
		}
		if issued(t, s) == bearer {
			t.Error("the old token is issued again")
		}
	})
}

func TestEndedTokensLeaveClients(t *testing.T) {
	o := Sandbox()
	o.CloudID = cloudID
	s := New(o)
	old := issued(t, s)
	s.SetFaults(Fault{Kind: TokenEnds, After: 1})
	for _, use := range []struct {
		secret string
		want   int
	}{{old, 200}, {old, 401}, {issued(t, s), 200}} {
		if status, _, _ := (ask{method: "GET", url: gateway + MyselfPath, as: use.secret}).do(t, s); status != use.want {
			t.Errorf("got %d, want %d", status, use.want)
		}
	}
	s.SetFaults(Fault{Kind: TokenEnds})
	if status, _, _ := (ask{method: "GET", url: MyselfPath}).do(t, s); status != 401 {
		t.Errorf("a token that has ended got %d, want 401", status)
	}
	s.SetFaults()
	if status, _, _ := (ask{method: "GET", url: MyselfPath}).do(t, s); status != 200 {
		t.Errorf("a renewed token got %d, want 200", status)
	}
}
