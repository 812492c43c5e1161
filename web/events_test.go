package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// events gives a tenant that is active a number of events, the first of which tells that.
func (s *service) events(n int) webtest.Account {
	s.T.Helper()
	tenant := s.Activate()
	s.Exec(`INSERT INTO jazzhr.events (tenant_id, sequence, event_id, type, data, deliver_until, state)
		SELECT $1, i, gen_random_uuid(), 'connection.restored', '{"state":"active"}', jazzhr.now(), 'delivered'
		FROM generate_series(2, $2::int) i`, tenant.ID, n)
	s.Exec("UPDATE jazzhr.event_counters SET last_sequence = $2 WHERE tenant_id = $1", tenant.ID, n)
	return tenant
}

func TestListEvents(t *testing.T) {
	t.Parallel()
	s := start(t)
	if none := s.API("GET", s.NewTenant().Path+"/events", "").Want(http.StatusOK); string(none.Body) != `{"items":[],"next_cursor":"0"}` {
		t.Errorf("no events: %s", none.Body)
	}
	tenant := s.events(7)
	cursor, want := "0", 1.0
	for _, count := range []int{3, 3, 1, 0} {
		page := s.API("GET", tenant.Path+"/events?limit=3&after="+cursor, "").Want(http.StatusOK)
		items := page.Get("items").([]any)
		if len(items) != count {
			t.Fatalf("%d items after %s, want %d", len(items), cursor, count)
		}
		for _, item := range items {
			if got := item.(map[string]any)["sequence"]; got != want {
				t.Fatalf("sequence %v, want %v", got, want)
			}
			want++
		}
		cursor = page.Text("next_cursor")
	}
	if cursor != "7" {
		t.Errorf("the last cursor is %s", cursor)
	}
	first := s.API("GET", tenant.Path+"/events?limit=1", "").Want(http.StatusOK)
	if first.Text("items.0.type") != "connection.verified" || first.Text("items.0.tenant_id") != tenant.ID.String() {
		t.Errorf("the first event: %s", first.Body)
	}
}

func TestEventsExpired(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.events(5)
	s.Exec("DELETE FROM jazzhr.events WHERE sequence <= 3")
	s.Exec("UPDATE jazzhr.event_counters SET purged_through = 3")
	s.API("GET", tenant.Path+"/events?after=2", "").WantError(web.CodeEventsExpired, "after")
	if got := s.API("GET", tenant.Path+"/events?after=3", "").Want(http.StatusOK); got.Text("next_cursor") != "5" {
		t.Errorf("after 3: %s", got.Body)
	}
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.events(4)
	s.Exec("UPDATE jazzhr.events SET state = 'delivered', admitted_at = NULL, created_at = jazzhr.now() - interval '1 hour' * sequence")
	at := func(hours float64) string {
		return time.Now().Add(-time.Duration(hours * float64(time.Hour))).UTC().Format(time.RFC3339Nano)
	}
	for _, test := range []struct {
		body string
		want float64
	}{
		{`{"since":"` + at(2.5) + `"}`, 2},
		{`{"since":"` + at(9) + `","until":"` + at(2.5) + `"}`, 2},
		{`{"since":"` + at(9) + `","tenant_id":"` + s.NewTenant().ID.String() + `"}`, 0},
	} {
		if got := s.API("POST", "/v1/events/redeliver", test.body).Want(http.StatusAccepted).Get("events"); got != test.want {
			t.Errorf("%s: %v events, want %v", test.body, got, test.want)
		}
	}
	s.WantCount(4, "events WHERE state = 'pending' AND admitted_at IS NULL")
	s.API("POST", "/v1/events/redeliver", `{"since":"`+at(-1)+`"}`).WantError(web.CodeInvalidRequest, "since")
}
