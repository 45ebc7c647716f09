package jsmtest

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Token is an API token or an OAuth 2.0 access token, and what its owner may do.
type Token struct {
	Email  string // of the owner; with Bearer only to say who it is
	Secret string
	Scoped bool     // an API token with scopes: only the gateway takes it
	Scopes []string // of a scoped or a Bearer token; nil: [DefaultScopes]
	Bearer bool     // an access token: sent as Bearer, only to the gateway

	Admin       bool      // Jira administrator: may create customers
	SiteAdmin   bool      // may revoke access
	BrowseUsers bool      // sees people in user/search
	Expires     time.Time // zero: never
}

// Client is a service account's id and secret for /oauth/token.
type Client struct {
	ID, Secret string
	Lifetime   time.Duration // of the tokens it gets; 0: 1 h
	Token      Token         // what they may do; Bearer, Secret and Expires are set for each
}

// DefaultScopes are those that a person is asked to give a token.
func DefaultScopes() []string {
	return []string{"manage:servicedesk-customer", "read:servicedesk-request", "read:jira-user"}
}

// SandboxToken is the administrator's API token of the sandbox.
func SandboxToken() Token {
	return Token{Email: "sandbox@example.com", Secret: "sandbox-token", Admin: true, SiteAdmin: true, BrowseUsers: true}
}

// SandboxClient is the service account of the sandbox.
func SandboxClient() Client {
	return Client{ID: "sandbox-client", Secret: "sandbox-secret", Token: SandboxToken()}
}

// grant makes the site take a token, and know its owner.
func (s *Site) grant(t Token) {
	if t.Scopes == nil {
		t.Scopes = DefaultScopes()
	}
	if t.Email != "" && len(s.byAddress[lower(t.Email)]) == 0 {
		s.addAccount(Account{Email: t.Email, Name: "Owner of a token", Type: Atlassian})
	}
	sent := "Basic " + base64.StdEncoding.EncodeToString([]byte(t.Email+":"+t.Secret))
	if t.Bearer {
		sent = "Bearer " + t.Secret
	}
	s.grants[sent] = t
}

// authorize finds out who asks. It refuses in the words of the site or of the gateway.
func (c *call) authorize() *answer {
	cloudID := c.req.PathValue("cloudId")
	atGateway := cloudID != ""
	if atGateway && cloudID != c.site.options.CloudID {
		return gatewayError(http.StatusNotFound, "No tenant with this cloud id")
	}
	if c.route.scopes == nil {
		return nil
	}
	sent := c.req.Header.Get("Authorization")
	token, known := c.site.grants[sent]
	scoped := token.Scoped || token.Bearer
	// That the gateway refuses tokens without scopes is invented; for the name change it takes them.
	switch {
	case known && c.use(sent, token) && (scoped == atGateway || c.route.pattern == RenamePath):
		c.user = token
	case atGateway:
		return gatewayError(http.StatusUnauthorized, "Unauthorized")
	default:
		return signedOut(c)
	}
	held := func(scope string) bool { return slices.Contains(token.Scopes, scope) }
	if scoped && !slices.ContainsFunc(c.route.scopes, held) {
		return gatewayError(http.StatusUnauthorized, "Unauthorized; scope does not match")
	}
	return nil
}

// use counts one use of a token, and reports whether it is valid.
func (c *call) use(sent string, t Token) bool {
	uses := c.site.uses
	uses[sent]++
	uses[sent+c.Path]++
	ended := func(f Fault) bool { return f.Kind == TokenEnds && uses[sent+f.Route] > f.After }
	return (t.Expires.IsZero() || time.Now().Before(t.Expires)) && !slices.ContainsFunc(c.site.options.Faults, ended)
}

// issueToken is the token endpoint: client credentials in a form.
func issueToken(c *call) *answer {
	form, _ := url.ParseQuery(string(c.body)) // what is malformed is left out
	i := slices.IndexFunc(c.site.options.Clients, func(k Client) bool {
		return k.ID == form.Get("client_id") && k.Secret == form.Get("client_secret")
	})
	switch {
	case form.Get("grant_type") != "client_credentials":
		return jsonAnswer(http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	case i < 0:
		return jsonAnswer(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	}
	token, life := c.site.options.Clients[i].Token, cmp.Or(c.site.options.Clients[i].Lifetime, time.Hour)
	token.Bearer, token.Secret, token.Expires = true, rand.Text(), time.Now().Add(life)
	c.site.grant(token)
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": token.Secret, "token_type": "Bearer", "expires_in": int(life / time.Second),
	})
}
