package queue

import (
	"context"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Connect gives a tenant a JazzHR key, as [tenant.Service.Connect] does and with its errors, and tells Intrvio where it
// replaces one that JazzHR refused. also runs in the transaction that stores it.
func Connect(ctx context.Context, client *Client, tenants *tenant.Service, id uuid.UUID, key string, also ...func(db.TenantTx) error) (tenant.Connection, error) {
	return tenants.Connect(ctx, id, key, func(tx db.TenantTx) error {
		return AnnounceConnection(ctx, tx, client, intrvio.ConnectionRestored)
	}, also...)
}
