package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
)

// Service administers tenants. It is safe for use by many goroutines.
type Service struct {
	pool      *pgxpool.Pool
	client    *queue.Client
	sealer    *Sealer
	prober    Prober
	publicURL string
	// deployment is where the service runs. See [Service.In].
	deployment Deployment
	q          *gen.Queries
}

// New returns a service. client inserts syncs and the deliveries of events. publicURL is where
// JazzHR reaches this service, without a path: webhook addresses begin with it.
func New(pool *pgxpool.Pool, client *queue.Client, sealer *Sealer, prober Prober, publicURL string) *Service {
	return &Service{
		pool: pool, client: client, sealer: sealer, prober: prober,
		publicURL: strings.TrimRight(publicURL, "/"), q: gen.New(),
	}
}

// Create creates a tenant. If a tenant of the same external id and content exists, Create returns
// that one, and created is false. If its content is another, Create returns a
// [*queue.ConflictError]. Invalid details give a [*queue.InvalidError], and those of another region
// an [*OtherRegionError].
func (s *Service) Create(ctx context.Context, details Details) (t gen.Tenant, created bool, err error) {
	details, err = details.normalize()
	if err != nil {
		return gen.Tenant{}, false, err
	}
	if err := s.deployment.admit(details.Region); err != nil {
		return gen.Tenant{}, false, err
	}
	t, err = s.insert(ctx, details)
	if err == nil {
		return t, true, nil
	}
	if !db.Violates(err, db.ConstraintExternalID) {
		return gen.Tenant{}, false, fmt.Errorf("create tenant: %w", err)
	}
	existing, err := s.GetByExternalID(ctx, details.ExternalID)
	if err != nil {
		return gen.Tenant{}, false, err
	}
	if existing.Name != details.Name || existing.Region != details.Region {
		return gen.Tenant{}, false, &queue.ConflictError{
			ID: existing.TenantID, Message: "external_id was used for a tenant with other content",
		}
	}
	return existing, false, nil
}

func (s *Service) insert(ctx context.Context, details Details) (t gen.Tenant, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return t, err
	}
	params := gen.CreateTenantParams{
		TenantID: id, Name: details.Name, Region: details.Region,
		NoteTranscript: DefaultNoteContent(details.Region).Transcript,
	}
	if details.ExternalID != "" {
		params.ExternalID = &details.ExternalID
	}
	err = db.InTenant(ctx, s.pool, id, func(tx db.TenantTx) error {
		if err := tx.Q.CreateTenant(ctx, tx, params); err != nil {
			return err
		}
		if err := tx.Q.CreateTenantCounters(ctx, tx, id); err != nil {
			return err
		}
		if t, err = tx.Q.Tenant(ctx, tx, id); err != nil {
			return err
		}
		return Actor{}.record(ctx, tx, record.TenantCreated)
	})
	return t, err
}

// Get returns a tenant, or [queue.ErrNoTenant].
func (s *Service) Get(ctx context.Context, id uuid.UUID) (gen.Tenant, error) {
	t, err := s.q.Tenant(ctx, db.Of(s.pool, id), id)
	return found(t, err)
}

// GetByExternalID returns the tenant of an external id, which is Intrvio's, or [queue.ErrNoTenant].
func (s *Service) GetByExternalID(ctx context.Context, externalID string) (gen.Tenant, error) {
	t, err := s.q.SystemTenantByExternalID(ctx, s.pool, &externalID)
	return found(t, err)
}

// found turns the error of a query that found no tenant into [queue.ErrNoTenant].
func found(t gen.Tenant, err error) (gen.Tenant, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return gen.Tenant{}, queue.ErrNoTenant
	}
	if err != nil {
		return gen.Tenant{}, fmt.Errorf("read tenant: %w", err)
	}
	return t, nil
}

// List returns at most limit tenants in the order in which they were created, from the one that
// follows after. uuid.Nil stands for the beginning.
func (s *Service) List(ctx context.Context, after uuid.UUID, limit int) ([]gen.Tenant, error) {
	return s.ListAmong(ctx, nil, after, limit)
}

// ListAmong is [Service.List] of the named tenants only. nil stands for all.
func (s *Service) ListAmong(ctx context.Context, among []uuid.UUID, after uuid.UUID, limit int) ([]gen.Tenant, error) {
	tenants, err := s.q.SystemListTenants(ctx, s.pool, after, among, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return tenants, nil
}

// inTenant is [db.InTenant] for an id that comes from outside, and may be that of no tenant.
func (s *Service) inTenant(ctx context.Context, id uuid.UUID, work func(db.TenantTx) error) error {
	if id == uuid.Nil {
		return queue.ErrNoTenant
	}
	return db.InTenant(ctx, s.pool, id, work)
}
