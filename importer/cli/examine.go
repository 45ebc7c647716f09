package cli

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/report"
)

// checkNetwork looks at the way to the site.
func (d *doctor) checkNetwork(ctx context.Context) bool {
	if d.client == nil {
		return false
	}
	if proxy := d.client.Proxy(); proxy != "" {
		d.fine("Proxy", proxy+"; it looks up the site's name")
	} else if !d.checkName(ctx) {
		return false
	}
	if d.target.site.Scheme == "http" {
		d.fine("TLS", "not needed: the address is this machine's own")
		return true
	}
	certificate, err := d.client.Certificate(ctx)
	if err != nil {
		d.fail("TLS", err)
		return false
	}
	d.fine("TLS", fmt.Sprintf("%s; certificate by %s, good until %s", certificate.Version, certificate.Issuer, certificate.Until.Format(time.DateOnly)))
	return true
}

func (d *doctor) checkName(ctx context.Context) bool {
	host := d.target.site.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		d.fine("DNS", "not needed: the address is a number")
		return true
	}
	found, err := d.client.LookUp(ctx)
	if err != nil {
		d.fail("DNS", err)
		return false
	}
	text := host + " is " + found[0].String()
	if len(found) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(found)-1)
	}
	d.fine("DNS", text)
	return true
}

// checkSite asks what needs no credentials.
func (d *doctor) checkSite(ctx context.Context) bool {
	d.conn.Site = d.Site
	if err := d.client.Reach(ctx, &d.conn); err != nil {
		d.fail("Site", err)
		return false
	}
	d.fine("Site", strings.TrimSpace("Jira Service Management Cloud "+d.conn.Version))
	d.checkClock(d.conn.Skew)
	return true
}

// badClock is the difference from which certificates and tokens may be judged
// wrongly.
const badClock = 2 * time.Minute

func (d *doctor) checkClock(skew time.Duration) {
	switch {
	case skew > badClock:
		d.doubt("Clock", fmt.Sprintf("this machine's clock is %s behind the site's", skew), "set the clock: certificates, tokens and pauses are judged by it")
	case skew < -badClock:
		d.doubt("Clock", fmt.Sprintf("this machine's clock is %s ahead of the site's", -skew), "set the clock: certificates, tokens and pauses are judged by it")
	default:
		d.fine("Clock", "agrees with the site's")
	}
}

// checkLogin asks who we are and what we may.
func (d *doctor) checkLogin(ctx context.Context) {
	if !d.login {
		d.add("Login", report.Unasked, "not asked, since there are no credentials", "")
		return
	}
	d.conn.Credentials, _ = d.target.credentials.Kind()
	if err := d.client.Identify(ctx, &d.conn); err != nil {
		d.fail("Login", err)
		d.add("Permissions", report.Unasked, "not asked, since the login has failed", "")
		return
	}
	where := "at the site"
	if d.conn.Gateway {
		where = "at the gateway"
	}
	if name := d.conn.User.DisplayName; name != "" {
		d.fine("Login", name+", "+where)
	} else {
		d.doubt("Login", "good "+where+"; "+nameless, apiclient.HintScope)
	}
	d.checkPermissions(ctx)
	d.checkScopes(ctx)
}

func (d *doctor) checkPermissions(ctx context.Context) {
	err := d.client.Permit(ctx, &d.conn)
	switch {
	case err != nil:
		d.fail("Administer", err)
	case d.conn.Administer == apiclient.Unverified:
		d.doubt("Administer", administerUnverified, "")
	default:
		d.fine("Administer", "the account may administer Jira, which creating customers needs")
	}
	switch d.conn.BrowseUsers {
	case apiclient.Yes:
		d.fine("Browse users", "the account may look up the accounts behind conflicts")
	case apiclient.No:
		d.doubt("Browse users", browseMissing, apiclient.HintBrowse)
	case apiclient.Unverified:
		d.doubt("Browse users", "cannot be verified with this token", "")
	}
}

func (d *doctor) checkScopes(ctx context.Context) {
	scopes := d.client.Scopes(ctx, d.conn)
	if scopes == nil {
		d.fine("Scopes", "not needed: this API token has none, and may do what its owner may")
		return
	}
	var missing, unclear []string
	for _, s := range scopes {
		switch s.Has {
		case apiclient.No:
			missing = append(missing, s.Name)
		case apiclient.Unverified:
			unclear = append(unclear, s.Name)
		}
	}
	switch {
	case len(missing) > 0:
		d.doubt("Scopes", "the token lacks "+strings.Join(missing, " and "), apiclient.HintScope)
	case len(unclear) > 0:
		d.doubt("Scopes", "cannot be verified: "+strings.Join(unclear, ", "), "")
	default:
		d.fine("Scopes", "the token has those that are needed")
	}
}

func (d *doctor) checkQuota() {
	switch {
	case len(d.conn.RateHeaders) > 0:
		d.fine("Quota", "the site sends "+strings.Join(d.conn.RateHeaders, ", "))
	case d.conn.Version != "":
		d.fine("Quota", "the site sent no headers about it; the pace is then learned from its refusals")
	}
}

func (d *doctor) checkLedger(ctx context.Context) {
	path := d.options.ledger
	site := d.target.site
	if path == "" && site == nil {
		d.add("Ledger", report.Unasked, "not looked for, since there is one for each site", "")
		return
	}
	if site == nil {
		site = &url.URL{}
	}
	text, err := d.ledgerState(ctx, path, site)
	if err != nil {
		d.fail("Ledger", err)
		return
	}
	d.fine("Ledger", text)
}
