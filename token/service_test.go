package token_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// fixture is a service on a database of a test's own.
type fixture struct {
	*token.Service
	t        *testing.T
	database *dbtest.Database
	keyset   string
}

// operator is who is bound by nothing.
var operator = token.Holder{Name: "command line", Grant: token.Full()}

func start(t *testing.T) *fixture {
	t.Helper()
	keyset, err := tenant.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, database: dbtest.New(t)}
	f.use(keyset)
	return f
}

// use has the service go on with another keyset, as after a deploy.
func (f *fixture) use(keyset string) {
	f.t.Helper()
	sealer, err := tenant.ParseKeyset(keyset)
	if err != nil {
		f.t.Fatal(err)
	}
	f.keyset, f.Service = keyset, token.New(f.database.Pool, sealer, slog.New(slog.DiscardHandler))
}

// tenant makes a tenant.
func (f *fixture) tenant() uuid.UUID {
	f.t.Helper()
	t, _, err := tenant.New(f.database.Pool, nil, nil, nil, "").Create(f.t.Context(), tenant.Details{Name: "Acme", Region: "us"})
	if err != nil {
		f.t.Fatal(err)
	}
	return t.TenantID
}

// make makes a token, on behalf of the operator.
func (f *fixture) make(d token.Details) (token.Token, token.Secret) {
	f.t.Helper()
	made, secret, err := f.Create(f.t.Context(), operator, d)
	if err != nil {
		f.t.Fatal(err)
	}
	return made, secret
}

// reader is a token that reads tenants.
func reader(tenants ...uuid.UUID) token.Details {
	return token.Details{Name: "reader", Grant: token.Grant{Scopes: []token.Scope{token.TenantsRead}, Tenants: tenants}}
}

// want checks what a secret opens.
func (f *fixture) want(what string, secret token.Secret, want error) token.Holder {
	f.t.Helper()
	holder, err := f.Verify(f.t.Context(), secret.Reveal())
	if !errors.Is(err, want) || (err != nil) != (want != nil) {
		f.t.Errorf("%s: %v, want %v", what, err, want)
	}
	return holder
}

// flushed writes uses and returns the one token that there is.
func (f *fixture) flushed() token.Token {
	f.t.Helper()
	if err := f.Flush(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return f.one()
}

// one returns the one token that there is.
func (f *fixture) one() token.Token {
	f.t.Helper()
	list, err := f.List(f.t.Context(), operator, uuid.Nil, 2)
	if err != nil || len(list) != 1 {
		f.t.Fatalf("%d tokens, %v", len(list), err)
	}
	return list[0]
}

// TestLife goes through the life of a token: made, expired, rolled, revoked.
func TestLife(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme := f.tenant()
	d := reader(acme, acme)
	d.Scopes = []token.Scope{token.EventsRead, token.TenantsRead, token.EventsRead}
	d.Lifetime = 10 * 24 * time.Hour
	made, first := f.make(d)
	holder := f.want("a new token", first, nil)
	if holder.ID != made.ID || !slices.Equal(holder.Tenants, []uuid.UUID{acme}) || holder.Has(token.TokensWrite) ||
		!slices.Equal(holder.Scopes, []token.Scope{token.TenantsRead, token.EventsRead}) || holder.Sees(uuid.New()) {
		t.Errorf("the token's holder: %+v", holder)
	}
	if made.State != token.Active || made.CreatedBy != "command line" || made.Prefix != first.Reveal()[:14] || made.Previous != nil {
		t.Errorf("the token: %+v", made)
	}

	rolled, second, err := f.Roll(t.Context(), operator, made.ID, 24*time.Hour, 0)
	if err != nil || rolled.Previous == nil || rolled.Previous.Prefix != made.Prefix || rolled.Prefix == made.Prefix {
		t.Fatalf("rolled: %+v, %v", rolled, err)
	}
	f.want("the first within the overlap", first, nil)
	f.want("the second within the overlap", second, nil)
	dbtest.OffsetClock(t, f.database, 24*time.Hour)
	f.want("the first after the overlap", first, token.ErrRolled)
	f.want("the second after the overlap", second, nil)

	_, third, err := f.Roll(t.Context(), operator, made.ID, token.MaxOverlap, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.want("the first after another roll", first, token.ErrUnknown)
	dbtest.OffsetClock(t, f.database, 10*24*time.Hour)
	for _, secret := range []token.Secret{second, third} {
		f.want("an expired token", secret, token.ErrExpired)
	}
	var invalid *queue.InvalidError
	if _, _, err := f.Roll(t.Context(), operator, made.ID, 0, 0); !errors.As(err, &invalid) || invalid.Field != "expires_in" {
		t.Errorf("rolling an expired token: %v", err)
	}
	_, fourth, err := f.Roll(t.Context(), operator, made.ID, token.MaxOverlap, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	f.want("an expired token's new secret", fourth, nil)
	f.want("an expired token's old secret", third, token.ErrRolled)

	for range 2 {
		if revoked, err := f.Revoke(t.Context(), operator, made.ID); err != nil || revoked.State != token.Revoked {
			t.Fatalf("revoked: %+v, %v", revoked, err)
		}
		f.want("a revoked token", fourth, token.ErrRevoked)
	}
	if _, _, err := f.Roll(t.Context(), operator, made.ID, 0, time.Hour); !errors.Is(err, token.ErrRevoked) {
		t.Errorf("rolling a revoked token: %v", err)
	}
	var recorded string
	if err := f.database.Pool.QueryRow(t.Context(), `SELECT string_agg(what, ' ' ORDER BY action_id) FROM jazzhr.actions
		WHERE who = 'command line' AND target = $1`, made.ID.String()).Scan(&recorded); err != nil ||
		recorded != "make_token roll_token roll_token roll_token revoke_token" {
		t.Errorf("recorded: %q, %v", recorded, err)
	}
}

// TestRollOutlivesNothing holds that an old secret lives no longer than it would have, nor than the
// new one.
func TestRollOutlivesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, after time.Duration }{
		"the token would have expired": {time.Hour, 100 * time.Hour},
		"the new secret expires":       {100 * time.Hour, time.Hour},
	} {
		f := start(t)
		d := reader()
		d.Lifetime = test.before
		made, first := f.make(d)
		rolled, _, err := f.Roll(t.Context(), operator, made.ID, 24*time.Hour, test.after)
		if err != nil {
			t.Fatal(err)
		}
		if ends := rolled.Previous.ExpiresAt; ends.After(*made.ExpiresAt) || ends.After(*rolled.ExpiresAt) {
			t.Errorf("%s: the old secret ends at %s", name, ends)
		}
		f.want(name+", before", first, nil)
		dbtest.OffsetClock(t, f.database, time.Hour)
		if _, err := f.Verify(t.Context(), first.Reveal()); err == nil {
			t.Errorf("%s: the old secret lives on", name)
		}
	}
}

// TestUse holds when the use of a token is written.
func TestUse(t *testing.T) {
	t.Parallel()
	f := start(t)
	made, first := f.make(reader())
	f.want("a token", first, nil)
	used := f.flushed().LastUsedAt
	if used == nil {
		t.Fatal("the first use was not written")
	}
	dbtest.OffsetClock(t, f.database, 59*time.Second)
	f.want("a token", first, nil)
	if again := f.flushed().LastUsedAt; !again.Equal(*used) {
		t.Errorf("written again after %s", again.Sub(*used))
	}
	dbtest.OffsetClock(t, f.database, 61*time.Second)
	f.want("a token", first, nil)
	if again := f.flushed().LastUsedAt; again.Sub(*used) < time.Minute {
		t.Errorf("not written after a minute: %s", again.Sub(*used))
	}

	if _, _, err := f.Roll(t.Context(), operator, made.ID, time.Hour, 0); err != nil {
		t.Fatal(err)
	}
	if previous := f.flushed().Previous; previous == nil || previous.LastUsedAt != nil {
		t.Errorf("an old secret that was not used since: %+v", previous)
	}
	f.want("the old secret", first, nil)
	if previous := f.flushed().Previous; previous == nil || previous.LastUsedAt == nil {
		t.Errorf("an old secret that is in use: %+v", previous)
	}
}

// TestUseOfManyProcesses holds that processes that see a token at the same moment write its use once.
func TestUseOfManyProcesses(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, secret := f.make(reader())
	f.want("in one process", secret, nil)
	one := f.Service
	f.use(f.keyset)
	f.want("in another process", secret, nil)
	if err := one.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	used := f.one().LastUsedAt
	dbtest.OffsetClock(t, f.database, 10*time.Second)
	if again := f.flushed().LastUsedAt; used == nil || !again.Equal(*used) {
		t.Errorf("written at %v, and again at %s", used, again)
	}
}

// TestRun holds that what is gathered when a process ends is written.
func TestRun(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, secret := f.make(reader())
	f.want("a token", secret, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Run(ctx)
	if f.one().LastUsedAt == nil {
		t.Error("the use was not written")
	}
}

// TestRotation holds that a token outlives the sealing key that it was hashed under, if it is used in
// between.
func TestRotation(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, secret := f.make(reader())
	stale := func(want int64) {
		t.Helper()
		if n, err := f.StaleHashes(t.Context()); err != nil || n != want {
			t.Errorf("%d tokens are hashed under an older key, want %d, %v", n, want, err)
		}
	}
	stale(0)
	next := func(change func(string) (string, error)) {
		t.Helper()
		keyset, err := change(f.keyset)
		if err != nil {
			t.Fatal(err)
		}
		f.use(keyset)
	}
	next(tenant.AddKey)
	f.want("after a key was added", secret, nil)
	f.flushed()
	stale(0)
	next(tenant.Promote)
	stale(1)
	f.want("after it was promoted", secret, nil)
	f.flushed()
	stale(0)
	f.want("hashed anew", secret, nil)

	other, err := tenant.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	f.use(other)
	f.want("with another keyset", secret, token.ErrUnknown)
}
