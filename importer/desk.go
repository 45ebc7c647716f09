package importer

import (
	"context"

	"jsm-onboard/apiclient"
)

// Desk is what an import needs of a Jira Service Management site.
// [apiclient.Client] is one.
//
// A cancelled context ends waits; a request that has left is answered or times
// out on its own. Each call tells how many requests left, and whether one of
// them may have been carried out without its answer having been read.
type Desk interface {
	CreateCustomer(ctx context.Context, n apiclient.NewCustomer, leaving func() error) (apiclient.Customer, apiclient.Call, error)
	FindAccount(ctx context.Context, email string) (apiclient.Account, error)
	RevokePortalAccess(ctx context.Context, accountID string) (apiclient.Call, error)
	// Unpaced tells whether CreateCustomer makes nobody wait for a quota as
	// things stand.
	Unpaced() bool
}
