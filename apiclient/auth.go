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
type CredentialKind string

const (
	APIToken       CredentialKind = "API token"          // Basic, to the site; a token with scopes: to the gateway
	AccessToken    CredentialKind = "OAuth access token" // Bearer, to the gateway
	ServiceAccount CredentialKind = "service account"    // client credentials, then Bearer to the gateway
)

func (Credentials) String() string       { return "[hidden]" }
func (Credentials) GoString() string     { return "[hidden]" }
func (Credentials) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Kind is which credentials there are. None, half a pair, or several kinds are an *Error.
func (c Credentials) Kind() (CredentialKind, error) {
	token, access, service := c.Email+c.APIToken != "", c.AccessToken != "", c.ClientID+c.ClientSecret != ""
	odd := func(r rune) bool { return r <= ' ' || r == 0x7f || r == '"' || r == '\'' }
	switch {
	case !token && !access && !service:
		return "", credentialError("there are no credentials", hintCredentials[APIToken])
	case token && access, token && service, access && service:
		return "", credentialError("there are credentials of more than one kind",
			"keep one of: JIRA_USER_EMAIL and JIRA_API_TOKEN; JIRA_ACCESS_TOKEN; JIRA_CLIENT_ID and JIRA_CLIENT_SECRET")
	case token && !strings.Contains(c.Email, "@"):
		return "", credentialError("JIRA_USER_EMAIL is missing, or no e-mail address",
			"set JIRA_USER_EMAIL to the address of the account that made the token")
	case token && c.APIToken == "":
		return "", credentialError("JIRA_USER_EMAIL has no API token", "set JIRA_API_TOKEN, or give --token-file")
	case service && (c.ClientID == "" || c.ClientSecret == ""):
		return "", credentialError("a service account needs an id and a secret",
			"set both JIRA_CLIENT_ID and JIRA_CLIENT_SECRET")
	case strings.ContainsFunc(strings.Join(c.secrets(), ""), odd):
		return "", credentialError("the credentials contain a space, a line break or a quotation mark",
			"copy the token again: the token alone, on one line, without quotation marks")
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

// token is the one token that is given; nil: a service account has several, one after the other.
func (c Credentials) token(kind CredentialKind) *oauth2.Token {
	switch kind {
	case APIToken:
		pair := strings.TrimSpace(c.Email) + ":" + strings.TrimSpace(c.APIToken)
		return &oauth2.Token{TokenType: "Basic", AccessToken: base64.StdEncoding.EncodeToString([]byte(pair))}
	case AccessToken:
		return &oauth2.Token{AccessToken: strings.TrimSpace(c.AccessToken)}
	}
	return nil
}

// dropToken drops a token that was refused, so that the next attempt fetches another; false: there is no other.
func (c *Client) dropToken(used *oauth2.Token) bool {
	if c.kind != ServiceAccount || used == nil {
		return false
	}
	c.current.CompareAndSwap(used, nil)
	return true
}

// token is the token for one attempt. That of a service account is asked for once for all workers, and the next one
// before it ends; the reuse of tokens that x/oauth2 has knows neither a 401 nor a wait that can be cancelled.
func (c *Client) token(ctx context.Context) (*oauth2.Token, error) {
	if t := c.current.Load(); t.Valid() {
		return t, nil
	}
	asked := c.tokenRequest.DoChan("", func() (any, error) {
		if t := c.current.Load(); t.Valid() {
			return t, nil // since then
		}
		t, err := c.newToken()
		c.current.Store(t)
		return t, err
	})
	select {
	case got := <-asked:
		return got.Val.(*oauth2.Token), got.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newToken asks the token endpoint once. A refusal is an *Error; what may pass by itself is not.
func (c *Client) newToken() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), min(c.config.Timeout, 30*time.Second))
	defer cancel()
	account := clientcredentials.Config{
		ClientID:     strings.TrimSpace(c.config.Credentials.ClientID),
		ClientSecret: strings.TrimSpace(c.config.Credentials.ClientSecret),
		TokenURL:     c.cloud.token,
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	token, err := account.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     c.config.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return token, err
	}
	status := refusal.Response.StatusCode
	if status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests {
		return nil, fmt.Errorf("the token endpoint answered %d", status)
	}
	text := c.quote(refusal.ErrorDescription)
	e := newError("getting a token for the service account", KindUnauthorized, text, hintCredentials[ServiceAccount])
	e.Status = status
	return nil, e
}
