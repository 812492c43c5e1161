package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// madeLink is the data of the page that shows a new connect link, once.
type madeLink struct {
	TenantID uuid.UUID
	Name     string
	ConnectLink
}

// makeLink makes a connect link that an operator sends to a customer.
func (k *Console) makeLink(ctx context.Context, f form) (any, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return nil, err
	}
	purpose := Purpose(f.values.Get("purpose"))
	days, err := strconv.Atoi(f.values.Get("days"))
	if err != nil || days < 1 || days > int(MaxLinkLifetime/(24*time.Hour)) || purpose != Connect && purpose != Manage {
		return nil, refused(http.StatusBadRequest, "Not understood",
			"A link is for connecting or for managing, and valid for 1 to 30 days.")
	}
	link, err := k.NewConnectLink(ctx, t.TenantID, purpose, time.Duration(days)*24*time.Hour, f.who)
	if err != nil {
		return nil, err
	}
	return madeLink{t.TenantID, t.Name, link}, nil
}
