package jsmtest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// DefaultScopes are those that a person is told to give a token.
func DefaultScopes() []string {
	return []string{"manage:servicedesk-customer", "read:servicedesk-request", "read:jira-user"}
}

// SandboxToken is the administrator's API token of the sandbox.
func SandboxToken() Token {
	return Token{Email: "sandbox@example.com", Secret: "sandbox-token", Admin: true, SiteAdmin: true, BrowseUsers: true}
}

// SandboxClient is the service account of the sandbox.
func SandboxClient() Client {
	t := SandboxToken()
	t.Secret = ""
	return Client{ID: "sandbox-client", Secret: "sandbox-secret", Token: t}
}

// grant is a token in use.
type grant struct {
	Token
	uses atomic.Int64
}

func (g *grant) may(scopes [][]string) bool {
	held := g.Scopes
	if held == nil {
		held = DefaultScopes()
	}
	for _, set := range scopes {
		if !slices.ContainsFunc(set, func(s string) bool { return !slices.Contains(held, s) }) {
			return true
		}
	}
	return len(scopes) == 0
}

type basicKey struct{ email, secret string }

type keyring struct {
	clients []Client

	mu     sync.Mutex // guards what follows
	basic  map[basicKey]*grant
	bearer map[string]*grant
	issued map[string]*grant // at /oauth/token
	ended  bool              // basic and bearer ones
}

func newKeyring(tokens []Token, clients []Client) *keyring {
	k := &keyring{clients: clients, basic: map[basicKey]*grant{}, bearer: map[string]*grant{}, issued: map[string]*grant{}}
	for _, t := range tokens {
		if t.Bearer {
			k.bearer[t.Secret] = &grant{Token: t}
			continue
		}
		k.basic[basicKey{strings.ToLower(t.Email), t.Secret}] = &grant{Token: t}
	}
	return k
}

// addresses are those of the owners, each once.
func (k *keyring) addresses() []string {
	var all []string
	for _, g := range k.basic {
		all = append(all, g.Email)
	}
	for _, g := range k.bearer {
		all = append(all, g.Email)
	}
	for _, c := range k.clients {
		all = append(all, c.Token.Email)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(a string) bool { return a == "" })
}

func (k *keyring) setEnded(ended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = ended
	clear(k.issued)
	for _, g := range k.basic {
		g.uses.Store(0)
	}
	for _, g := range k.bearer {
		g.uses.Store(0)
	}
}

// authorize finds out who asks. It refuses in the words of the site or of the
// gateway; life, unless 0, is the number of requests after which a token ends.
func (k *keyring) authorize(c *call, life int64) (answer, bool) {
	if c.route.open {
		return answer{}, false
	}
	g := k.find(c)
	valid := g != nil && (g.Expires.IsZero() || time.Now().Before(g.Expires)) && (life == 0 || g.uses.Add(1) <= life)
	atGateway := c.cloudID != ""
	switch {
	// That the gateway refuses a token without scopes is invented.
	case !valid && atGateway, valid && atGateway && !g.Scoped && !g.Bearer:
		return gatewayError(http.StatusUnauthorized, "Unauthorized"), true
	case !valid, !atGateway && (g.Scoped || g.Bearer):
		return plain(http.StatusUnauthorized, "Client must be authenticated to access this resource."), true
	case atGateway && !g.may(c.route.scopes):
		return gatewayError(http.StatusUnauthorized, "Unauthorized; scope does not match"), true
	}
	c.user = g
	return answer{}, false
}

// find looks the credentials of a request up; nil when there are none or no
// such ones.
func (k *keyring) find(c *call) *grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	if email, secret, ok := c.req.BasicAuth(); ok {
		return unless(k.ended, k.basic[basicKey{strings.ToLower(email), secret}])
	}
	scheme, secret, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	if g := k.issued[secret]; g != nil {
		return g
	}
	return unless(k.ended, k.bearer[secret])
}

func unless(ended bool, g *grant) *grant {
	if ended {
		return nil
	}
	return g
}

// issue makes a token for a client; "" when there is no such client.
func (k *keyring) issue(id, secret string) (string, Token, time.Duration) {
	i := slices.IndexFunc(k.clients, func(c Client) bool { return c.ID == id && c.Secret == secret })
	if i < 0 {
		return "", Token{}, 0
	}
	life := k.clients[i].Lifetime
	if life == 0 {
		life = time.Hour
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	t := k.clients[i].Token
	t.Bearer, t.Secret, t.Expires = true, hex.EncodeToString(random[:]), time.Now().Add(life)
	if t.Scopes == nil {
		t.Scopes = DefaultScopes()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for secret, g := range k.issued {
		if time.Now().After(g.Expires) {
			delete(k.issued, secret)
		}
	}
	k.issued[t.Secret] = &grant{Token: t}
	return t.Secret, t, life
}

// issueToken is the token endpoint: client credentials in the header, in a
// form or, as Atlassian takes them, in JSON.
func issueToken(c *call) answer {
	var in struct {
		GrantType    string `json:"grant_type"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	if strings.HasPrefix(c.req.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(c.body, &in); err != nil {
			return oauthError(http.StatusBadRequest, "invalid_request")
		}
	} else {
		form := parseForm(c.body)
		in.GrantType, in.ClientID, in.ClientSecret = form.Get("grant_type"), form.Get("client_id"), form.Get("client_secret")
	}
	if id, secret, ok := c.req.BasicAuth(); ok {
		in.ClientID, in.ClientSecret = unescape(id), unescape(secret)
	}
	if in.GrantType != "client_credentials" {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type")
	}
	secret, t, life := c.site.keys.issue(in.ClientID, in.ClientSecret)
	if secret == "" {
		return oauthError(http.StatusUnauthorized, "invalid_client")
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": secret, "token_type": "Bearer", "expires_in": int(life / time.Second), "scope": strings.Join(t.Scopes, " "),
	})
}

func oauthError(status int, code string) answer {
	return jsonAnswer(status, map[string]string{"error": code})
}
