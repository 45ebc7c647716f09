package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
)

// ledgerState is where the ledger is and what is in it, in a line. It makes no
// ledger, and waits for nobody who has it open.
func (p *program) ledgerState(ctx context.Context, path string, site *url.URL) (string, error) {
	if path == "" {
		var err error
		if path, err = p.ledgerPath(site); err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "none yet; it will be " + path, nil
	}
	l, err := ledger.OpenReadOnly(ctx, path, site.String())
	if err != nil {
		return "", err
	}
	defer l.Close()
	holdings, err := l.Holdings(ctx)
	if err != nil {
		return "", err
	}
	runs, err := l.Runs(ctx)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s, with %s", path, importer.Counted(holdings.Accounts, "account", "accounts"))
	if holdings.Revoked > 0 {
		text += " (" + importer.Grouped(holdings.Revoked) + " revoked)"
	}
	return text + " and " + importer.Counted(len(runs), "run", "runs"), nil
}
