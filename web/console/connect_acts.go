package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// keyTimeout bounds the test of a key: clients of JazzHR wait for up to two minutes.
	keyTimeout = 150 * time.Second
	// keyTries is how many keys may be tried at once for a tenant, and keyPause after what time one more.
	keyTries = 5
	keyPause = 10 * time.Second
	// maxTries is how many tenants' tries are kept before those are forgotten that have all of theirs again.
	maxTries = 1000
)

// tries bounds how often keys are tried, by tenant: each try is a request to JazzHR.
type tries struct {
	mu   sync.Mutex
	left map[uuid.UUID]*rate.Limiter
}

func newTries() *tries { return &tries{left: map[uuid.UUID]*rate.Limiter{}} }

func (t *tries) allow(id uuid.UUID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.left) >= maxTries {
		for of, limiter := range t.left {
			if limiter.Tokens() >= keyTries {
				delete(t.left, of)
			}
		}
	}
	limiter := t.left[id]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(keyPause), keyTries)
		t.left[id] = limiter
	}
	return limiter.Allow()
}

// verified reports whether JazzHR has called the tenant's webhook.
func verified(t gen.Tenant) bool { return t.Connection == "verified" }

// setFirstKey takes a key in the set-up. Once that is over another key takes a link to manage.
func (k *Console) setFirstKey(ctx context.Context, v visit) (reply, error) {
	if verified(v.tenant) {
		return reply{}, errWrongPurpose
	}
	return k.setKey(ctx, v)
}

// setNextKey takes another key of a tenant that has one: whoever was disconnected takes a link to connect.
func (k *Console) setNextKey(ctx context.Context, v visit) (reply, error) {
	if v.tenant.KeySealed == nil {
		return reply{}, errWrongPurpose
	}
	return k.setKey(ctx, v)
}

// setKey asks JazzHR with a key and keeps it if it works. The key shows nowhere again.
func (k *Console) setKey(ctx context.Context, v visit) (reply, error) {
	if !k.tries.allow(v.Tenant) {
		return reply{Field: "key", Problem: "These were many tries. Wait ten seconds, then try again."}, nil
	}
	connection, err := queue.Connect(ctx, k.config.Client, k.config.Tenants, v.Tenant, v.values.Get("api_key"),
		recordByLink(ctx, KeySet, ""))
	if problem := keyProblem(err); problem != "" {
		if err := k.refusedByLink(ctx, v.Tenant, KeySet, problem); err != nil {
			return reply{}, err
		}
		return reply{Field: "key", Problem: problem + " Nothing was changed."}, nil
	}
	if err != nil {
		return reply{}, err
	}
	answer := reply{Said: "The key works, and is kept encrypted."}
	if connection.SecretNew {
		answer.Secret = connection.WebhookSecret
	}
	return answer, nil
}

// keyProblem says why a key was not taken, empty if that is not for its owner to mend.
func keyProblem(err error) string {
	if _, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return "That is no API key. Copy it as a whole, without spaces in it."
	}
	switch {
	case errors.Is(err, tenant.ErrCredentialsRejected):
		return "JazzHR refuses this key. Copy the one that stands in JazzHR now: an older one is dead as soon as a new one is generated."
	case errors.Is(err, tenant.ErrKeyInUse):
		return "This key is connected to Intrvio already, for another customer. Look whether you are in the right JazzHR account."
	case errors.Is(err, tenant.ErrDifferentAccount):
		return "This key is of another JazzHR account than the one that was connected before."
	case errors.Is(err, tenant.ErrJazzHRUnavailable):
		return "JazzHR did not answer as it should, so nothing is known of the key. Try again in a minute."
	}
	return ""
}

// newLinkSecret makes a new webhook secret. Until JazzHR has called, nobody uses the old one, and it ends at once.
func (k *Console) newLinkSecret(ctx context.Context, v visit) (reply, error) {
	detail := "the old one goes on working for a day"
	if !verified(v.tenant) {
		detail = "the old one ended at once"
	} else if v.Purpose == Connect {
		return reply{}, errWrongPurpose
	}
	secret, err := k.config.Tenants.RotateSecret(ctx, v.Tenant, !verified(v.tenant), recordByLink(ctx, SecretRotated, detail))
	if errors.Is(err, tenant.ErrNotConnected) {
		return reply{Field: "secret", Problem: "There is no webhook yet: give the key first."}, nil
	}
	if err != nil {
		return reply{}, err
	}
	return reply{Secret: secret}, nil
}

// secretSaved notes that the administrator has the secret.
func (k *Console) secretSaved(ctx context.Context, v visit) (reply, error) {
	return reply{}, Record(ctx, k.config.Pool, Action{Who: administrator, Tenant: v.Tenant, What: SecretSaved})
}
