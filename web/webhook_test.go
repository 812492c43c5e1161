package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

const exportBody = `{"candidate":{"person":{"id":{"value":"39011522"},"name":{"given":"Kenny","family":"Jonesworth"},` +
	`"gender":"No Answer"},"profiles":[{"associatedPositionOpenings":[{"positionTitle":"Welder",` +
	`"positionUri":"https:\/\/acme.applytojob.com\/apply\/tZqAHP6nnh\/Welder"}]}]}}`

// export sends a candidate export signed with the tenant's secret. An empty id sends none.
func (s *service) export(to webtest.Account, id, body string, header ...string) webtest.Answer {
	s.T.Helper()
	header = append([]string{
		"X-JazzHR-Event", jazzhr.EventCandidateExport,
		"X-JazzHR-Signature", jazzhr.Sign(to.Secret, []byte(body)), "User-Agent", jazzhr.UserAgent,
	}, header...)
	if id != "" {
		header = append(header, "X-JazzHR-UUID", id)
	}
	return s.Send("POST", to.Webhook, []byte(body), header...)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	verify := func() webtest.Answer {
		return s.Send("POST", tenant.Webhook, []byte(jazzhr.VerifyBody), "X-JazzHR-Event", "VERIFY",
			"X-JazzHR-Signature", jazzhr.Sign(tenant.Secret, []byte(jazzhr.VerifyBody)))
	}
	for range 2 {
		if got := verify().Want(http.StatusOK).Text("result"); got != "verified" {
			t.Errorf("result %s", got)
		}
	}
	if state := s.API("GET", tenant.Path, "").Text("state"); state != "active" {
		t.Errorf("state %s", state)
	}
	s.WantCount(0, "webhooks")
	s.WantCount(1, "events WHERE type = 'connection.verified'")
	s.WantCount(1, "river_job WHERE kind = 'deliver_event'")
}

// TestSimulatedJazzHR runs the five steps of a connection as JazzHR goes through them, and an
// export.
func TestSimulatedJazzHR(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	tenant.JazzHR.Configure(func(settings *jazzhrtest.Settings) { settings.ExportContext = jazzhrtest.ContextJobID })
	job := tenant.JazzHR.Jobs()[0]
	person := tenant.JazzHR.AddApplicant(jazzhrtest.Applicant{FirstName: "Kenny", LastName: "Jones", Email: "k@example.com"}, job.ID)
	delivery, err := tenant.JazzHR.Export(t.Context(), person.ID, job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.JazzHR.Redeliver(t.Context(), delivery.UUID); err != nil {
		t.Fatal(err)
	}
	s.WantCount(1, "webhooks WHERE state = 'pending' AND admitted_at IS NOT NULL AND export_context = $1", job.ID)
	s.WantCount(1, "river_job WHERE kind = 'resolve_export'")

	var body, headers []byte
	if err := s.Pool.QueryRow(t.Context(), "SELECT body, headers FROM jazzhr.webhooks").Scan(&body, &headers); err != nil {
		t.Fatal(err)
	}
	if string(body) != string(delivery.Body) {
		t.Errorf("kept %s, want %s", body, delivery.Body)
	}
	var kept map[string]string
	if err := json.Unmarshal(headers, &kept); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Link", "User-Agent", "X-JazzHR-Event", "X-JazzHR-UUID", "X-JazzHR-Export-Context"} {
		if kept[name] == "" {
			t.Errorf("header %s was not kept", name)
		}
	}
	if len(kept) != 5 {
		t.Errorf("kept headers %v", kept)
	}
}

func TestExportVerifies(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	if state := s.API("GET", tenant.Path, "").Text("state"); state != "active" {
		t.Errorf("state %s", state)
	}
}

// TestExportOnce sends the same export many times at the same moment.
func TestExportOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, id := range map[string]string{"by UUID": "uuid-1", "by hash": ""} {
		tenant := s.Activate()
		results := map[string]int{}
		var mu sync.Mutex
		var wait sync.WaitGroup
		for range 12 {
			wait.Go(func() {
				got := s.export(tenant, id, exportBody)
				mu.Lock()
				defer mu.Unlock()
				if got.Status != http.StatusOK {
					t.Errorf("%s: status %d: %s", name, got.Status, got.Body)
				}
				results[got.Text("result")]++
			})
		}
		wait.Wait()
		if results["new"] != 1 || results["repeat"] != 11 {
			t.Errorf("%s: %v", name, results)
		}
		s.WantCount(1, "webhooks WHERE tenant_id = $1", tenant.ID)
		s.WantCount(1, "river_job WHERE kind = 'resolve_export' AND args ->> 'tenant_id' = $1::text", tenant.ID.String())
		s.API("DELETE", tenant.Path+"/connection", "").Want(http.StatusOK)
	}
}

// TestClientHangsUp has JazzHR lose patience while its export waits for a lock.
func TestClientHangsUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	lock, err := s.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(t.Context()) }()
	if _, err := lock.Exec(t.Context(), "LOCK TABLE jazzhr.webhooks IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "POST", s.URL+tenant.Webhook, strings.NewReader(exportBody))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-JazzHR-Event", jazzhr.EventCandidateExport)
	req.Header.Set("X-JazzHR-Signature", jazzhr.Sign(tenant.Secret, []byte(exportBody)))
	done := make(chan error, 1)
	go func() {
		resp, err := s.Client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		done <- err
	}()
	s.untilWaiting("count(*)")
	hangUp()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client got %v", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for s.Count("webhooks WHERE state = 'pending'") == 0 {
		if strings.Contains(s.Logs.String(), `"code":"client_closed_request"`) {
			t.Fatal("the export was dropped")
		}
	}
	s.WantCount(1, "river_job WHERE kind = 'resolve_export'")
}

func TestUUIDReusedForOtherBytes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	other := strings.Replace(exportBody, "Kenny", "Kenneth", 1)
	for range 2 {
		if got := s.export(tenant, "uuid-1", other).Want(http.StatusOK).Text("result"); got != "conflict" {
			t.Errorf("result %s", got)
		}
	}
	s.WantCount(1, "webhooks WHERE state = 'attention' AND problem = 'conflict' AND body IS NOT NULL")
	s.WantCount(1, "river_job WHERE kind = 'resolve_export'")
	if n := s.API("GET", tenant.Path, "").Get("attention.webhooks"); n != 1.0 {
		t.Errorf("%v need attention", n)
	}
}

func TestHashServesForThreeHours(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.export(tenant, "", exportBody).Want(http.StatusOK)
	dbtest.OffsetClock(t, s.Database, 2*time.Hour+59*time.Minute)
	s.export(tenant, "", exportBody).Want(http.StatusOK)
	s.WantCount(1, "webhooks")
	dbtest.OffsetClock(t, s.Database, 3*time.Hour+time.Minute)
	if got := s.export(tenant, "", exportBody).Want(http.StatusOK).Text("result"); got != "new" {
		t.Errorf("after 3 hours the result is %s", got)
	}
	s.WantCount(2, "webhooks")
	s.WantCount(2, "river_job WHERE kind = 'resolve_export'")
}

func TestUnreadableIsKept(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	for id, body := range map[string]string{"a": `{"no":"candidate"}`, "b": `{"candidate"`, "c": "", "d": "\x00\xff"} {
		if got := s.export(tenant, id, body).Want(http.StatusOK).Text("result"); got != "unreadable" {
			t.Errorf("%q: result %s", body, got)
		}
	}
	// An event that is not known, in a header that Postgres can't take as it is.
	s.Send("POST", tenant.Webhook, []byte(exportBody), "X-JazzHR-Event", "CANDIDATE-\xff",
		"X-JazzHR-UUID", strings.Repeat("\xfe", 5000), "X-JazzHR-Export-Context", "\xff",
		"X-JazzHR-Signature", jazzhr.Sign(tenant.Secret, []byte(exportBody))).Want(http.StatusOK)
	s.WantCount(5, "webhooks WHERE state = 'attention' AND problem = 'unreadable'")
	s.WantCount(0, "river_job WHERE kind = 'resolve_export'")
}

func TestRefusedWebhooks(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	right := jazzhr.Sign(tenant.Secret, []byte(exportBody))
	s.Send("POST", "/webhooks/jazzhr/unknown-token", []byte(exportBody), "X-JazzHR-Signature", right).WantError(web.CodeNotFound, "")
	large := []byte(strings.Repeat(" ", 5<<20+1))
	for i, test := range []struct {
		name, signature, reason string
		body                    []byte
		code                    web.Code
	}{
		{"none", "", "missing_signature", []byte(exportBody), web.CodeWrongSignature},
		{"of other bytes", right, "wrong_signature", []byte(exportBody + " "), web.CodeWrongSignature},
		{"of another secret", jazzhr.Sign("secret", []byte(exportBody)), "wrong_signature", []byte(exportBody), web.CodeWrongSignature},
		{"of no secret", jazzhr.Sign("", []byte(exportBody)), "wrong_signature", []byte(exportBody), web.CodeWrongSignature},
		{"no hex", "signature", "wrong_signature", []byte(exportBody), web.CodeWrongSignature},
		{"cut short", right[:40], "wrong_signature", []byte(exportBody), web.CodeWrongSignature},
		{"too large", jazzhr.Sign(tenant.Secret, large), "too_large", large, web.CodeTooLarge},
	} {
		header := []string{"X-JazzHR-Event", "VERIFY"}
		if test.signature != "" {
			header = append(header, "X-JazzHR-Signature", test.signature)
		}
		s.Send("POST", tenant.Webhook, test.body, header...).WantError(test.code, "")
		shown := s.API("GET", tenant.Path, "")
		for deadline := time.Now().Add(time.Minute); shown.Get("last_refused_webhook.count") != float64(i+1) && time.Now().Before(deadline); {
			shown = s.API("GET", tenant.Path, "") // they are counted once a second
		}
		if shown.Text("last_refused_webhook.reason") != test.reason || shown.Get("last_refused_webhook.count") != float64(i+1) {
			t.Errorf("%s: %v", test.name, shown.Get("last_refused_webhook"))
		}
	}
	if state := s.API("GET", tenant.Path, "").Text("state"); state != "awaiting_verify" {
		t.Errorf("state %s", state)
	}
	s.WantCount(0, "webhooks")
	// The largest that is taken.
	s.export(tenant, "uuid-1", exportBody+strings.Repeat(" ", 5<<20-len(exportBody))).Want(http.StatusOK)
}

// TestOverload has the memory for webhooks taken: what comes then is sent away, and welcome again
// when there is room.
func TestOverload(t *testing.T) {
	t.Parallel()
	var intake *intake.Intake
	s := start(t, func(c *web.Config) { intake = c.Intake })
	tenant := s.Activate()
	var taken []interface{ Release() }
	for range 1000 {
		room := intake.Room(uuid.New(), netip.AddrFrom4([4]byte{192, 0, 2, byte(len(taken))}))
		if err := room.Grow(1 << 20); err != nil {
			break
		}
		taken = append(taken, room)
	}
	if len(taken) == 1000 {
		t.Fatal("there is no bound")
	}
	large := exportBody + strings.Repeat(" ", 1<<20)
	refused := s.export(tenant, "uuid-1", large).WantError(web.CodeOverloaded, "")
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.WantCount(0, "webhooks")
	for _, room := range taken {
		room.Release()
	}
	s.export(tenant, "uuid-1", large).Want(http.StatusOK)
}

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	rotate := func(body string) webtest.Account {
		t.Helper()
		next := tenant
		next.Secret = s.API("POST", tenant.Path+"/connection/secret", body).Want(http.StatusOK).Text("webhook_secret")
		return next
	}
	next := rotate("")
	// The old secret serves for as long as the new one was not used.
	dbtest.OffsetClock(t, s.Database, 100*time.Hour)
	s.export(tenant, "1", exportBody).Want(http.StatusOK)
	s.export(next, "2", exportBody).Want(http.StatusOK)
	dbtest.OffsetClock(t, s.Database, 123*time.Hour)
	s.export(tenant, "3", exportBody).Want(http.StatusOK)
	dbtest.OffsetClock(t, s.Database, 124*time.Hour+time.Minute)
	s.export(tenant, "4", exportBody).WantError(web.CodeWrongSignature, "")
	s.export(next, "5", exportBody).Want(http.StatusOK)

	last := rotate(`{"revoke_old":true}`)
	s.export(next, "6", exportBody).WantError(web.CodeWrongSignature, "")
	s.export(last, "7", exportBody).Want(http.StatusOK)
}
