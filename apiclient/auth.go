package apiclient

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
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
	case strings.ContainsFunc(strings.TrimSpace(c.APIToken+c.AccessToken+c.ClientSecret), odd):
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

// token is the token for one attempt; nil: it needs none. That of a service account is asked for by one worker for all,
// and the next one before it ends, or when a 401 has refused it.
func (c *Client) token(ctx context.Context, r *request) (t *oauth2.Token, err error) {
	if r.anonymous {
		return nil, nil
	}
	select {
	case t = <-c.current:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if !t.Valid() || t == r.badToken {
		t, err = c.newToken(ctx, r.check)
	}
	c.current <- t
	return t, err
}

// opToken goes to the token endpoint itself, which has no route. RFC 6749, 4.4.
var opToken = operation{name: "getting a token for the service account", method: post}

// newToken asks for the next token of a service account. It is waited for like any answer.
func (c *Client) newToken(ctx context.Context, check bool) (*oauth2.Token, error) {
	r := &request{operation: opToken, root: c.cloud.token, anonymous: true, check: check, forAll: true}
	r.body = url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {strings.TrimSpace(c.config.Credentials.ClientID)},
		"client_secret": {strings.TrimSpace(c.config.Credentials.ClientSecret)},
	}
	t, _, err := doJSON(ctx, c, r, func(t *oauth2.Token) bool { return t != nil && t.AccessToken != "" })
	if e, ok := errors.AsType[*Error](err); ok && r.last.effect == denied {
		e.Kind, e.Hint = KindUnauthorized, hintCredentials[ServiceAccount]
	}
	if err == nil && t.ExpiresIn > 0 {
		t.Expiry = time.Now().Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	return t, err
}
