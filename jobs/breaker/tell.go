package breaker

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// tellRows is how many tenants one tick tells that an outage is over.
const tellRows = 100

// Tell tells Intrvio, once an outage, that a tenant's writebacks wait for JazzHR. Events belong to
// tenants, so each tenant whose writeback was put off has one.
func (b *Breaker) Tell(ctx context.Context, tenant uuid.UUID) error {
	return db.InTenant(ctx, b.pool, tenant, func(tx db.TenantTx) error {
		since, err := tx.Q.NoteOutage(ctx, tx, tenant, falseAlarm)
		if errors.Is(err, pgx.ErrNoRows) { // told already
			return nil
		}
		if err != nil {
			return fmt.Errorf("note who is told of the outage: %w", err)
		}
		return outbox.Announce(ctx, tx, b.client, outbox.Event{
			Type: intrvio.JazzHRUnavailable, Data: intrvio.Outage{Since: since.UTC()},
		})
	})
}

// Tend closes breakers that nobody asks any more, and tells of outages that are over. The tick calls
// it.
func (b *Breaker) Tend(ctx context.Context) error {
	if err := gen.New().SystemCloseIdleBreakers(ctx, b.pool, closeIdle, closeUnasked); err != nil {
		return fmt.Errorf("close breakers: %w", err)
	}
	tenants, err := gen.New().SystemEndedOutages(ctx, b.pool, tellRows)
	if err != nil {
		return fmt.Errorf("find tenants to tell that the outage is over: %w", err)
	}
	for _, tenant := range tenants {
		if err := b.tellEnd(ctx, tenant); err != nil {
			return err
		}
	}
	return nil
}

func (b *Breaker) tellEnd(ctx context.Context, tenant uuid.UUID) error {
	return db.InTenant(ctx, b.pool, tenant, func(tx db.TenantTx) error {
		outage, err := tx.Q.EndOutage(ctx, tx, tenant)
		if errors.Is(err, pgx.ErrNoRows) { // another tick has told it
			return nil
		}
		if err != nil {
			return fmt.Errorf("forget who was told of the outage: %w", err)
		}
		ended := outage.EndedAt.UTC()
		return outbox.Announce(ctx, tx, b.client, outbox.Event{
			Type: intrvio.JazzHRAvailable, Data: intrvio.Outage{Since: outage.Since.UTC(), EndedAt: &ended},
		})
	})
}
