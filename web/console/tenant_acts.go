package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// What can be done to a tenant: each is asked for once, on a page that says what it will do.
const (
	actResync     = "resync"
	actPause      = "pause"
	actResume     = "resume"
	actRotate     = "rotate-secret"
	actDisconnect = "disconnect"
)

// offer is something that can be done to a tenant.
type offer struct {
	Act, Text string
	Danger    bool
	Not       string // why it can't be done now, if it can't
}

// offersTo is what can be done to a tenant in its state.
func offersTo(t gen.Tenant) []offer {
	state, reason := tenant.StateOf(t)
	connected := t.KeySealed != nil
	resync := offer{Act: actResync, Text: "Resync"}
	if state != tenant.Active {
		resync.Not = "Only an active tenant is read. This one is not: " + reason + "."
	}
	pause := offer{Act: actPause, Text: "Pause"}
	if t.PausedAt != nil {
		pause = offer{Act: actResume, Text: "Resume"}
	} else if !connected {
		pause.Not = "There is nothing to pause: " + reason + "."
	}
	rotate, end := offer{Act: actRotate, Text: "New webhook secret"}, offer{Act: actDisconnect, Text: "Disconnect", Danger: true}
	if !connected {
		rotate.Not = "There is no webhook yet: " + reason + "."
		end.Not = "There is no connection to end: " + reason + "."
	}
	return []offer{resync, pause, rotate, end}
}

func (k *Console) tenantAskPage() page {
	return page{route: "/tenants/:id/ask/:act", file: "tenant-ask", section: "/tenants", load: k.loadAsk}
}

// ask is what the page shows that asks whether something is to be done.
type ask struct {
	offer
	TenantID   uuid.UUID
	Name       string
	Title      string
	Will       []string // what it will do
	Writebacks int64
}

func (k *Console) loadAsk(ctx context.Context, at place) (any, error) {
	t, err := k.tenantOf(ctx, at)
	if err != nil {
		return nil, err
	}
	act := at.params.ByName("act")
	if act == actPause && t.PausedAt != nil || act == actResume && t.PausedAt == nil {
		return ask{
			offer: offer{Act: act, Not: map[string]string{actPause: "The tenant is paused already.", actResume: "The tenant is not paused."}[act]},
			Title: "Nothing to do", TenantID: t.TenantID, Name: t.Name,
		}, nil
	}
	for _, o := range offersTo(t) {
		if o.Act != act {
			continue
		}
		rows := []tenantRow{{Tenant: t}}
		if err := k.addFigures(ctx, rows); err != nil {
			return nil, err
		}
		title, will := askWords(act, t, rows[0].figures)
		return ask{offer: o, TenantID: t.TenantID, Name: t.Name, Title: title, Will: will}, nil
	}
	return nil, errNotFound
}

// askWords says what something will do.
func askWords(act string, t gen.Tenant, f figures) (title string, will []string) {
	waiting := fmt.Sprintf("%d exports, %d moves and %d writebacks wait or are worked on at this moment.", f.Webhooks, f.StageEntries, f.Writebacks)
	switch act {
	case actResync:
		return "Read " + t.Name + "’s account anew?", []string{
			"JazzHR is read now instead of at the next poll. What is new there becomes events for Intrvio, as always.",
			"It changes nothing in JazzHR, and what is known already is not told twice.",
			"It uses calls of the tenant’s budget; what people wait for goes first.",
		}
	case actPause:
		return "Pause " + t.Name + "?", []string{
			"Nothing is read from or written to JazzHR until the tenant is resumed. A write that is under way is finished.",
			"Webhooks and writebacks are still accepted, and wait. Nothing is lost.",
			waiting,
		}
	case actResume:
		return "Resume " + t.Name + "?", []string{
			"Everything that has waited goes on within seconds, the oldest first, as fast as JazzHR’s call limit allows.",
			waiting,
		}
	case actRotate:
		return "Make a new webhook secret for " + t.Name + "?", []string{
			"The new secret is shown once, on the next page. The customer’s administrator has to save it in JazzHR.",
			"The old secret goes on working until 24 hours after the first webhook that is signed with the new one.",
		}
	default:
		return "Disconnect " + t.Name + "?", []string{
			"The JazzHR key, the webhook’s address and its secrets are erased at once. This can’t be undone: to connect again, the customer gives a key and sets the webhook up anew.",
			"What waits is ended: exports are dropped, writebacks are rejected, and Intrvio is told of each. " + waiting,
			"What stands in JazzHR stays there, and what was done stays known here.",
		}
	}
}

// tenantDeeds is what can be done to a tenant.
func (k *Console) tenantDeeds() []deed {
	return []deed{
		{route: "/tenants/:id/" + actPause, do: k.pauseTenant},
		{route: "/tenants/:id/" + actResume, do: k.resumeTenant},
		{route: "/tenants/:id/" + actResync, do: k.resyncTenant},
		{route: "/tenants/:id/" + actRotate, show: k.rotateSecret, file: "tenant-secret"},
		{route: "/tenants/:id/" + actDisconnect, do: k.disconnectTenant},
	}
}

func tenantHref(id uuid.UUID) string { return rootPath + "/tenants/" + id.String() }

// recording writes down in a transaction of a tenant what somebody did in it.
func recording(ctx context.Context, f form, what What, detail string) func(db.TenantTx) error {
	return func(tx db.TenantTx) error {
		return Record(ctx, tx, Action{Who: f.who, Tenant: tx.Tenant, What: what, Detail: detail})
	}
}

func (k *Console) pauseTenant(ctx context.Context, f form) (string, string, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return "", "", err
	}
	to := tenantHref(t.TenantID)
	switch {
	case t.PausedAt != nil:
		return to, t.Name + " is paused already.", nil
	case t.KeySealed == nil:
		return errorOn(to, "There is nothing to pause: the tenant is not connected.")
	}
	if _, err := k.config.Tenants.Pause(ctx, t.TenantID, recording(ctx, f, Paused, "")); err != nil {
		return "", "", err
	}
	return to, t.Name + " is paused. What comes in is kept.", nil
}

func (k *Console) resumeTenant(ctx context.Context, f form) (string, string, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return "", "", err
	}
	to := tenantHref(t.TenantID)
	if t.PausedAt == nil {
		return to, t.Name + " is not paused.", nil
	}
	if _, err := k.config.Tenants.Resume(ctx, t.TenantID, recording(ctx, f, Resumed, "")); err != nil {
		return "", "", err
	}
	return to, t.Name + " goes on.", nil
}

func (k *Console) resyncTenant(ctx context.Context, f form) (string, string, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return "", "", err
	}
	to := tenantHref(t.TenantID)
	kind, detail := queue.SyncPoll, "what is new"
	if f.values.Get("kind") == string(queue.SyncFull) {
		kind, detail = queue.SyncFull, "all lists"
	}
	var queued bool
	err = db.InTenant(ctx, k.config.Pool, t.TenantID, func(tx db.TenantTx) error {
		if queued, err = queue.StartSync(ctx, tx, k.config.Client, kind); err != nil {
			return err
		}
		return recording(ctx, f, Resynced, detail)(tx)
	})
	if state, ok := errors.AsType[*queue.StateError](err); ok || errors.Is(err, queue.ErrNotConnected) {
		reason := "the tenant is not connected"
		if ok {
			reason = state.Error()
		}
		if err := Record(ctx, k.config.Pool, Action{Who: f.who, Tenant: t.TenantID, What: Resynced, Result: Refused, Detail: reason}); err != nil {
			return "", "", err
		}
		return errorOn(to, "Nothing is read: "+reason+".")
	}
	switch {
	case err != nil:
		return "", "", err
	case !queued:
		return to, "The same is waiting or running already.", nil
	case kind == queue.SyncFull:
		return to, "All of JazzHR’s lists are read now. With many candidates that takes hours.", nil
	default:
		return to, "JazzHR is read now.", nil
	}
}

// newSecret is what the page shows that has a new webhook secret, once.
type newSecret struct {
	TenantID     uuid.UUID
	Name, Secret string
	Revoked      bool
}

func (k *Console) rotateSecret(ctx context.Context, f form) (any, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return nil, err
	}
	revoke, detail := f.values.Get("revoke_old") == "on", "the old one goes on working for a day"
	if revoke {
		detail = "the old one ended at once"
	}
	secret, err := k.config.Tenants.RotateSecret(ctx, t.TenantID, revoke, recording(ctx, f, SecretRotated, detail))
	if errors.Is(err, tenant.ErrNotConnected) {
		return nil, refused(http.StatusConflict, "No webhook yet", "The tenant is not connected, so there is no webhook whose secret could be made anew.")
	}
	if err != nil {
		return nil, err
	}
	return newSecret{t.TenantID, t.Name, secret, revoke}, nil
}

func (k *Console) disconnectTenant(ctx context.Context, f form) (string, string, error) {
	t, err := k.tenantOf(ctx, f.place)
	if err != nil {
		return "", "", err
	}
	to := tenantHref(t.TenantID)
	ended, err := k.config.Tenants.Disconnect(ctx, t.TenantID, func(tx db.TenantTx) error {
		if err := recording(ctx, f, Disconnected, "")(tx); err != nil {
			return err
		}
		return queue.RejectWaiting(ctx, tx, k.config.Client)
	})
	if err != nil {
		return "", "", err
	}
	if !ended {
		return to, t.Name + " is disconnected already.", nil
	}
	return to, t.Name + " is disconnected.", nil
}
