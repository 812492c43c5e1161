package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Actions on a tenant. Each is confirmed on a page that says what will happen. The values are the
// ends of their addresses.
const (
	actionResync     = "resync"
	actionPause      = "pause"
	actionResume     = "resume"
	actionRotate     = "rotate-secret"
	actionDisconnect = "disconnect"
)

// tenantAction is something that can be done to a tenant.
type tenantAction struct {
	Route, Text string
	Danger      bool
	Blocked     string // why it can't be done now; empty if it can
}

// actionsFor returns the actions on a tenant, in its state.
func actionsFor(t gen.Tenant) []tenantAction {
	state, reason := tenant.StateOf(t)
	connected := t.KeySealed != nil
	resync := tenantAction{Route: actionResync, Text: "Resync"}
	if state != tenant.Active {
		resync.Blocked = "Only an active tenant is read. This one is not: " + reason + "."
	}
	pause := tenantAction{Route: actionPause, Text: "Pause"}
	if t.PausedAt != nil {
		pause = tenantAction{Route: actionResume, Text: "Resume"}
	} else if !connected {
		pause.Blocked = "There is nothing to pause: " + reason + "."
	}
	rotate := tenantAction{Route: actionRotate, Text: "New webhook secret"}
	end := tenantAction{Route: actionDisconnect, Text: "Disconnect", Danger: true}
	if !connected {
		rotate.Blocked = "There is no webhook yet: " + reason + "."
		end.Blocked = "There is no connection to end: " + reason + "."
	}
	return []tenantAction{resync, pause, rotate, end}
}

func (k *Console) confirmationPage() page {
	return page{route: "/tenants/:id/ask/:act", file: "tenant-confirm", section: "/tenants", load: k.loadConfirmation}
}

// confirmation is the data of the page that asks to confirm an action.
type confirmation struct {
	tenantAction
	TenantID     uuid.UUID
	Name         string
	Title        string
	Consequences []string // what will happen
}

func (k *Console) loadConfirmation(ctx context.Context, at place) (any, error) {
	t, err := k.tenantOf(ctx, at)
	if err != nil {
		return nil, err
	}
	act := at.params.ByName("act")
	blocked := map[string]string{}
	if t.PausedAt != nil {
		blocked[actionPause] = "The tenant is paused already."
	} else {
		blocked[actionResume] = "The tenant is not paused."
	}
	if why := blocked[act]; why != "" {
		return confirmation{
			tenantAction: tenantAction{Route: act, Blocked: why}, Title: "Nothing to do",
			TenantID: t.TenantID, Name: t.Name,
		}, nil
	}
	for _, o := range actionsFor(t) {
		if o.Route != act {
			continue
		}
		rows := []tenantRow{{Tenant: t}}
		if err := k.addFigures(ctx, rows); err != nil {
			return nil, err
		}
		title, will := confirmationText(act, t, rows[0].figures)
		return confirmation{tenantAction: o, TenantID: t.TenantID, Name: t.Name, Title: title, Consequences: will}, nil
	}
	return nil, errNotFound
}

// confirmationText asks to confirm an action, and says what will happen.
func confirmationText(act string, t gen.Tenant, f figures) (title string, will []string) {
	waiting := fmt.Sprintf("%d exports, %d moves and %d writebacks wait or are worked on at this moment.",
		f.Webhooks, f.StageEntries, f.Writebacks)
	switch act {
	case actionResync:
		return "Read " + t.Name + "’s account again?", []string{
			"JazzHR is read now, not at the next poll. What is new there becomes events for Intrvio, as always.",
			"Nothing changes in JazzHR, and Intrvio is not told again of what is known already.",
			"It uses calls of the tenant’s budget. Work that people wait for comes first.",
		}
	case actionPause:
		return "Pause " + t.Name + "?", []string{
			"Nothing is read from or written to JazzHR until the tenant is resumed. A write that is under way is finished.",
			"Webhooks and writebacks are still accepted, and wait. Nothing is lost.",
			waiting,
		}
	case actionResume:
		return "Resume " + t.Name + "?", []string{
			"All work that has waited goes on within seconds, the oldest first, as fast as JazzHR’s call limit allows.",
			waiting,
		}
	case actionRotate:
		return "Make a new webhook secret for " + t.Name + "?", []string{
			"The new secret is shown once, on the next page. The customer’s administrator has to save it in JazzHR.",
			"The old secret works until 24 hours after the first webhook that is signed with the new one.",
		}
	default:
		return "Disconnect " + t.Name + "?", []string{
			"The JazzHR key, the webhook’s address and its secrets are erased at once. This can’t be undone: " +
				"to connect again, the customer has to give a key and set up the webhook again.",
			"Waiting work ends: exports are dropped, writebacks are rejected, and Intrvio is told of each " +
				"writeback. " + waiting,
			"What was written into JazzHR stays there. The service keeps what it knows of it.",
		}
	}
}

func tenantHref(id uuid.UUID) string { return rootPath + "/tenants/" + id.String() }

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
		return problemOn(to, "There is nothing to pause: the tenant is not connected.")
	}
	if _, err := k.config.Tenants.Pause(ctx, t.TenantID, tenant.Actor{Name: f.who}); err != nil {
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
	if _, err := k.config.Tenants.Resume(ctx, t.TenantID, tenant.Actor{Name: f.who}); err != nil {
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
	kind, detail := tenant.SyncPoll, "what is new"
	if f.values.Get("kind") == string(tenant.SyncFull) {
		kind, detail = tenant.SyncFull, "all lists"
	}
	queued, err := k.config.Tenants.StartSync(ctx, t.TenantID, kind, tenant.Actor{Name: f.who, Detail: detail})
	if state, ok := errors.AsType[*tenant.StateError](err); ok || errors.Is(err, queue.ErrNotConnected) {
		reason := "the tenant is not connected"
		if ok {
			reason = state.Error()
		}
		err := record.Add(ctx, k.config.Pool, record.Action{
			Who: f.who, Tenant: t.TenantID, What: record.Resynced, Result: record.Refused, Detail: reason,
		})
		if err != nil {
			return "", "", err
		}
		return problemOn(to, "Nothing is read: "+reason+".")
	}
	switch {
	case err != nil:
		return "", "", err
	case !queued:
		return to, "The same is waiting or running already.", nil
	case kind == tenant.SyncFull:
		return to, "All of JazzHR’s lists are read now. With many candidates that takes hours.", nil
	default:
		return to, "JazzHR is read now.", nil
	}
}

// newSecret is the data of the page that shows a new webhook secret, once.
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
	revoke, detail := f.values.Get("revoke_old") == "on", "the old one works for another day"
	if revoke {
		detail = "the old one ended at once"
	}
	secret, err := k.config.Tenants.RotateSecret(ctx, t.TenantID, revoke, tenant.Actor{Name: f.who, Detail: detail})
	if errors.Is(err, queue.ErrNotConnected) {
		return nil, refused(http.StatusConflict, "No webhook yet",
			"The tenant is not connected, so it has no webhook and no secret.")
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
	ended, err := k.config.Tenants.Disconnect(ctx, t.TenantID, tenant.Actor{Name: f.who})
	if err != nil {
		return "", "", err
	}
	if !ended {
		return to, t.Name + " is disconnected already.", nil
	}
	return to, t.Name + " is disconnected.", nil
}
