package console

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// connectSteps is the data of the page on which a customer's administrator connects JazzHR.
type connectSteps struct {
	gen.Tenant
	gen.ConnectProgressRow
	linkReply
	Self       string // the page's address
	ExpiresAt  time.Time
	HasKey     bool
	WebhookURL string // empty once JazzHR has called it
	Place      string // where the service runs; empty if the customer need not be told
	Retention  string // how long bodies of webhooks are kept
	Refusal    string // what was wrong with the last request; empty if a later one was right
}

func (s *connectSteps) answer(r linkReply) { s.linkReply = r }

func (k *Console) loadConnect(ctx context.Context, at place) (any, error) {
	v, err := k.linkRequestOf(ctx, at)
	if err != nil {
		return nil, err
	}
	progress, err := gen.New().ConnectProgress(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant, string(record.SecretSaved))
	if err != nil {
		return nil, fmt.Errorf("read how far a connection is: %w", err)
	}
	steps := &connectSteps{
		Tenant: v.tenant, ConnectProgressRow: progress, Self: at.path, ExpiresAt: v.Expires,
		HasKey:    v.tenant.KeySealed != nil,
		Retention: retention(k.config.PayloadRetention), Refusal: refusalOf(v.tenant, progress.SecretAt),
	}
	if here := k.config.Tenants.Deployment(); here.Region == tenant.RegionEU {
		steps.Place = here.Place
	}
	if !verified(v.tenant) {
		steps.WebhookURL = k.config.Tenants.WebhookURL(v.tenant)
	}
	return steps, nil
}

// retention writes how long something is kept, in days if it is more than one.
func retention(d time.Duration) string {
	if days := int(d.Hours() / 24); days > 1 {
		return strconv.Itoa(days) + " days"
	}
	return duration(d.Seconds())
}

// refusalOf says what was wrong with the last request. It returns "" if a later request was right,
// or if the secret was made after it.
func refusalOf(t gen.Tenant, secretAt time.Time) string {
	if t.LastRefusedAt == nil || t.LastRefusedReason == nil || t.LastRefusedAt.Before(secretAt) ||
		t.LastWebhookAt != nil && t.LastWebhookAt.After(*t.LastRefusedAt) {
		return ""
	}
	switch *t.LastRefusedReason {
	case "wrong_signature":
		return "A request came with the wrong secret: the Secret Key in JazzHR is not the secret of step 3. " +
			"Copy the secret into JazzHR again. If you don’t have it, make a new one in step 3."
	case "missing_signature":
		return "A request came without a signature: the field Secret Key is empty in JazzHR. Paste the secret " +
			"of step 3 there."
	default:
		return "A request was refused. Ask the person at Intrvio who sent you this link."
	}
}

// Verified reports whether JazzHR has called the webhook.
func (s *connectSteps) Verified() bool { return verified(s.Tenant) }

// KeyWorks reports whether there is a key that JazzHR accepts.
func (s *connectSteps) KeyWorks() bool { return s.HasKey && s.KeyState == db.KeyOK }

// Exported reports whether a candidate was exported.
func (s *connectSteps) Exported() bool { return s.ExportedAt.Unix() > 0 }

// NoteWritten reports whether a note was written.
func (s *connectSteps) NoteWritten() bool { return s.NotedAt.Unix() > 0 }

// Step returns the state of a step: done, now or later.
func (s *connectSteps) Step(n int) string {
	done := []bool{s.KeyWorks(), s.Saved || s.Verified(), s.Saved || s.Verified(), s.Verified(), s.Verified()}
	switch {
	case done[n-1]:
		return "done"
	case n > 1 && !s.HasSecret, n > 3 && !s.Saved:
		return "later"
	default:
		return "now"
	}
}
