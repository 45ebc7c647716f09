package apiclient

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Credentials are of one kind: Email and APIToken, AccessToken, or ClientID and ClientSecret. They print as "[hidden]".
type Credentials struct {
	Email, APIToken        string
	AccessToken            string
	ClientID, ClientSecret string
}

// CredentialKind is how requests are authorised.
type CredentialKind int

const (
	APIToken       CredentialKind = iota + 1 // Basic, to the site; a token with scopes: to the gateway
	AccessToken                              // Bearer, to the gateway
	ServiceAccount                           // client credentials, then Bearer to the gateway
)

func (k CredentialKind) String() string {
	return [...]string{"none", "API token", "OAuth access token", "service account"}[k]
}

func (Credentials) String() string       { return "[hidden]" }
func (Credentials) GoString() string     { return "[hidden]" }
func (Credentials) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Kind is which credentials there are. None, half a pair, or several kinds are an *Error.
func (c Credentials) Kind() (CredentialKind, error) {
	token, access, service := c.Email+c.APIToken != "", c.AccessToken != "", c.ClientID+c.ClientSecret != ""
	odd := func(r rune) bool { return r <= ' ' || r == 0x7f || r == '"' || r == '\'' }
	switch {
	case !token && !access && !service:
		return 0, credentialError("there are no credentials", hintAPIToken)
	case token && access, token && service, access && service:
		return 0, credentialError("there are credentials of more than one kind",
			"keep one of: JIRA_USER_EMAIL and JIRA_API_TOKEN; JIRA_ACCESS_TOKEN; JIRA_CLIENT_ID and JIRA_CLIENT_SECRET")
	case token && !strings.Contains(c.Email, "@"):
		return 0, credentialError("JIRA_USER_EMAIL is missing, or no e-mail address",
			"set JIRA_USER_EMAIL to the address of the account that made the token")
	case token && c.APIToken == "":
		return 0, credentialError("JIRA_USER_EMAIL has no API token", "set JIRA_API_TOKEN, or give --token-file")
	case service && (c.ClientID == "" || c.ClientSecret == ""):
		return 0, credentialError("a service account needs an id and a secret",
			"set both JIRA_CLIENT_ID and JIRA_CLIENT_SECRET")
	case strings.ContainsFunc(strings.Join(c.secrets(), ""), odd):
		return 0, credentialError("the credentials hold a blank, a line break or a quote",
			"copy the token again, alone, in one line and without quotes")
	case token:
		return APIToken, nil
	case access:
		return AccessToken, nil
	}
	return ServiceAccount, nil
}

func credentialError(message, hint string) error {
	return newError("reading the credentials", KindUnauthorized, message, hint)
}

// secrets are the strings that must be in no text.
func (c Credentials) secrets() []string {
	all := []string{strings.TrimSpace(c.APIToken), strings.TrimSpace(c.AccessToken), strings.TrimSpace(c.ClientSecret)}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// tokens make the Authorization header: a fixed one, or one with a token of a service account, which is asked for once
// for all workers, and again before it ends. x/oauth2 makes the request for it; its own reuse of tokens knows neither
// a 401 nor a wait that can be cancelled.
type tokens struct {
	fixed   string
	config  clientcredentials.Config
	current chan *oauth2.Token // holds the token, which may be nil, while nobody reads or changes it
}

func newTokens(c Credentials, kind CredentialKind, tokenURL string) tokens {
	t := tokens{current: make(chan *oauth2.Token, 1)}
	t.current <- nil
	switch kind {
	case APIToken:
		pair := strings.TrimSpace(c.Email) + ":" + strings.TrimSpace(c.APIToken)
		t.fixed = "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	case AccessToken:
		t.fixed = bearer(&oauth2.Token{AccessToken: strings.TrimSpace(c.AccessToken)})
	case ServiceAccount:
		t.config = clientcredentials.Config{
			ClientID:     strings.TrimSpace(c.ClientID),
			ClientSecret: strings.TrimSpace(c.ClientSecret),
			TokenURL:     tokenURL,
			AuthStyle:    oauth2.AuthStyleInParams,
		}
	}
	return t
}

func bearer(t *oauth2.Token) string { return "Bearer " + t.AccessToken }

// renew gives up the header that was used; false: there is no other.
func (t tokens) renew(used string) bool {
	if t.fixed != "" {
		return false
	}
	token := <-t.current
	if token != nil && bearer(token) == used {
		token = nil
	}
	t.current <- token
	return true
}

func (c *Client) authorization(ctx context.Context) (string, error) {
	if c.tokens.fixed != "" {
		return c.tokens.fixed, nil
	}
	var token *oauth2.Token
	select {
	case token = <-c.tokens.current:
		defer func() { c.tokens.current <- token }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if !token.Valid() {
		var err error
		if token, err = c.newToken(ctx); err != nil {
			return "", err
		}
	}
	return bearer(token), nil
}

// newToken asks the token endpoint once. A refusal is an *Error; what may pass by itself is not. The token counts as
// valid until shortly before its end.
func (c *Client) newToken(ctx context.Context) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, min(c.config.Timeout, 30*time.Second))
	defer cancel()
	token, err := c.tokens.config.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     c.config.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err == nil {
		if !token.Expiry.IsZero() {
			token.Expiry = token.Expiry.Add(-min(2*time.Minute, time.Until(token.Expiry)/10))
		}
		return token, nil
	}
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return nil, err
	}
	status := refusal.Response.StatusCode
	if status >= 500 || status == http.StatusTooManyRequests {
		return nil, fmt.Errorf("the token endpoint answered %d", status)
	}
	_, text := readMessage(refusal.Response.Header, refusal.Body)
	e := newError("getting a token for the service account", KindUnauthorized, c.quote(text), hintServiceAccount)
	e.Status = status
	return nil, e
}

// destination is the root and the Authorization header for one attempt. Bearer tokens go to the gateway, whose path
// has the cloud id.
func (c *Client) destination(ctx context.Context, r *request) (root, authorization string, err error) {
	if r.anonymous {
		return c.site, "", nil
	}
	if authorization, err = c.authorization(ctx); err != nil {
		return "", "", err
	}
	known := c.address.Load()
	switch {
	case r.at != "":
		return r.at, authorization, nil
	case known != nil:
		return *known, authorization, nil
	}
	id, err := c.CloudID(ctx)
	if err != nil {
		return "", "", err
	}
	root = c.gatewayRoot(id)
	c.address.Store(&root)
	return root, authorization, nil
}

func (c *Client) gatewayRoot(cloudID string) string { return c.cloud.gateway + "/ex/jira/" + cloudID }
