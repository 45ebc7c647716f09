package jsmtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
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
	NoAgentLicence bool      // may not see or add the organizations of service projects
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
	token := SandboxToken()
	token.Secret = ""
	return Client{ID: "sandbox-client", Secret: "sandbox-secret", Token: token}
}

// grant is a token in use. The keyring's lock guards its counts.
type grant struct {
	Token
	issued        bool // at /oauth/token
	uses, lookUps int
}

func newGrant(t Token) *grant {
	if t.Scopes == nil {
		t.Scopes = DefaultScopes()
	}
	return &grant{Token: t}
}

// may reports whether the token has one of some sets of scopes; tokens without scopes may do all that their owner may.
func (g *grant) may(scopes [][]string) bool {
	if !g.Scoped && !g.Bearer {
		return true
	}
	return slices.ContainsFunc(scopes, func(set []string) bool {
		return !slices.ContainsFunc(set, func(scope string) bool { return !slices.Contains(g.Scopes, scope) })
	})
}

// count counts one use, and reports whether the token has not ended by a fault.
func (g *grant) count(r *route, faults []Fault) bool {
	g.uses++
	if r.pattern == UserSearchPath {
		g.lookUps++
	}
	return !slices.ContainsFunc(faults, func(f Fault) bool {
		return f.Kind == TokenEnds && g.uses > f.After || f.Kind == TokenEndsInLookUps && g.lookUps > f.After
	})
}

// keyring knows all credentials.
type keyring struct {
	clients []Client

	mu     sync.Mutex // guards what follows
	grants []*grant
	ended  bool // those that were not issued at /oauth/token
}

func newKeyring(tokens []Token, clients []Client) *keyring {
	k := &keyring{clients: clients}
	for _, t := range tokens {
		k.grants = append(k.grants, newGrant(t))
	}
	return k
}

func (k *keyring) setEnded(ended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = ended
	k.grants = slices.DeleteFunc(k.grants, func(g *grant) bool { return g.issued })
	for _, g := range k.grants {
		g.uses, g.lookUps = 0, 0
	}
}

// authorize finds out who asks. It refuses in the words of the site or of the gateway.
func (k *keyring) authorize(c *call, faults []Fault) (answer, bool) {
	if c.route.open {
		return answer{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.find(c)
	valid := g != nil && (g.Expires.IsZero() || time.Now().Before(g.Expires)) && g.count(c.route, faults)
	atGateway, plainToken := c.cloudID != "", valid && !g.Scoped && !g.Bearer
	switch {
	// That the gateway refuses tokens without scopes is invented; for the name change it takes them.
	case atGateway && (!valid || plainToken && c.route.pattern != RenamePath):
		return gatewayError(http.StatusUnauthorized, "Unauthorized"), true
	case !atGateway && !plainToken:
		return plain(http.StatusUnauthorized, "Client must be authenticated to access this resource."), true
	case !g.may(c.route.scopes):
		return gatewayError(http.StatusUnauthorized, "Unauthorized; scope does not match"), true
	}
	c.user = g
	return answer{}, false
}

// find looks the credentials of a request up; nil when there are none or no such ones.
func (k *keyring) find(c *call) *grant {
	email, secret, basic := c.req.BasicAuth()
	bearer, isBearer := strings.CutPrefix(c.req.Header.Get("Authorization"), "Bearer ")
	for _, g := range k.grants {
		fits := basic && !g.Bearer && g.Secret == secret && strings.EqualFold(g.Email, email) ||
			isBearer && g.Bearer && g.Secret == bearer
		if fits && (g.issued || !k.ended) {
			return g
		}
	}
	return nil
}

// issue makes a token for a client, valid for life; nil when there is no such client.
func (k *keyring) issue(id, secret string) (g *grant, life time.Duration) {
	i := slices.IndexFunc(k.clients, func(c Client) bool { return c.ID == id && c.Secret == secret })
	if i < 0 {
		return nil, 0
	}
	if life = k.clients[i].Lifetime; life == 0 {
		life = time.Hour
	}
	g = newGrant(k.clients[i].Token)
	g.issued, g.Bearer, g.Secret, g.Expires = true, true, randomUUID(), time.Now().Add(life)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.grants = slices.DeleteFunc(k.grants, func(g *grant) bool { return g.issued && time.Now().After(g.Expires) })
	k.grants = append(k.grants, g)
	return g, life
}

// issueToken is the token endpoint: client credentials in a form, or in the header.
func issueToken(c *call) answer {
	form, _ := url.ParseQuery(string(c.body)) // what is malformed is left out
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if name, password, ok := c.req.BasicAuth(); ok {
		id, _ = url.QueryUnescape(name)
		secret, _ = url.QueryUnescape(password)
	}
	if form.Get("grant_type") != "client_credentials" {
		return jsonAnswer(http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	}
	g, life := c.site.keys.issue(id, secret)
	if g == nil {
		return jsonAnswer(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": g.Secret,
		"token_type":   "Bearer",
		"expires_in":   int(life / time.Second),
		"scope":        strings.Join(g.Scopes, " "),
	})
}
