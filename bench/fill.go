package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/tenant"
)

// tenantSet is the tenants of a measurement: their IDs and the tokens of their webhook addresses.
type tenantSet struct {
	ids    []uuid.UUID
	tokens []string
}

const webhookSecret = "bench-webhook-secret" //nolint:gosec // these tenants are made up

// createTenants creates n connected and verified tenants at once, in the state that the service's
// own administration leaves them in. keyOf gives the API key of each. Nothing is due for them.
func (b *bench) createTenants(ctx context.Context, d *database, n int, keyOf func(int) string) (*tenantSet, error) {
	c := &tenantSet{ids: make([]uuid.UUID, n), tokens: make([]string, n)}
	for i := range n {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		c.ids[i], c.tokens[i] = id, fmt.Sprintf("token-%d", i)
	}
	copies := []struct {
		table   string
		columns []string
		row     func(i int) ([]any, error)
	}{
		{
			"tenants",
			[]string{
				"tenant_id", "name", "region", "connection", "key_state",
				"key_sealed", "key_fingerprint", "key_version", "webhook_token",
			},
			func(i int) ([]any, error) {
				sealed, err := b.sealer.Seal(c.ids[i], tenant.PurposeKey, []byte(keyOf(i)))
				return []any{
					c.ids[i], fmt.Sprintf("Customer %d", i), "us", "verified", "ok",
					sealed, []byte(c.tokens[i]), 1, c.tokens[i],
				}, err
			},
		},
		{"webhook_secrets", []string{"tenant_id", "version", "sealed"}, func(i int) ([]any, error) {
			sealed, err := b.sealer.Seal(c.ids[i], tenant.PurposeSecret, []byte(webhookSecret))
			return []any{c.ids[i], 1, sealed}, err
		}},
		{"event_counters", []string{"tenant_id"}, func(i int) ([]any, error) { return []any{c.ids[i]}, nil }},
	}
	for _, table := range copies {
		into, rows := pgx.Identifier{"jazzhr", table.table}, pgx.CopyFromSlice(n, table.row)
		if _, err := d.pool.CopyFrom(ctx, into, table.columns, rows); err != nil {
			return nil, fmt.Errorf("fill %s: %w", table.table, err)
		}
	}
	for _, statement := range []string{
		`INSERT INTO jazzhr.call_buckets (tenant_id, tokens, refilled_at) SELECT tenant_id, 20, now() FROM jazzhr.tenants`,
		`UPDATE jazzhr.webhook_secrets SET used_at = now()`,
	} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("fill: %w", err)
		}
	}
	return c, d.settle(ctx)
}

// exportBody returns the body of a candidate export, 1.3 KB long.
func exportBody() string {
	body := `{"candidate":{"person":{"id":{"value":"39011522"},"name":{"formattedName":"Ada Lovelace","given":"Ada","family":"Lovelace"},` +
		`"gender":"","communication":{"address":[{"countryCode":"US","city":"Boston","postalCode":"02110","line":"1 Main Street"}],` +
		`"phone":[{"formattedNumber":"555-0100"}],"email":[{"address":"ada@example.com"}],"web":[]}},"profiles":[{"profileId":{"value":"1"},` +
		`"associatedPositionOpenings":[{"positionTitle":"Engineer","positionUri":"https:\/\/acme.applytojob.com\/apply\/engineer\/Engineer"}],` +
		`"attachments":[],"profileName":"%s"}]}}`
	return fmt.Sprintf(body, strings.Repeat("x", 1300-len(body)+2))
}
