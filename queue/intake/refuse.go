package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// countEvery is how often the refused requests of a tenant are stored at most: whoever sends many may
// not cause as many writes.
const countEvery = time.Second

// refusals counts refused requests. The first of a tenant is stored at once. Those that follow within
// countEvery are stored together after it. A process that ends meanwhile loses these.
type refusals struct {
	pool *pgxpool.Pool

	mu      sync.Mutex
	waiting map[uuid.UUID]*refused // there is one while a write of the tenant's is not long ago
}

// refused are requests that are not stored yet.
type refused struct {
	count  int32
	reason string // of the last
}

// Refuse counts a request whose signature fits none of the tenant's secrets. Its body is not kept.
func (i *Intake) Refuse(ctx context.Context, tenantID uuid.UUID, reason string) error {
	return i.refusals.add(ctx, tenantID, reason)
}

func (r *refusals) add(ctx context.Context, tenantID uuid.UUID, reason string) error {
	r.mu.Lock()
	if w := r.waiting[tenantID]; w != nil {
		w.count++
		w.reason = reason
		r.mu.Unlock()
		return nil
	}
	r.waiting[tenantID] = &refused{}
	r.mu.Unlock()
	time.AfterFunc(countEvery, func() { r.flush(tenantID) })
	return r.store(ctx, tenantID, refused{1, reason})
}

// flush stores what has come since the last write. Without any, the tenant's next refusal is stored at
// once.
func (r *refusals) flush(tenantID uuid.UUID) {
	r.mu.Lock()
	w := *r.waiting[tenantID]
	if w.count == 0 {
		delete(r.waiting, tenantID)
		r.mu.Unlock()
		return
	}
	*r.waiting[tenantID] = refused{}
	r.mu.Unlock()
	time.AfterFunc(countEvery, func() { r.flush(tenantID) })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = r.store(ctx, tenantID, w) // nobody waits for it: a count that the database did not take is lost
}

func (r *refusals) store(ctx context.Context, tenantID uuid.UUID, w refused) error {
	if err := gen.New().MarkRefusedWebhook(ctx, db.Of(r.pool, tenantID), w.count, &w.reason, tenantID); err != nil {
		return fmt.Errorf("count refused webhooks: %w", err)
	}
	return nil
}
