package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// TestWebhookTrips holds how often a webhook waits for the database, so that no wait creeps in.
func TestWebhookTrips(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, trips := database.Counted(t)
	s := startOn(t, pool)
	s.database = database
	tenant := s.activate()
	s.export(tenant, "uuid-1", exportBody).want(http.StatusOK) // its secret is used from now on
	next := func() { s.export(tenant, uuid.NewString(), exportBody).want(http.StatusOK) }
	trips.Hold(t, 6, next) // receiver, begin, webhook, job, its notice where River sends one, commit
	// Receiver; begin, webhook, commit; and then alone.
	trips.Hold(t, 11, func() { s.export(tenant, "uuid-1", exportBody).want(http.StatusOK) })
}
