package apiclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"syscall"
)

// The hints, each one sentence; those that others need, too, first.
const (
	hintDataCenter = "jsm-onboard works with Jira Cloud alone, whose sites are called https://your-domain.atlassian.net"
	hintRedirect   = "give the address that a browser shows for Jira, https://your-domain.atlassian.net, as --site"
	hintPage       = "check --site: it must be https://your-domain.atlassian.net; a proxy or a sign-on page in between answers like this, too"
	HintScope      = "make a token with the scopes manage:servicedesk-customer, read:servicedesk-request and read:jira-user"
	hintSignup     = "let customers be created: Jira settings > Products > Jira Service Management > Customer access, and the project's Customer permissions"
	hintProxy      = "put the proxy's user and password into HTTPS_PROXY, as in http://user:password@proxy:8080"
	HintBrowse     = "grant the global permission Browse users and groups: Jira settings > System > Global permissions"
	hintAdminister = "grant the account Administer Jira: Jira settings > System > Global permissions"
	hintSiteAdmin  = "revoking needs an organization or site administrator: admin.atlassian.com > Directory > Users; a token with scopes needs manage:servicedesk-customer"
	hintCA         = "if your network inspects TLS, save its certificate authority as a PEM file and give it as --ca-file"
	hintName       = "check --site, and that this machine can resolve names"
	hintAgain      = "look whether the site opens in a browser, then run the same command again"
	hintConnect    = "check the network, and whether a proxy is needed (HTTPS_PROXY)"
)

func hintCredentials(kind CredentialKind) string {
	switch kind {
	case AccessToken:
		return "get a new JIRA_ACCESS_TOKEN: it lasts about an hour, and must be for this site"
	case ServiceAccount:
		return "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET, and that the service account has access to Jira on this site"
	}
	return "check JIRA_USER_EMAIL and JIRA_API_TOKEN, or make a new token (they end after a year at most): https://id.atlassian.com/manage-profile/security/api-tokens"
}

func forbiddenHint(r *request) string {
	switch r.route {
	case routeCustomer:
		return hintAdminister
	case routeRevoke:
		return hintSiteAdmin
	case routeSearch:
		return HintBrowse
	}
	return "check that the account has access to Jira Service Management on this site"
}

// explain says in plain words why there was no answer. The text holds no URL and no credentials.
func explain(err error) (Kind, string, string) {
	if kind, text, hint := explainTLS(err); kind != 0 {
		return kind, text, hint
	}
	if kind, text, hint := explainConnecting(err); kind != 0 {
		return kind, text, hint
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return KindTimeout, "no answer in time", hintAgain
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return KindUnreachable, "the connection broke before the answer was read", hintAgain
	}
	if e, ok := errors.AsType[*tokenServerError](err); ok {
		return KindServer, e.Error(), hintAgain
	}
	if err == nil {
		return KindUnreachable, "no answer", hintAgain
	}
	return KindUnreachable, "no answer: " + userInfo.ReplaceAllString(bottom(err).Error(), "//"), hintAgain
}

// userInfo is a user and password in a URL.
var userInfo = regexp.MustCompile(`//[^/\s]*@`)

// explainConnecting knows what goes wrong before a connection is there.
func explainConnecting(err error) (Kind, string, string) {
	if e, ok := errors.AsType[*proxyError](err); ok {
		if e.status == http.StatusProxyAuthRequired {
			return KindProxy, "the proxy wants a user and a password (407)", hintProxy
		}
		return KindProxy, e.Error(), "ask whoever runs the proxy to let this machine reach the site"
	}
	op, _ := errors.AsType[*net.OpError](err)
	if op != nil && op.Op == "proxyconnect" {
		return KindProxy, "cannot connect to the proxy", "check HTTPS_PROXY, and that the proxy runs"
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return KindName, "there is no host " + clean(e.Name), hintName
		}
		return KindUnreachable, "the name " + clean(e.Name) + " could not be looked up", hintName
	}
	switch {
	case op == nil || op.Op != "dial":
		return 0, "", ""
	case op.Timeout():
		return KindUnreachable, "cannot connect: no answer in time", hintConnect
	case errors.Is(err, syscall.ECONNREFUSED):
		return KindUnreachable, "cannot connect: connection refused", hintConnect
	}
	return KindUnreachable, "cannot connect: " + bottom(op).Error(), hintConnect
}

func explainTLS(err error) (Kind, string, string) {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return KindTLS, "the host does not speak TLS on this port", "check --site; behind a proxy, check HTTPS_PROXY"
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return KindTLS, "the certificate is for another host than " + clean(e.Host), "check --site; " + hintCA
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return KindTLS, "the certificate has expired or is not valid yet", "check the clock of this machine; " + hintCA
		}
		return KindTLS, "the certificate is not valid: " + e.Error(), hintCA
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return KindTLS, "the certificate is signed by " + orElse(issuer(e.Cert), "an authority") + ", which this machine does not know", hintCA
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return KindTLS, "the certificate could not be verified", hintCA
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return KindTLS, fmt.Sprintf("the TLS handshake was refused (%v)", e), hintCA
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return KindTLS, "the host does not speak TLS on this port", "check --site; behind a proxy, check HTTPS_PROXY"
	}
	return 0, "", ""
}

// issuer names who signed a certificate, in quotes; "" when nobody is named.
func issuer(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	name := c.Issuer.CommonName
	if name == "" && len(c.Issuer.Organization) > 0 {
		name = c.Issuer.Organization[0]
	}
	if name = clean(name); name == "" {
		return ""
	}
	return `"` + name + `"`
}

// bottom is the innermost error: the outer ones name addresses.
func bottom(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
