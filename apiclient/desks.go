package apiclient

import (
	"context"
	"fmt"
)

// ServiceDesk is a project with a portal.
type ServiceDesk struct {
	ID          string `json:"id"`
	ProjectID   string `json:"projectId"`
	ProjectName string `json:"projectName"`
	ProjectKey  string `json:"projectKey"`
}

// ServiceDesks lists the service desks that the account can see.
func (c *Client) ServiceDesks(ctx context.Context) ([]ServiceDesk, error) {
	const route = "/rest/servicedeskapi/servicedesk"
	var desks []ServiceDesk
	for {
		var page struct {
			IsLastPage bool          `json:"isLastPage"`
			Values     []ServiceDesk `json:"values"`
		}
		_, err := c.get(ctx, &request{op: "listing service desks", route: route,
			path: fmt.Sprintf("%s?start=%d&limit=50", route, len(desks)), lane: c.checks, check: true}, &page)
		if err != nil {
			return nil, err
		}
		desks = append(desks, page.Values...)
		if page.IsLastPage || len(page.Values) == 0 {
			return desks, nil
		}
	}
}
