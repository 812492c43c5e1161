package webtest

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// Account is a tenant and its account at JazzHR.
type Account struct {
	ID      uuid.UUID           // of the tenant
	Path    string              // of the tenant in the API
	Webhook string              // the path of its webhook; empty until it is connected
	Secret  string              // the webhook's; empty until it is connected
	JazzHR  *jazzhrtest.Account // nil until it is connected
}

// NewTenant makes a tenant that is not connected.
func (s *Service) NewTenant() Account {
	s.T.Helper()
	made := s.API("POST", "/v1/tenants", `{"name":"Acme","region":"us"}`).Want(http.StatusCreated)
	id := made.Text("id")
	return Account{ID: uuid.MustParse(id), Path: "/v1/tenants/" + id}
}

// Connect makes a tenant that waits for VERIFY. Its account, which has one job, is the same for all
// tenants of a test.
func (s *Service) Connect() Account {
	s.T.Helper()
	account := s.NewTenant()
	account.JazzHR = s.JazzHR.Account(APIKey)
	if account.JazzHR == nil {
		account.JazzHR = s.JazzHR.AddAccount(APIKey)
		account.JazzHR.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	}
	connected := s.API("PUT", account.Path+"/connection", `{"api_key":"`+APIKey+`"}`).Want(http.StatusOK)
	account.Webhook = strings.TrimPrefix(connected.Text("webhook_url"), s.URL)
	account.Secret = connected.Text("webhook_secret")
	return account
}

// Activate makes a tenant that JazzHR has verified.
func (s *Service) Activate() Account {
	s.T.Helper()
	account := s.Connect()
	if err := account.JazzHR.SaveIntegration(s.T.Context(), jazzhrtest.Integration{
		Name: "Intrvio", URL: s.URL + account.Webhook, Secret: account.Secret,
	}); err != nil {
		s.T.Fatal(err)
	}
	return account
}

// Writeback returns the body of a writeback of an interview, for an applicant whose id is known.
func Writeback(interview string) string {
	return `{"interview_id":"` + interview + `","candidate":{"id":"cand-1","applicant_id":"prospect_1"},` +
		`"note":{"score":4.5,"scale":5}}`
}

// Count counts rows. from is what follows FROM jazzhr.
func (s *Service) Count(from string, args ...any) (n int) {
	s.T.Helper()
	if err := s.Pool.QueryRow(s.T.Context(), "SELECT count(*) FROM jazzhr."+from, args...).Scan(&n); err != nil {
		s.T.Fatal(err)
	}
	return n
}

// WantCount counts rows as [Service.Count] does, and marks the test as failed if they are not so
// many.
func (s *Service) WantCount(want int, from string, args ...any) {
	s.T.Helper()
	if got := s.Count(from, args...); got != want {
		s.T.Errorf("%d rows in %s, want %d", got, from, want)
	}
}

// Exec runs a statement.
func (s *Service) Exec(statement string, args ...any) {
	s.T.Helper()
	if _, err := s.Pool.Exec(s.T.Context(), statement, args...); err != nil {
		s.T.Fatal(err)
	}
}
