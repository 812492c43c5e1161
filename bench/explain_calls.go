package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// callers call the service as Intrvio's backend, an operator and JazzHR do, and count the answers.
type callers struct {
	p          *process
	http       *http.Client
	all        *tenantSet
	writebacks []writebackRef
	attention  []writebackRef
	calls      atomic.Int64
	connected  atomic.Int64
	mu         sync.Mutex
	statuses   map[string]int
}

// writebackRef names a writeback that can be asked for.
type writebackRef struct {
	tenant, id uuid.UUID
	interview  string
}

func newCallers(ctx context.Context, d *database, p *process, c *tenantSet) (*callers, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	k := &callers{p: p, http: &http.Client{Timeout: time.Minute, Jar: jar}, all: c, statuses: map[string]int{}}
	for _, ask := range []struct {
		into  *[]writebackRef
		where string
	}{
		{&k.writebacks, "TABLESAMPLE SYSTEM (1)"}, {&k.attention, "WHERE state = 'attention'"},
	} {
		rows, err := d.pool.Query(ctx,
			"SELECT tenant_id, writeback_id, interview_id FROM jazzhr.writebacks "+ask.where+" LIMIT 500")
		if err != nil {
			return nil, err
		}
		*ask.into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w writebackRef, err error) {
			return w, row.Scan(&w.tenant, &w.id, &w.interview)
		})
		if err != nil {
			return nil, err
		}
	}
	if len(k.writebacks) == 0 || len(k.attention) == 0 {
		return nil, fmt.Errorf("found %d writebacks and %d in attention to ask for", len(k.writebacks), len(k.attention))
	}
	_, err = k.call(ctx, http.MethodPost, "/console/sign-in", "token="+strings.Repeat("b", 32))
	return k, err
}

// active returns the tenants that have an account of their own in the simulator.
func (k *callers) active() *tenantSet {
	c := &tenantSet{}
	for i := 0; i < len(k.all.ids) && i/explainEach < explainAccounts; i += explainEach {
		if k.all.tokens[i] != "" {
			c.ids, c.tokens = append(c.ids, k.all.ids[i]), append(c.tokens, k.all.tokens[i])
		}
	}
	return c
}

// run makes rounds of calls until ctx ends. The three that run at once take every third round each.
func (k *callers) run(ctx context.Context, first int) {
	for round := first; ctx.Err() == nil; round += 3 {
		for _, call := range k.round(round) {
			method, rest, _ := strings.Cut(call, " ")
			path, body, _ := strings.Cut(rest, " ")
			if _, err := k.call(ctx, method, path, body); err != nil || sleep(ctx, 20*time.Millisecond) != nil {
				break
			}
		}
		if round%10 == 0 {
			k.connect(ctx)
		}
	}
}

// round returns a call of everything, each as "method path body".
func (k *callers) round(n int) []string {
	active := k.active()
	some := k.all.ids[n*7919%len(k.all.ids)]
	if n%2 == 0 { // one of the ten tenants that have most
		some = k.all.ids[n/2%10]
	}
	mine := active.ids[n%len(active.ids)]
	w, a := k.writebacks[n*31%len(k.writebacks)], k.attention[n%len(k.attention)]
	of := "/v1/tenants/" + some.String()
	after := base64.RawURLEncoding.EncodeToString(w.id[:])
	calls := []string{
		"GET /v1/tenants?limit=100",
		"GET /v1/tenants?limit=100&cursor=" + base64.RawURLEncoding.EncodeToString(some[:]),
		"GET /v1/tenants?external_id=cus_77",
		"GET " + of, "GET " + of + "/stages", "GET " + of + "/jobs", "GET " + of + "/jobs?status=open",
		"GET " + of + "/events?limit=500", "GET " + of + "/events?after=1000000", "GET " + of + "/attention",
		"GET " + of + "/writebacks", "GET " + of + "/writebacks?cursor=" + after,
		"GET " + of + "/writebacks?state=pending", "GET " + of + "/writebacks?state=attention",
		"GET " + of + "/writebacks?state=rejected",
		fmt.Sprintf("GET /v1/tenants/%s/writebacks?interview_id=%s", w.tenant, w.interview),
		fmt.Sprintf("GET /v1/tenants/%s/writebacks/%s", w.tenant, w.id),
		fmt.Sprintf("GET /v1/tenants/%s/attention", a.tenant),
		fmt.Sprintf(`POST /v1/tenants/%s/attention/%s {"decision":"%s"}`, a.tenant, a.id, []string{"abandon", "resend"}[n%2]),
		"GET /console/river/api/jobs?state=completed&limit=20", "GET /console/river/api/jobs?state=running&limit=20",
		"GET /console/river/api/jobs?state=completed&kinds=poll_activities&limit=20",
		"GET /console/river/api/states", "GET /console/river/api/queues", "GET /console/river/api/jobs/100",
		"GET /console/river/api/autocomplete?facet=job_kind&match=poll",
		"GET /console/river/api/health-checks/complete", "GET /readyz",
		"POST /webhooks/jazzhr/" + active.tokens[n%len(active.tokens)] + " {}",
		fmt.Sprintf(`PATCH %s {"name":"Customer %d"}`, of, n),
	}
	for i := range 4 {
		text, err := json.Marshal(sampleWriteback(fmt.Sprintf("%s-%d-%d", k.p.address[17:], n, i)))
		if err != nil {
			panic(err) // a struct of texts can always be encoded
		}
		calls = append(calls, fmt.Sprintf("POST /v1/tenants/%s/writebacks %s", mine, text))
	}
	if n%5 == 0 {
		mine := "/v1/tenants/" + mine.String()
		const settings = `{"settings":{"poll_interval":"1m","auto_trigger_stages":[{"stage":"Interview"},{"stage":"Offer"}]}}`
		since := func(ago time.Duration) string { return time.Now().Add(-ago).Format(time.RFC3339) }
		calls = append(calls,
			"POST "+mine+`/sync {"kind":"poll"}`, "POST "+mine+`/sync {"kind":"full"}`,
			"POST "+mine+"/pause", "POST "+mine+"/resume",
			"POST "+mine+"/connection/test {}", "PATCH "+mine+" "+settings,
			fmt.Sprintf(`POST /v1/events/redeliver {"since":%q,"tenant_id":%q}`, since(time.Hour), some),
			fmt.Sprintf(`POST /v1/events/redeliver {"since":%q}`, since(5*time.Second)))
	}
	return calls
}

// connect creates a tenant, connects it and disconnects it.
func (k *callers) connect(ctx context.Context) {
	n := int(k.connected.Add(1))
	text, err := k.call(ctx, http.MethodPost, "/v1/tenants",
		fmt.Sprintf(`{"name":"New","region":"us","external_id":"new_%s_%d"}`, uuid.New(), n))
	var made struct {
		ID string `json:"id"`
	}
	if err != nil || json.Unmarshal(text, &made) != nil || made.ID == "" {
		return
	}
	of := "/v1/tenants/" + made.ID
	for _, call := range []struct{ method, path, body string }{
		{http.MethodPut, "/connection", fmt.Sprintf(`{"api_key":%q}`, keyOf(explainAccounts-1-n%50))},
		{http.MethodPost, "/connection/secret", "{}"},
		{http.MethodDelete, "/connection", ""},
	} {
		_, _ = k.call(ctx, call.method, of+call.path, call.body) // call counts the answer
	}
}

// call makes a call and counts the answer by its status.
func (k *callers) call(ctx context.Context, method, path, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, k.p.address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.Repeat("b", 32))
	request.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(path, "/sign-in") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.HasPrefix(path, "/webhooks/") { // from somebody who does not know the secret
		request.Header.Set("X-JazzHR-Event", "CANDIDATE-EXPORT")
		request.Header.Set("X-JazzHR-Signature", strings.Repeat("0", 64))
	}
	response, err := k.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	k.calls.Add(1)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.statuses[method+" "+route(path)+" "+response.Status[:3]]++
	return text, err
}

// route returns the path of a URL with IDs and tokens replaced by asterisks.
func route(path string) string {
	parsed, err := url.Parse(path)
	if err != nil {
		return "?"
	}
	parts := strings.Split(parsed.Path, "/")
	for i, part := range parts {
		if len(part) == 36 || i > 0 && parts[i-1] == "jazzhr" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// answers returns a text that counts the failed calls of each kind.
func (k *callers) answers() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var failed []string
	for call, n := range k.statuses {
		if status := call[len(call)-3:]; status >= "400" {
			failed = append(failed, fmt.Sprintf("%d × %s", n, call))
		}
	}
	return fmt.Sprintf("%d kinds of answers; failed: %s", len(k.statuses), strings.Join(failed, ", "))
}
