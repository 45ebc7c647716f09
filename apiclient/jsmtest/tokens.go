package jsmtest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Token is an API token or an OAuth 2.0 access token, and what its owner may do.
type Token struct {
	Email  string // of the owner; with Bearer only to say who it is
	Secret string
	Scoped bool     // an API token with scopes: only the gateway takes it
	Scopes []string // of a scoped or a Bearer token; nil: [DefaultScopes]
	Bearer bool     // an access token: sent as Bearer, only to the gateway

	Admin          bool      // Jira administrator: may create customers
	SiteAdmin      bool      // may revoke access
	BrowseUsers    bool      // sees people in user/search
	NoAgentLicence bool      // may neither see nor add the organizations of service projects
	Expires        time.Time // zero: never
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

// grant is a token in use.
type grant struct {
	Token
	issued        bool // at /oauth/token
	ended         bool
	uses, lookUps int
}

func newGrant(t Token) *grant {
	if t.Scopes == nil {
		t.Scopes = DefaultScopes()
	}
	return &grant{Token: t}
}

// use counts one use, and reports whether the token is valid.
func (g *grant) use(r *route, faults []Fault) bool {
	g.uses++
	if r.pattern == UserSearchPath {
		g.lookUps++
	}
	expired := g.ended || !g.Expires.IsZero() && !time.Now().Before(g.Expires)
	return !expired && !slices.ContainsFunc(faults, func(f Fault) bool {
		return f.Kind == TokenEnds && g.uses > f.After || f.Kind == TokenEndsInLookUps && g.lookUps > f.After
	})
}

// EndTokens makes every credential of now worthless. Clients can still fetch new tokens at /oauth/token.
func (s *Site) EndTokens() { s.setEnded(true) }

// RenewTokens takes EndTokens back for the tokens of [Options], and begins the counts of the faults "401-after" and
// "401-after-look-ups" anew.
func (s *Site) RenewTokens() { s.setEnded(false) }

func (s *Site) setEnded(ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		g.ended, g.uses, g.lookUps = ended || g.issued, 0, 0
	}
}

// authorize finds out who asks. It refuses in the words of the site or of the gateway.
func (c *call) authorize() (answer, bool) {
	if c.route.scopes == nil {
		return answer{}, true
	}
	g := c.site.grant(c.req)
	valid := g != nil && g.use(c.route, c.site.faults)
	atGateway, unscoped := c.cloudID != "", valid && !g.Scoped && !g.Bearer
	held := func(scope string) bool { return slices.Contains(g.Scopes, scope) }
	switch {
	// That the gateway refuses tokens without scopes is invented; for the name change it takes them.
	case atGateway && (!valid || unscoped && c.route.pattern != RenamePath):
		return gatewayError(http.StatusUnauthorized, "Unauthorized"), false
	case !atGateway && !unscoped:
		return plain(http.StatusUnauthorized, "Client must be authenticated to access this resource."), false
	case !unscoped && !slices.ContainsFunc(c.route.scopes, held):
		return gatewayError(http.StatusUnauthorized, "Unauthorized; scope does not match"), false
	}
	c.user = g.Token
	return answer{}, true
}

// grant looks the credentials of a request up; nil when there are none or no such ones.
func (s *Site) grant(req *http.Request) *grant {
	email, secret, basic := req.BasicAuth()
	bearer, isBearer := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	for _, g := range s.grants {
		if basic && !g.Bearer && g.Secret == secret && strings.EqualFold(g.Email, email) ||
			isBearer && g.Bearer && g.Secret == bearer {
			return g
		}
	}
	return nil
}

// issueToken is the token endpoint: client credentials in a form.
func issueToken(c *call) answer {
	form, _ := url.ParseQuery(string(c.body)) // what is malformed is left out
	if form.Get("grant_type") != "client_credentials" {
		return jsonAnswer(http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	}
	for _, client := range c.site.options.Clients {
		if client.ID != form.Get("client_id") || client.Secret != form.Get("client_secret") {
			continue
		}
		life := cmp.Or(client.Lifetime, time.Hour)
		g := newGrant(client.Token)
		g.issued, g.Bearer, g.Secret, g.Expires = true, true, randomUUID(), time.Now().Add(life)
		c.site.grants = append(c.site.grants, g)
		return jsonAnswer(http.StatusOK, map[string]any{
			"access_token": g.Secret, "token_type": "Bearer", "expires_in": int(life / time.Second),
			"scope": strings.Join(g.Scopes, " "),
		})
	}
	return jsonAnswer(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
}
