package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// TestWebhookTrips holds how often a webhook waits for the database, so that no wait creeps in.
func TestWebhookTrips(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, trips := database.CountTrips(t)
	s := startOn(t, pool)
	s.Database = database
	tenant := s.Activate()
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK) // its secret is used from now on
	next := func() { s.export(tenant, uuid.NewString(), exportBody).Want(http.StatusOK) }
	// The receiver; begin, the webhook, the job, the job's notice where River sends one, commit.
	trips.Hold(t, 6, next)
	// A repeated one: the receiver; begin, the webhook and commit in a group; then its own
	// transaction.
	trips.Hold(t, 11, func() { s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK) })
}

// TestTokenTrips holds that a token costs a request one trip to the database.
func TestTokenTrips(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, trips := database.CountTrips(t)
	s := startOn(t, pool)
	s.Database = database
	secret := s.token(nil, token.TokensWrite)
	list := func(secret string) func() {
		return func() { s.with(secret, "GET", "/v1/tokens", "") }
	}
	trips.Hold(t, 2, list(secret))
	trips.Hold(t, 1, list(webtest.APIToken))
	trips.Hold(t, 0, list(secret[1:]))
	trips.Hold(t, 0, list(secret+"0"))
}
