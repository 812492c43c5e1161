package web_test

import (
	"net/http"
	"testing"

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
	for _, test := range []struct {
		name, id string
		most     int
	}{
		{"new", "uuid-2", 6}, // receiver, begin, webhook, job, its notice where River sends one, commit
		{"new again", "uuid-3", 6},
		{"repeat", "uuid-3", 11}, // receiver; begin, webhook, commit; and then alone
	} {
		n, statements := trips.Of(func() { s.export(tenant, test.id, exportBody).want(http.StatusOK) })
		if n > test.most {
			t.Errorf("%s: %d trips, at most %d: %q", test.name, n, test.most, statements)
		}
		t.Logf("%s: %d trips", test.name, n)
	}
}
