package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// toldAtOnce is how many candidates a search may find for the story of each to be told; of more only the names are.
	toldAtOnce = 4
	// tenantChoices is how many tenants are named where several may be meant.
	tenantChoices = 8
	// shortestName is the fewest characters of a name that are searched for.
	shortestName = 2
)

func (k *Console) candidatesPage() page {
	return page{route: "/candidates", file: "candidates", section: "/candidates", load: k.loadCandidates, every: 3 * time.Second}
}

// candidates is what the page shows.
type candidates struct {
	Search, Within string // as they were typed
	Tenant         *gen.Tenant
	TenantState    tenant.State
	TenantReason   string
	TenantWaiting  int64            // exports of the tenant of which nobody knows yet whom they are about
	Meant          []namedTenant    // the tenants that Within may mean, if it is not one
	Told           []story          // of each candidate that was found, if they are few
	Found          []foundCandidate // all of them, if they are more
	More           bool             // there are more than are shown
	Refused        []gen.SystemLastHeardRow
}

// namedTenant is a tenant that a search may mean.
type namedTenant struct{ Name, Href string }

// Nothing reports whether something was looked for and nothing found.
func (c candidates) Nothing() bool {
	return c.Search != "" && len(c.Told) == 0 && len(c.Found) == 0 && !c.Unclear()
}

// Unclear reports whether it is not known in which tenant to look.
func (c candidates) Unclear() bool { return c.Within != "" && c.Tenant == nil }

// One is the story of the only candidate found, if there is one.
func (c candidates) One() *story {
	if len(c.Told) != 1 {
		return nil
	}
	return &c.Told[0]
}

func (k *Console) loadCandidates(ctx context.Context, at place) (any, error) {
	shown := candidates{Search: strings.TrimSpace(at.query.Get("q")), Within: strings.TrimSpace(at.query.Get("tenant"))}
	for _, text := range []string{shown.Search, shown.Within} {
		if len(text) > maxSearch || !isText(text) {
			return nil, errNotFound
		}
	}
	if err := k.findWithin(ctx, at, &shown); err != nil || shown.Unclear() || shown.Search == "" {
		return shown, err
	}
	within := uuid.Nil
	if shown.Tenant != nil {
		within = shown.Tenant.TenantID
	}
	found, more, err := k.findCandidates(ctx, shown.Search, within)
	if err != nil {
		return nil, err
	}
	shown.More = more
	if len(found) > toldAtOnce {
		shown.Found = found
		return shown, k.nameTenants(ctx, found)
	}
	for _, candidate := range found {
		told, err := k.readStory(ctx, candidate)
		if err != nil {
			return nil, err
		}
		shown.Told = append(shown.Told, told)
	}
	if len(found) > 0 {
		return shown, nil
	}
	return shown, k.explainNothing(ctx, &shown)
}

// findWithin finds the tenant to look in, if one was given.
func (k *Console) findWithin(ctx context.Context, at place, shown *candidates) error {
	if shown.Within == "" {
		return nil
	}
	rows, err := gen.New().SystemTenantsNamed(ctx, k.config.Pool, shown.Within, tenantChoices+1)
	if err != nil {
		return fmt.Errorf("find tenant: %w", err)
	}
	exact := func(row gen.SystemTenantsNamedRow) bool {
		return strings.EqualFold(row.TenantID.String(), shown.Within) || orEmpty(row.ExternalID) == shown.Within
	}
	if len(rows) == 1 || len(rows) > 1 && (exact(rows[0]) || strings.EqualFold(rows[0].Name, shown.Within) && !strings.EqualFold(rows[1].Name, shown.Within)) {
		t, err := k.config.Tenants.Get(ctx, rows[0].TenantID)
		if err != nil {
			return err
		}
		shown.Tenant, shown.Within = &t, t.Name
		shown.TenantState, shown.TenantReason = tenant.StateOf(t)
		return nil
	}
	for _, row := range rows {
		shown.Meant = append(shown.Meant, namedTenant{row.Name, at.href("tenant", row.TenantID.String())})
	}
	return nil
}

// nameTenants adds whose customers' candidates were found.
func (k *Console) nameTenants(ctx context.Context, found []foundCandidate) error {
	names := map[uuid.UUID]string{}
	for i := range found {
		id := found[i].Tenant
		if _, known := names[id]; !known {
			t, err := k.config.Tenants.Get(ctx, id)
			if err != nil {
				return err
			}
			names[id] = t.Name
		}
		found[i].TenantName = names[id]
	}
	return nil
}

// explainNothing adds what support can tell where nothing matches: when JazzHR was last heard of.
func (k *Console) explainNothing(ctx context.Context, shown *candidates) (err error) {
	if shown.Tenant == nil {
		if shown.Refused, err = gen.New().SystemLastHeard(ctx, k.config.Pool, tenantChoices); err != nil {
			return fmt.Errorf("read when JazzHR was last heard of: %w", err)
		}
		return nil
	}
	rows := []tenantRow{{Tenant: *shown.Tenant}}
	if err := k.addFigures(ctx, rows); err != nil {
		return err
	}
	shown.TenantWaiting = rows[0].Webhooks
	return nil
}
