package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Service administers tenants. It is safe for use by many goroutines.
type Service struct {
	pool      *pgxpool.Pool
	sealer    *Sealer
	prober    Prober
	publicURL string
	q         *gen.Queries
}

// New returns a service. publicURL is where JazzHR reaches this service, without a path; webhook addresses begin with it.
func New(pool *pgxpool.Pool, sealer *Sealer, prober Prober, publicURL string) *Service {
	return &Service{pool: pool, sealer: sealer, prober: prober, publicURL: strings.TrimRight(publicURL, "/"), q: gen.New()}
}

// Create makes a tenant. With the external id and the content of one that exists it returns that one, and created is
// false; with other content it returns a [*ConflictError]. Details that can't be taken give an [*InvalidError].
func (s *Service) Create(ctx context.Context, details Details) (t gen.Tenant, created bool, err error) {
	details, err = details.normalize()
	if err != nil {
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
		return gen.Tenant{}, false, &ConflictError{TenantID: existing.TenantID}
	}
	return existing, false, nil
}

func (s *Service) insert(ctx context.Context, details Details) (t gen.Tenant, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return t, err
	}
	params := gen.CreateTenantParams{TenantID: id, Name: details.Name, Region: details.Region}
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
		t, err = tx.Q.Tenant(ctx, tx, id)
		return err
	})
	return t, err
}

// Get returns a tenant, or [ErrNoTenant].
func (s *Service) Get(ctx context.Context, id uuid.UUID) (gen.Tenant, error) {
	t, err := s.q.Tenant(ctx, s.pool, id)
	return found(t, err)
}

// GetByExternalID returns the tenant with Intrvio's id, or [ErrNoTenant].
func (s *Service) GetByExternalID(ctx context.Context, externalID string) (gen.Tenant, error) {
	t, err := s.q.SystemTenantByExternalID(ctx, s.pool, &externalID)
	return found(t, err)
}

func found(t gen.Tenant, err error) (gen.Tenant, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return gen.Tenant{}, ErrNoTenant
	}
	if err != nil {
		return gen.Tenant{}, fmt.Errorf("read tenant: %w", err)
	}
	return t, nil
}

// List returns at most limit tenants in the order in which they were created, from the one that follows after (uuid.Nil:
// from the first).
func (s *Service) List(ctx context.Context, after uuid.UUID, limit int) ([]gen.Tenant, error) {
	tenants, err := s.q.SystemListTenants(ctx, s.pool, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return tenants, nil
}

// Rename gives a tenant another name.
func (s *Service) Rename(ctx context.Context, id uuid.UUID, name string) (gen.Tenant, error) {
	name, err := normalizeName(name)
	if err != nil {
		return gen.Tenant{}, err
	}
	return s.change(ctx, id, "rename tenant", func(tx db.TenantTx) error {
		return tx.Q.RenameTenant(ctx, tx, name, id)
	})
}

// SetPollInterval sets how often a tenant's activities are read, at least [MinPollInterval]; nil is the service's default.
func (s *Service) SetPollInterval(ctx context.Context, id uuid.UUID, interval *time.Duration) (gen.Tenant, error) {
	if interval != nil && *interval < MinPollInterval {
		return gen.Tenant{}, &InvalidError{"poll_interval", fmt.Sprintf("give at least %s", MinPollInterval)}
	}
	return s.change(ctx, id, "set poll interval", func(tx db.TenantTx) error {
		return tx.Q.SetPollInterval(ctx, tx, interval, id)
	})
}

// Pause makes a tenant's work wait. What comes in is still accepted. A paused tenant stays as it is. also runs last in the same
// transaction.
func (s *Service) Pause(ctx context.Context, id uuid.UUID, also ...func(db.TenantTx) error) (gen.Tenant, error) {
	return s.change(ctx, id, "pause tenant", func(tx db.TenantTx) error {
		_, err := tx.Q.PauseTenant(ctx, tx, id)
		return err
	}, also...)
}

// Resume ends a pause, if there is one. also is as in [Service.Pause].
func (s *Service) Resume(ctx context.Context, id uuid.UUID, also ...func(db.TenantTx) error) (gen.Tenant, error) {
	return s.change(ctx, id, "resume tenant", func(tx db.TenantTx) error {
		_, err := tx.Q.ResumeTenant(ctx, tx, id)
		return err
	}, also...)
}

// change runs one statement on a tenant, and then also, and returns what the tenant is then.
func (s *Service) change(ctx context.Context, id uuid.UUID, name string, work func(db.TenantTx) error, also ...func(db.TenantTx) error) (t gen.Tenant, err error) {
	err = s.inTenant(ctx, id, func(tx db.TenantTx) error {
		if err := work(tx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if t, err = found(tx.Q.Tenant(ctx, tx, id)); err != nil {
			return err
		}
		return runAll(tx, also)
	})
	return t, err
}

func runAll(tx db.TenantTx, also []func(db.TenantTx) error) error {
	for _, work := range also {
		if err := work(tx); err != nil {
			return err
		}
	}
	return nil
}

// inTenant is db.InTenant for an id that comes from outside and may be nobody's.
func (s *Service) inTenant(ctx context.Context, id uuid.UUID, work func(db.TenantTx) error) error {
	if id == uuid.Nil {
		return ErrNoTenant
	}
	return db.InTenant(ctx, s.pool, id, work)
}
