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
	// ErrNotVerified means that the address did not answer VERIFY with exactly
	// 200, so that the integration is not finalised.
	ErrNotVerified = errors.New("the integration is not verified")
	// ErrNotReceived means that the address did not answer an export with 2xx.
	ErrNotReceived = errors.New("the webhook was not received")
	// ErrUnknownDelivery means that no export with that UUID was sent.
	ErrUnknownDelivery = errors.New("unknown delivery")
)

// Integration is what a customer enters under Settings, Integrations,
// Candidate Export Integrations.
type Integration struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Verification is what became of the integration's VERIFY.
type Verification struct {
	Verified bool      `json:"verified"`
	At       time.Time `json:"at"`
	Problem  string    `json:"problem,omitempty"` // why it is not verified
}

// Delivery is one webhook request.
type Delivery struct {
	UUID        string
	Event       string
	ApplicantID string // of an export
	JobID       string // of an export, "" if the applicant is in none
	Header      http.Header
	Body        []byte
	At          time.Time // of the last attempt
	Attempts    int
	Status      int    // of the last answer, 0 without one
	Problem     string // why there was none
	Lost        bool   // by Settings.LoseExports: never sent
}

// Received reports whether JazzHR takes the webhook as received: any 2xx.
func (d Delivery) Received() bool { return d.Lost || d.Status/100 == 2 }

// webhookTimeout is how long an address may take. JazzHR documents none.
const webhookTimeout = 30 * time.Second

// webhookClient sends webhooks. It takes a redirect for an answer, as JazzHR
// does.
func webhookClient() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute}
	return &http.Client{
		Timeout:       webhookTimeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Integration returns the integration that was saved, if any, and its
// verification.
func (a *Account) Integration() (Integration, Verification) {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	return a.integration, a.verification
}

// SaveIntegration saves the integration, in place of any other, and sends
// VERIFY. Unless that is answered with exactly 200 the error is ErrNotVerified
// and nothing is exported.
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
	if a.integration == in { // else another was saved meanwhile
		a.verification = v
	}
	a.deliveries = append(a.deliveries, &d)
	if !v.Verified {
		return fmt.Errorf("save integration: %w: %s", ErrNotVerified, v.Problem)
	}
	return nil
}

// Export sends an applicant to the integration, as the export button does, with
// the given job or, if jobID is "", with all the applicant is in. The error is
// ErrNotReceived unless the answer is 2xx; the delivery is returned with it.
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

// Redeliver sends an export again: the same bytes with the same UUID. Its
// errors are those of Export.
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

// Deliveries returns the webhook requests made, VERIFY among them, in order.
func (a *Account) Deliveries() []Delivery {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	out := make([]Delivery, len(a.deliveries))
	for i, d := range a.deliveries {
		out[i] = *d
	}
	return out
}

// newExport makes the request of an export. The caller holds the lock.
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

// exportContext is the header that refers to the job, if the account sends one.
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

// deliver sends a recorded delivery and records what became of it.
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

// send makes the request and sets the delivery's time, status and problem. The
// caller does not hold the lock.
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
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // so that the connection serves again
	d.Status = res.StatusCode
}

// problem is an error without the address, which holds the receiver's token.
func problem(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return err.Error()
}

// newUUID makes the id of a request. It is not of the simulator's seed: who
// receives webhooks remembers their ids for longer than a simulator runs.
func newUUID() string { return uuid.NewString() }
