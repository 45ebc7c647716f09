package apiclient

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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
	switch k {
	case APIToken:
		return "API token"
	case AccessToken:
		return "OAuth access token"
	case ServiceAccount:
		return "service account"
	}
	return "none"
}

func (Credentials) String() string       { return "[hidden]" }
func (Credentials) GoString() string     { return "[hidden]" }
func (Credentials) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Kind is which credentials there are. None, half a pair, or several kinds are an *Error.
func (c Credentials) Kind() (CredentialKind, error) {
	if err := c.complete(); err != nil {
		return 0, err
	}
	if c.Email != "" && !strings.Contains(c.Email, "@") {
		return 0, credentialError("JIRA_USER_EMAIL is no e-mail address",
			"set it to the address of the account that made the token")
	}
	for _, s := range c.secrets() {
		if len(s) > 1 && strings.ContainsAny(s[:1], `"'`) && s[0] == s[len(s)-1] {
			return 0, credentialError("the credentials stand in quotes",
				"leave the quotes out: some readers of .env files keep them")
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return 0, credentialError("the credentials hold a blank or a line break",
				"copy the token again, alone and in one line")
		}
	}
	switch {
	case c.AccessToken != "":
		return AccessToken, nil
	case c.ClientID != "":
		return ServiceAccount, nil
	}
	return APIToken, nil
}

// complete refuses anything but one whole kind.
func (c Credentials) complete() error {
	basic, bearer, service := c.Email+c.APIToken != "", c.AccessToken != "", c.ClientID+c.ClientSecret != ""
	switch {
	case !basic && !bearer && !service:
		return credentialError("there are no credentials", "set JIRA_USER_EMAIL and JIRA_API_TOKEN; "+
			"make a token at https://id.atlassian.com/manage-profile/security/api-tokens")
	case basic && bearer, basic && service, bearer && service:
		return credentialError("there are credentials of more than one kind",
			"keep one of: JIRA_USER_EMAIL and JIRA_API_TOKEN; JIRA_ACCESS_TOKEN; JIRA_CLIENT_ID and JIRA_CLIENT_SECRET")
	case basic && c.Email == "":
		return credentialError("the API token has no account",
			"set JIRA_USER_EMAIL to the address of the account that made the token")
	case basic && c.APIToken == "":
		return credentialError("JIRA_USER_EMAIL has no API token", "set JIRA_API_TOKEN, or give --token-file")
	case service && c.ClientID == "":
		return credentialError("the client secret has no client id", "set JIRA_CLIENT_ID")
	case service && c.ClientSecret == "":
		return credentialError("the client id has no secret", "set JIRA_CLIENT_SECRET")
	}
	return nil
}

func credentialError(message, hint string) error {
	return &Error{Op: "reading the credentials", Kind: KindUnauthorized, Message: message, Hint: hint}
}

// secrets are the strings that must be in no text.
func (c Credentials) secrets() []string {
	var s []string
	for _, secret := range []string{c.APIToken, c.AccessToken, c.ClientSecret} {
		if secret = strings.TrimSpace(secret); secret != "" {
			s = append(s, secret)
		}
	}
	return s
}

// authorizer makes the Authorization header.
type authorizer interface {
	header(ctx context.Context) (string, error)
	renewable() bool
	renew(used string) // the header that was used is no longer any good
}

func newAuthorizer(c Credentials, kind CredentialKind, client *Client) authorizer {
	switch kind {
	case AccessToken:
		return fixed("Bearer " + strings.TrimSpace(c.AccessToken))
	case ServiceAccount:
		return newServiceToken(c, client)
	}
	pair := strings.TrimSpace(c.Email) + ":" + strings.TrimSpace(c.APIToken)
	return fixed("Basic " + base64.StdEncoding.EncodeToString([]byte(pair)))
}

// fixed is an Authorization header that cannot be renewed.
type fixed string

func (f fixed) header(context.Context) (string, error) { return string(f), nil }
func (fixed) renewable() bool                          { return false }
func (fixed) renew(string)                             {}

// serviceToken gets a token with client credentials, once for all workers, and again before it ends. x/oauth2 makes
// the request; its own reuse of tokens knows neither a 401 nor a wait that can be cancelled.
type serviceToken struct {
	config  clientcredentials.Config
	web     *http.Client
	timeout time.Duration
	turn    chan struct{} // held by who reads or changes token
	token   *oauth2.Token
	secrets []string
}

func newServiceToken(c Credentials, client *Client) *serviceToken {
	return &serviceToken{
		config: clientcredentials.Config{
			ClientID:     strings.TrimSpace(c.ClientID),
			ClientSecret: strings.TrimSpace(c.ClientSecret),
			TokenURL:     client.cloud.token,
			AuthStyle:    oauth2.AuthStyleInParams,
		},
		web: &http.Client{
			Transport:     client.transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: min(client.timeout, 30*time.Second),
		turn:    make(chan struct{}, 1),
		secrets: client.secrets,
	}
}

func (s *serviceToken) renewable() bool { return true }

func (s *serviceToken) renew(used string) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.token != nil && bearer(s.token) == used {
		s.token = nil
	}
}

func bearer(t *oauth2.Token) string { return "Bearer " + t.AccessToken }

func (s *serviceToken) header(ctx context.Context) (string, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if s.token.Valid() {
		return bearer(s.token), nil
	}
	token, err := s.fetch(ctx)
	if err != nil {
		return "", err
	}
	if !token.Expiry.IsZero() {
		token.Expiry = token.Expiry.Add(-min(2*time.Minute, time.Until(token.Expiry)/10))
	}
	s.token = token
	return bearer(token), nil
}

// tokenServerError is a token endpoint that is out of order.
type tokenServerError struct{ status int }

func (e *tokenServerError) Error() string {
	return fmt.Sprintf("the token endpoint answered %d", e.status)
}

// fetch asks the token endpoint once. A refusal is an *Error; what may pass by itself is not.
func (s *serviceToken) fetch(ctx context.Context) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	token, err := s.config.Token(context.WithValue(ctx, oauth2.HTTPClient, s.web))
	if err == nil {
		return token, nil
	}
	answered, ok := errors.AsType[*oauth2.RetrieveError](err)
	if outer, isURL := errors.AsType[*url.Error](err); isURL {
		err = outer.Err
	}
	if !ok {
		return nil, err
	}
	status := answered.Response.StatusCode
	if status >= 500 || status == http.StatusTooManyRequests {
		return nil, &tokenServerError{status}
	}
	_, text := readMessage(answered.Response.Header, answered.Body)
	return nil, &Error{
		Op:      "getting a token for the service account",
		Method:  http.MethodPost,
		Route:   "token endpoint",
		Status:  status,
		Kind:    KindUnauthorized,
		Message: clean(hide(text, s.secrets)),
		Hint:    "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET: admin.atlassian.com > Directory > Service accounts",
	}
}

// whereAndWho is the address and the Authorization header for one attempt.
func (c *Client) whereAndWho(ctx context.Context, r *request) (root, authorization string, err error) {
	if r.anonymous {
		return c.site, "", nil
	}
	if authorization, err = c.token.header(ctx); err != nil {
		return "", "", err
	}
	if r.at != "" {
		return r.at, authorization, nil
	}
	root, err = c.root(ctx)
	return root, authorization, err
}
