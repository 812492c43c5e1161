package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// maxWhose is how many tenants a list is narrowed to at most.
const maxWhose = 50

// whose narrows a list of all tenants to some: by an id, the backend's own id or a part of the name, in the query "tenant".
type whose struct {
	Text string      // as given
	IDs  []uuid.UUID // nil for all; not empty otherwise
	Name string      // of the tenant, if it is one
	Hint string      // what to know about the choice; may be empty
}

// One reports whether the list is narrowed to one tenant.
func (w whose) One() bool { return w.Name != "" }

func (k *Console) whose(ctx context.Context, at place) (whose, error) {
	w := whose{Text: strings.TrimSpace(at.query.Get("tenant"))}
	if w.Text == "" {
		return w, nil
	}
	if !legible(w.Text) {
		return whose{}, errNotFound
	}
	if id, err := uuid.Parse(w.Text); err == nil {
		w.IDs, w.Hint = []uuid.UUID{id}, "No tenant has this id."
		rows, err := gen.New().TenantNames(ctx, k.config.Pool, id)
		if err != nil {
			return whose{}, fmt.Errorf("find tenant: %w", err)
		}
		if len(rows) == 1 {
			w.Name, w.Hint = rows[0], ""
		}
		return w, nil
	}
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(w.Text) + "%"
	rows, err := gen.New().SystemTenantsLike(ctx, k.config.Pool, &w.Text, pattern, maxWhose+1)
	if err != nil {
		return whose{}, fmt.Errorf("find tenants: %w", err)
	}
	for _, row := range rows {
		w.IDs = append(w.IDs, row.TenantID)
	}
	switch {
	case len(rows) == 0:
		w.IDs, w.Hint = []uuid.UUID{uuid.Nil}, "No tenant fits this name or id."
	case len(rows) == 1:
		w.Name = rows[0].Name
	case len(rows) > maxWhose:
		w.IDs = w.IDs[:maxWhose]
		w.Hint = fmt.Sprintf("More than %d tenants fit; the first of them are shown. Type more of the name.", maxWhose)
	default:
		w.Hint = fmt.Sprintf("%d tenants fit.", len(rows))
	}
	return w, nil
}

// legible reports whether the database can take a text that somebody typed.
func legible(text string) bool {
	return len(text) <= 200 && strings.ToValidUTF8(text, "") == text && !strings.ContainsRune(text, 0)
}
