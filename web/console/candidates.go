package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// maxStories is the most candidates of whom the page shows the story. Of more it shows a list.
	maxStories = 4
	// maxTenantOptions is the most tenants that the page offers if several fit.
	maxTenantOptions = 8
	// minNameLength is the length of the shortest name that is searched for, in characters.
	minNameLength = 2
)

func (k *Console) candidatesPage() page {
	return page{
		route: "/candidates", file: "candidates", section: "/candidates", load: k.loadCandidates,
		query: []string{"q", "tenant"}, every: 3 * time.Second, reads: readsCandidates,
	}
}

// candidates is the data of the page.
type candidates struct {
	Search, TenantSearch string // as they were typed
	Tenant               *gen.Tenant
	TenantState          tenant.State
	TenantReason         string
	TenantWaiting        int64            // exports of the tenant that are not resolved yet
	TenantOptions        []namedTenant    // the tenants that fit TenantSearch, if there are several
	Stories              []story          // of each candidate found, if they are few
	Matches              []foundCandidate // the candidates found, if they are many
	More                 bool             // more were found than are shown
	Refused              []gen.SystemLastHeardRow
}

// namedTenant is a tenant that fits a search.
type namedTenant struct{ Name, Href string }

// NotFound reports whether a search found nothing.
func (c candidates) NotFound() bool {
	return c.Search != "" && len(c.Stories) == 0 && len(c.Matches) == 0 && !c.TenantUnclear()
}

// TenantUnclear reports whether no tenant or several tenants fit TenantSearch.
func (c candidates) TenantUnclear() bool { return c.TenantSearch != "" && c.Tenant == nil }

// One returns the story of the only candidate found, or nil if there is not exactly one.
func (c candidates) One() *story {
	if len(c.Stories) != 1 {
		return nil
	}
	return &c.Stories[0]
}

func (k *Console) loadCandidates(ctx context.Context, at place) (any, error) {
	shown := candidates{
		Search: strings.TrimSpace(at.query.Get("q")), TenantSearch: strings.TrimSpace(at.query.Get("tenant")),
	}
	for _, text := range []string{shown.Search, shown.TenantSearch} {
		if len(text) > maxSearch || !isText(text) {
			return nil, errNotFound
		}
	}
	if err := k.findWithin(ctx, at, &shown); err != nil || shown.TenantUnclear() || shown.Search == "" {
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
	if len(found) > maxStories {
		shown.Matches = found
		return shown, k.nameTenants(ctx, found)
	}
	for _, candidate := range found {
		s, err := k.readStory(ctx, candidate)
		if err != nil {
			return nil, err
		}
		shown.Stories = append(shown.Stories, s)
	}
	if len(found) > 0 {
		return shown, nil
	}
	return shown, k.explainNothing(ctx, &shown)
}

// findWithin finds the tenant to search in, if one was given.
func (k *Console) findWithin(ctx context.Context, at place, shown *candidates) error {
	if shown.TenantSearch == "" {
		return nil
	}
	rows, err := gen.New().SystemTenantsNamed(ctx, k.config.Pool, shown.TenantSearch, maxTenantOptions+1)
	if err != nil {
		return fmt.Errorf("find tenant: %w", err)
	}
	exact := func(row gen.SystemTenantsNamedRow) bool {
		return strings.EqualFold(row.TenantID.String(), shown.TenantSearch) ||
			db.Text(row.ExternalID) == shown.TenantSearch
	}
	named := func(row gen.SystemTenantsNamedRow) bool { return strings.EqualFold(row.Name, shown.TenantSearch) }
	if len(rows) == 1 || len(rows) > 1 && (exact(rows[0]) || named(rows[0]) && !named(rows[1])) {
		t, err := k.config.Tenants.Get(ctx, rows[0].TenantID)
		if err != nil {
			return err
		}
		shown.Tenant, shown.TenantSearch = &t, t.Name
		shown.TenantState, shown.TenantReason = tenant.StateOf(t)
		return nil
	}
	for _, row := range rows {
		option := namedTenant{row.Name, at.href("tenant", row.TenantID.String())}
		shown.TenantOptions = append(shown.TenantOptions, option)
	}
	return nil
}

// nameTenants adds the names of the tenants to the candidates found.
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

// explainNothing adds what helps support if nothing was found: when JazzHR was last heard of.
func (k *Console) explainNothing(ctx context.Context, shown *candidates) (err error) {
	if shown.Tenant == nil {
		if shown.Refused, err = gen.New().SystemLastHeard(ctx, k.config.Pool, maxTenantOptions); err != nil {
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
