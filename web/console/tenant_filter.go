package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// maxFilterTenants is the most tenants that a filter stands for.
const maxFilterTenants = 50

// tenantFilter filters a list by tenant: by the tenant's id, Intrvio's id of it or a part of its
// name, in the query "tenant".
type tenantFilter struct {
	Text string      // as typed
	IDs  []uuid.UUID // nil for all; not empty otherwise
	Name string      // of the tenant, if only one fits
	Hint string      // what the user should know about the filter; may be empty
}

// One reports whether one tenant fits the filter.
func (w tenantFilter) One() bool { return w.Name != "" }

// readTenantFilter reads the filter of a place, and finds the tenants that fit.
func (k *Console) readTenantFilter(ctx context.Context, at place) (tenantFilter, error) {
	w := tenantFilter{Text: strings.TrimSpace(at.query.Get("tenant"))}
	if w.Text == "" {
		return w, nil
	}
	if !validSearch(w.Text) {
		return tenantFilter{}, errNotFound
	}
	if id, err := uuid.Parse(w.Text); err == nil {
		w.IDs, w.Hint = []uuid.UUID{id}, "No tenant has this id."
		rows, err := gen.New().TenantNames(ctx, db.Of(k.config.Pool, id), id)
		if err != nil {
			return tenantFilter{}, fmt.Errorf("find tenant: %w", err)
		}
		if len(rows) == 1 {
			w.Name, w.Hint = rows[0], ""
		}
		return w, nil
	}
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(w.Text) + "%"
	rows, err := gen.New().SystemTenantsLike(ctx, k.config.Pool, &w.Text, pattern, maxFilterTenants+1)
	if err != nil {
		return tenantFilter{}, fmt.Errorf("find tenants: %w", err)
	}
	for _, row := range rows {
		w.IDs = append(w.IDs, row.TenantID)
	}
	switch {
	case len(rows) == 0:
		w.IDs, w.Hint = []uuid.UUID{uuid.Nil}, "No tenant fits this name or id."
	case len(rows) == 1:
		w.Name = rows[0].Name
	case len(rows) > maxFilterTenants:
		w.IDs = w.IDs[:maxFilterTenants]
		w.Hint = fmt.Sprintf(
			"More than %d tenants fit. The first of them are shown; type more of the name.", maxFilterTenants,
		)
	default:
		w.Hint = fmt.Sprintf("%d tenants fit.", len(rows))
	}
	return w, nil
}

// validSearch reports whether a text that somebody typed can be searched for.
func validSearch(text string) bool {
	return len(text) <= maxSearch && isText(text)
}
