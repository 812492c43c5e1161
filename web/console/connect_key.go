package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// keyTimeout bounds the test of a key. A call to JazzHR may take up to two minutes.
	keyTimeout = 150 * time.Second
	// keyBurst is how many keys may be tried at once for a tenant. After keyInterval one more may
	// be.
	keyBurst    = 5
	keyInterval = 10 * time.Second
	// maxKeyLimiters is how many limiters are kept before the full ones are dropped.
	maxKeyLimiters = 1000
)

// keyLimiter limits how often keys are tried for a tenant, because each try calls JazzHR.
type keyLimiter struct {
	mu       sync.Mutex
	limiters map[uuid.UUID]*rate.Limiter
}

func newKeyLimiter() *keyLimiter { return &keyLimiter{limiters: map[uuid.UUID]*rate.Limiter{}} }

func (t *keyLimiter) allow(id uuid.UUID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.limiters) >= maxKeyLimiters {
		for of, limiter := range t.limiters {
			if limiter.Tokens() >= keyBurst {
				delete(t.limiters, of)
			}
		}
	}
	limiter := t.limiters[id]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(keyInterval), keyBurst)
		t.limiters[id] = limiter
	}
	return limiter.Allow()
}

// verified reports whether JazzHR has called the tenant's webhook.
func verified(t gen.Tenant) bool { return t.Connection == db.ConnectionVerified }

// setFirstKey takes a key during the set-up. After the set-up another key needs a link to manage.
func (k *Console) setFirstKey(ctx context.Context, v linkRequest) (linkReply, error) {
	if verified(v.tenant) {
		return linkReply{}, errWrongPurpose
	}
	return k.setKey(ctx, v)
}

// setNextKey takes another key of a connected tenant. A disconnected tenant needs a link to
// connect.
func (k *Console) setNextKey(ctx context.Context, v linkRequest) (linkReply, error) {
	if v.tenant.KeySealed == nil {
		return linkReply{}, errWrongPurpose
	}
	return k.setKey(ctx, v)
}

// setKey tests a key with JazzHR, and stores it if it works. No page ever shows the key.
func (k *Console) setKey(ctx context.Context, v linkRequest) (linkReply, error) {
	if !k.keyLimiter.allow(v.Tenant) {
		return linkReply{Field: "key", Problem: "Too many tries. Wait ten seconds, then try again."}, nil
	}
	connection, err := k.config.Tenants.Connect(ctx, v.Tenant, v.values.Get("api_key"), byLink(""))
	if problem := keyProblem(err); problem != "" {
		if err := k.recordRefused(ctx, v.Tenant, record.KeySet, problem); err != nil {
			return linkReply{}, err
		}
		return linkReply{Field: "key", Problem: problem + " Nothing was changed."}, nil
	}
	if err != nil {
		return linkReply{}, err
	}
	answer := linkReply{Notice: "The key works, and is stored encrypted."}
	if connection.SecretNew {
		answer.Secret = connection.WebhookSecret
	}
	return answer, nil
}

// keyProblem says why a key was not accepted, or "" if its owner can do nothing about it.
func keyProblem(err error) string {
	if _, ok := errors.AsType[*queue.InvalidError](err); ok {
		return "That is not an API key. Copy all of it, without spaces."
	}
	switch {
	case errors.Is(err, tenant.ErrCredentialsRejected):
		return "JazzHR refuses this key. Copy the one that JazzHR shows now: an older key stops working as " +
			"soon as a new one is generated."
	case errors.Is(err, tenant.ErrKeyInUse):
		return "This key is connected to Intrvio already, for another customer. Check that you are in the " +
			"right JazzHR account."
	case errors.Is(err, tenant.ErrDifferentAccount):
		return "This key belongs to another JazzHR account than the one that was connected before."
	case errors.Is(err, tenant.ErrJazzHRUnavailable):
		return "JazzHR did not answer, so the key could not be tested. Try again in a minute."
	}
	return ""
}

// newLinkSecret makes a new webhook secret. The old one ends at once if JazzHR has not used it yet.
func (k *Console) newLinkSecret(ctx context.Context, v linkRequest) (linkReply, error) {
	detail := "the old one works for another day"
	if !verified(v.tenant) {
		detail = "the old one ended at once"
	} else if v.Purpose == Connect {
		return linkReply{}, errWrongPurpose
	}
	secret, err := k.config.Tenants.RotateSecret(ctx, v.Tenant, !verified(v.tenant), byLink(detail))
	if errors.Is(err, queue.ErrNotConnected) {
		return linkReply{Field: "secret", Problem: "There is no webhook yet. Give the key first."}, nil
	}
	if err != nil {
		return linkReply{}, err
	}
	return linkReply{Secret: secret}, nil
}

// secretSaved records that the administrator has saved the secret.
func (k *Console) secretSaved(ctx context.Context, v linkRequest) (linkReply, error) {
	return linkReply{}, record.Add(ctx, k.config.Pool, record.Action{
		Who: administrator, Tenant: v.Tenant, What: record.SecretSaved,
	})
}
