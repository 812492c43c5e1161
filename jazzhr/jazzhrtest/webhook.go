package jazzhrtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// Errors of the webhook.
var (
	// ErrNotVerified means that the receiver did not answer VERIFY with exactly 200. So the
	// integration is not finalised.
	ErrNotVerified = errors.New("the integration is not verified")
	// ErrNotReceived means that the receiver did not answer an export with 2xx.
	ErrNotReceived = errors.New("the webhook was not received")
	// ErrUnknownDelivery means that no export has this UUID.
	ErrUnknownDelivery = errors.New("unknown delivery")
)

// Integration is what a customer enters under Settings, Integrations, Candidate Export
// Integrations.
type Integration struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Verification is the result of the integration's VERIFY.
type Verification struct {
	Verified bool      `json:"verified"`
	At       time.Time `json:"at"`
	Problem  string    `json:"problem,omitempty"` // why the integration is not verified
}

// Delivery is one webhook request.
type Delivery struct {
	UUID        string
	Event       string
	ApplicantID string // for an export
	JobID       string // for an export; "" means all of the applicant's jobs
	Header      http.Header
	Body        []byte
	At          time.Time // time of the last attempt
	Attempts    int
	Status      int    // status of the last answer, 0 without an answer
	Problem     string // why there was no answer
	Lost        bool   // never sent, because of Settings.LoseExports
}

// Received reports whether JazzHR takes the webhook as received. JazzHR does so for any 2xx.
func (d Delivery) Received() bool { return d.Lost || d.Status/100 == 2 }

// webhookTimeout limits one webhook request. JazzHR documents no limit.
const webhookTimeout = 30 * time.Second

// webhookClient returns the client that sends webhooks. Like JazzHR, it does not follow redirects.
func webhookClient() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute}
	return &http.Client{
		Timeout:       webhookTimeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Integration returns the saved integration, if any, and its verification.
func (a *Account) Integration() (Integration, Verification) {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	return a.integration, a.verification
}

// SaveIntegration saves the integration in place of any other, and sends VERIFY. If the answer is
// not exactly 200, the error is [ErrNotVerified] and nothing can be exported.
func (a *Account) SaveIntegration(ctx context.Context, in Integration) error {
	s := a.sim
	s.mu.Lock()
	a.integration, a.verification = in, Verification{}
	d := Delivery{Event: jazzhr.EventVerify, Header: make(http.Header), Body: []byte(jazzhr.VerifyBody)}
	if a.settings.VerifyUUID {
		d.UUID = newUUID()
	}
	s.unlockChanged()

	s.send(ctx, in, &d)
	v := Verification{Verified: d.Status == http.StatusOK, At: d.At, Problem: d.Problem}
	if !v.Verified && v.Problem == "" {
		v.Problem = fmt.Sprintf("it answered %d instead of 200", d.Status)
	}
	s.mu.Lock()
	defer s.unlockChanged()
	if a.integration == in { // no other integration was saved meanwhile
		a.verification = v
	}
	a.deliveries = append(a.deliveries, &d)
	if !v.Verified {
		return fmt.Errorf("save integration: %w: %s", ErrNotVerified, v.Problem)
	}
	return nil
}

// Export sends an applicant to the integration, like the export button. jobID selects one job of
// the applicant, "" all of them. If the answer is not 2xx, the error is [ErrNotReceived], and the
// delivery is returned too.
func (a *Account) Export(ctx context.Context, applicantID, jobID string) (Delivery, error) {
	s := a.sim
	s.mu.Lock()
	d, in, err := a.newExport(applicantID, jobID)
	if err == nil {
		a.deliveries = append(a.deliveries, d)
	}
	s.mu.Unlock()
	if err != nil {
		return Delivery{}, fmt.Errorf("export: %w", err)
	}
	return a.deliver(ctx, in, d)
}

// Redeliver sends an export again: the same bytes with the same UUID. It returns the same errors as
// Export.
func (a *Account) Redeliver(ctx context.Context, id string) (Delivery, error) {
	s := a.sim
	s.mu.Lock()
	in := a.integration
	for _, d := range a.deliveries {
		if d.UUID == id && d.Event == jazzhr.EventCandidateExport {
			s.mu.Unlock()
			return a.deliver(ctx, in, d)
		}
	}
	s.mu.Unlock()
	return Delivery{}, fmt.Errorf("redeliver: %w", ErrUnknownDelivery)
}

// Deliveries returns all webhook requests in order, including VERIFY.
func (a *Account) Deliveries() []Delivery {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	out := make([]Delivery, len(a.deliveries))
	for i, d := range a.deliveries {
		out[i] = *d
	}
	return out
}

// newExport returns the webhook request of an export. The caller holds the lock.
func (a *Account) newExport(applicantID, jobID string) (*Delivery, Integration, error) {
	p := a.applicant[applicantID]
	if p == nil {
		return nil, Integration{}, ErrUnknownApplicant
	}
	var links []*link
	for _, l := range p.links {
		if jobID == "" || l.JobID == jobID {
			links = append(links, l)
		}
	}
	if jobID != "" && len(links) == 0 {
		return nil, Integration{}, ErrUnknownLink
	}
	if !a.verification.Verified {
		return nil, Integration{}, ErrNotVerified
	}
	d := &Delivery{
		UUID: newUUID(), Event: jazzhr.EventCandidateExport, ApplicantID: applicantID, JobID: jobID,
		Header: make(http.Header), Body: phpJSON(a.newPayload(p, links)),
		Lost: a.settings.LoseExports,
	}
	d.Header.Set(jazzhr.HeaderLink, fmt.Sprintf("https://app.jazz.co/app/v2/candidate/%d", p.Number))
	if context := a.exportContext(links); context != "" {
		d.Header.Set(jazzhr.HeaderExportContext, context)
	}
	return d, a.integration, nil
}

// exportContext returns the header that refers to the job, or "" if the account sends none.
func (a *Account) exportContext(links []*link) string {
	if len(links) == 0 {
		return ""
	}
	switch a.settings.ExportContext {
	case ContextJobID:
		return links[0].JobID
	case ContextBoardCode:
		return a.jobByID[links[0].JobID].BoardCode
	default:
		return ""
	}
}

// deliver sends a recorded delivery and records the result.
func (a *Account) deliver(ctx context.Context, in Integration, recorded *Delivery) (Delivery, error) {
	s := a.sim
	s.mu.Lock()
	d := *recorded
	d.Header = recorded.Header.Clone()
	s.mu.Unlock()
	if !d.Lost {
		s.send(ctx, in, &d)
	}
	s.mu.Lock()
	recorded.Header, recorded.At, recorded.Status, recorded.Problem = d.Header, d.At, d.Status, d.Problem
	recorded.Attempts++
	d.Attempts = recorded.Attempts
	s.unlockChanged()
	if !d.Received() {
		return d, fmt.Errorf("export: %w: status %d %s", ErrNotReceived, d.Status, d.Problem)
	}
	return d, nil
}

// send sends the request and sets the delivery's time, status and problem. The caller does not hold
// the lock.
func (s *Sim) send(ctx context.Context, in Integration, d *Delivery) {
	d.At, d.Status, d.Problem = s.now(), 0, ""
	d.Header.Set("User-Agent", jazzhr.UserAgent)
	d.Header.Set("Content-Type", typeJSON)
	d.Header.Set(jazzhr.HeaderEvent, d.Event)
	d.Header.Set(jazzhr.HeaderSignature, jazzhr.Sign(in.Secret, d.Body))
	if d.UUID != "" {
		d.Header.Set(jazzhr.HeaderUUID, d.UUID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, in.URL, bytes.NewReader(d.Body))
	if err != nil {
		d.Problem = "the address is not valid"
		return
	}
	req.Header = d.Header.Clone()
	res, err := s.client.Do(req) //nolint:gosec // the address is the one that the account was given, as in JazzHR
	if err != nil {
		d.Problem = problem(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // lets the connection be used again
	d.Status = res.StatusCode
}

// problem returns an error's text without the address, which holds the receiver's token.
func problem(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return err.Error()
}

// newUUID returns the id of a request. It does not use the simulator's seed, because receivers
// remember ids for longer than a simulator runs.
func newUUID() string { return uuid.NewString() }
