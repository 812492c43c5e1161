package token_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/token"
)

func TestDetails(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, test := range map[string]struct {
		change func(*token.Details)
		field  string
	}{
		"no name":         {func(d *token.Details) { d.Name = " " }, "name"},
		"long name":       {func(d *token.Details) { d.Name = strings.Repeat("n", 101) }, "name"},
		"name of lines":   {func(d *token.Details) { d.Name = "a\nb" }, "name"},
		"secret as name":  {func(d *token.Details) { d.Name = whole }, "name"},
		"no scope":        {func(d *token.Details) { d.Scopes = nil }, "scopes"},
		"unknown scope":   {func(d *token.Details) { d.Scopes = append(d.Scopes, "all") }, "scopes"},
		"empty tenants":   {func(d *token.Details) { d.Tenants = []uuid.UUID{} }, "tenant_ids"},
		"many tenants":    {func(d *token.Details) { d.Tenants = make([]uuid.UUID, 201) }, "tenant_ids"},
		"no such tenant":  {func(d *token.Details) { d.Tenants = []uuid.UUID{uuid.New()} }, "tenant_ids"},
		"short lifetime":  {func(d *token.Details) { d.Lifetime = time.Second }, "expires_in"},
		"over before now": {func(d *token.Details) { d.Lifetime = -time.Hour }, "expires_in"},
	} {
		d := reader()
		test.change(&d)
		var invalid *queue.InvalidError
		if _, _, err := f.Create(t.Context(), operator, d); !errors.As(err, &invalid) || invalid.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNobodyGivesMore holds that a token makes and rolls only what it has itself: scopes, tenants,
// and time.
func TestNobodyGivesMore(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme, other := f.tenant(), f.tenant()
	maker := reader(acme)
	maker.Scopes = append(maker.Scopes, token.TokensWrite)
	maker.Lifetime = time.Hour
	_, secret := f.make(maker)
	by := f.want("the maker", secret, nil)

	for name, test := range map[string]struct {
		change func(*token.Details)
		want   string // in the error's text, or nothing
	}{
		"the same":             {func(*token.Details) {}, ""},
		"another scope":        {func(d *token.Details) { d.Scopes = token.AllScopes() }, "tenants:write"},
		"all tenants":          {func(d *token.Details) { d.Tenants = nil }, token.ErrBound.Error()},
		"another tenant":       {func(d *token.Details) { d.Tenants = []uuid.UUID{acme, other} }, "there is no tenant " + other.String()},
		"a longer life":        {func(d *token.Details) { d.Lifetime = 2 * time.Hour }, "expires_in"},
		"a life without end":   {func(d *token.Details) { d.Lifetime = 0 }, "expires_in"},
		"a life that is short": {func(d *token.Details) { d.Lifetime = time.Minute }, ""},
	} {
		d := maker
		d.Lifetime = 59 * time.Minute
		test.change(&d)
		_, _, err := f.Create(t.Context(), by, d)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}

	short := maker
	short.Lifetime = 30 * time.Minute
	its, _ := f.make(short)
	long, _ := f.make(reader(acme))
	strong := short
	strong.Scopes = token.AllScopes()
	stronger, _ := f.make(strong)
	foreign, _ := f.make(reader(other))
	wide, _ := f.make(reader())
	for name, test := range map[string]struct {
		id       uuid.UUID
		lifetime time.Duration
		want     string
	}{
		"its own kind":     {its.ID, 0, ""},
		"a longer life":    {its.ID, 2 * time.Hour, "expires_in"},
		"lives longer":     {long.ID, 0, "expires_in"},
		"more scopes":      {stronger.ID, 0, "tenants:write"},
		"of other tenants": {foreign.ID, 0, token.ErrNoToken.Error()},
		"of all tenants":   {wide.ID, 0, token.ErrNoToken.Error()},
		"no token":         {uuid.New(), 0, token.ErrNoToken.Error()},
		"itself, longer":   {by.ID, 2 * time.Hour, "expires_in"},
	} {
		_, _, err := f.Roll(t.Context(), by, test.id, 0, test.lifetime)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("roll, %s: %v", name, err)
		}
	}
	for name, id := range map[string]uuid.UUID{"of other tenants": foreign.ID, "of all tenants": wide.ID} {
		if _, err := f.Revoke(t.Context(), by, id); !errors.Is(err, token.ErrNoToken) {
			t.Errorf("revoke, %s: %v", name, err)
		}
	}
	list, err := f.List(t.Context(), by, uuid.Nil, 100)
	if err != nil || len(list) != 6 { // the maker, the two that it made, its own kind, long and stronger
		t.Errorf("%d tokens are listed, %v", len(list), err)
	}
	for _, listed := range list {
		if len(listed.TenantIDs) != 1 || listed.TenantIDs[0] != acme {
			t.Errorf("listed: %+v", listed)
		}
	}
}
