//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

const (
	demoCustomer = "Harbour & Pine"
	demoExternal = "demo"
	// storyTimeout bounds the wait for the note; it takes a second or two.
	storyTimeout = time.Minute
	// storyEvents is more than the events of the story, some of which nobody waits for.
	storyEvents = 64
)

// demoTenant is a tenant as the API shows it, as far as the story needs it.
type demoTenant struct {
	ID     uuid.UUID `json:"id"`
	State  string    `json:"state"`
	Reason string    `json:"reason"`
}

// demoConnection is the answer to PUT …/connection.
type demoConnection struct {
	State         string `json:"state"`
	WebhookURL    string `json:"webhook_url"`
	WebhookSecret string `json:"webhook_secret"`
	JobsSeen      int    `json:"jobs_seen"`
}

// playStory does what a user would do, through the API, and returns the candidate that was written
// about, if any.
func (d *demo) playStory(ctx context.Context) (*jazzhrtest.Applicant, error) {
	client := newAPIClient(d.address, d.secrets.APIToken)
	defer client.close()
	var t demoTenant
	status, err := client.call(ctx, "POST", "/v1/tenants",
		map[string]string{"name": demoCustomer, "external_id": demoExternal, "region": d.config.Region}, &t)
	if err != nil {
		return nil, fmt.Errorf("create the demo's tenant: %w", err)
	}
	if status == 201 {
		d.story.Info("1. tenant created", "name", demoCustomer, "id", t.ID)
	} else {
		d.story.Info("1. tenant found again", "name", demoCustomer, "state", t.State)
	}
	if err := d.connect(ctx, client, t.ID); err != nil {
		return nil, err
	}
	if err := d.prepareNew(ctx, client); err != nil {
		return nil, err
	}
	if _, err := client.call(ctx, "GET", "/v1/tenants/"+t.ID.String(), nil, &t); err != nil {
		return nil, fmt.Errorf("read the demo's tenant: %w", err)
	}
	if t.State != "active" {
		d.story.Warn("the tenant is not active, so nothing is exported", "state", t.State, "reason", t.Reason)
		return nil, nil
	}
	return d.export(ctx)
}

// connect gives the tenant its key, and the simulator the webhook, unless they have them.
func (d *demo) connect(ctx context.Context, client *apiClient, id uuid.UUID) error {
	path := "/v1/tenants/" + id.String() + "/connection"
	var connection demoConnection
	_, err := client.call(ctx, "PUT", path, map[string]string{"api_key": d.secrets.JazzHRKey}, &connection)
	if refused, ok := errors.AsType[*apiError](err); ok && refused.Code == "different_account" {
		return errors.New("the simulator's data is not that of the database any more; \"make clean\" begins anew")
	}
	if err != nil {
		return fmt.Errorf("connect the demo's tenant: %w", err)
	}
	d.story.Info("2. JazzHR API key tested with GET /jobs and stored sealed", "jobs_seen", connection.JobsSeen)

	saved, verification := d.account().Integration()
	if connection.WebhookSecret == "" && verification.Verified && saved.URL == connection.WebhookURL {
		d.story.Info("3. the webhook is set up and verified from before")
		return nil
	}
	secret := connection.WebhookSecret
	if secret == "" {
		secret = saved.Secret
	}
	if secret == "" {
		var minted struct {
			WebhookSecret string `json:"webhook_secret"`
		}
		if _, err := client.call(ctx, "POST", path+"/secret", map[string]bool{"revoke_old": true}, &minted); err != nil {
			return fmt.Errorf("mint a webhook secret: %w", err)
		}
		secret = minted.WebhookSecret
	}
	d.story.Info("3. webhook address and secret saved in JazzHR, under Settings, Integrations")
	in := jazzhrtest.Integration{Name: "Intrvio", URL: connection.WebhookURL, Secret: secret}
	if err := d.account().SaveIntegration(ctx, in); err != nil {
		return err
	}
	d.story.Info("4. VERIFY sent and verified: the connection works")
	return nil
}

// export sends a candidate who has no note yet, and waits for the note.
func (d *demo) export(ctx context.Context) (*jazzhrtest.Applicant, error) {
	account := d.account()
	var candidate *jazzhrtest.Applicant
	for _, applicant := range account.Applicants() {
		if len(account.Notes(applicant.ID)) == 0 {
			candidate = &applicant
			break
		}
	}
	if candidate == nil {
		d.story.Info("5. every candidate has a note already; add one on the simulator's page")
		return nil, nil
	}
	d.story.Info("5. exporting a candidate", "candidate", candidate.FirstName+" "+candidate.LastName)
	began := time.Now()
	if _, err := account.Export(ctx, candidate.ID, ""); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storyTimeout)
	defer cancel()
	result, err := d.result(ctx, candidate.Email)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		d.story.Warn("the note is not there yet; River UI shows what is going on")
		return nil, nil
	case err != nil:
		return nil, err
	case result.Type != intrvio.WritebackCompleted:
		d.story.Warn("the writeback did not complete", "event", result.Type)
		return nil, nil
	}
	d.story.Info("done: from export to note", "took", time.Since(began).Round(10*time.Millisecond))
	return candidate, nil
}

// result waits for the end of the writeback that the export of a person leads to, from what
// reportEvent has reported.
func (d *demo) result(ctx context.Context, email string) (intrvio.Envelope, error) {
	var interview string
	for {
		select {
		case <-ctx.Done():
			return intrvio.Envelope{}, ctx.Err()
		case event := <-d.events:
			if request, err := intrvio.Decode[intrvio.InterviewRequest](event); err == nil && strings.EqualFold(request.Candidate.Email, email) {
				interview = "interview_" + request.RequestID.String()
			}
			if result, err := intrvio.Decode[intrvio.WritebackResult](event); err == nil && result.InterviewID == interview {
				return event, nil
			}
		}
	}
}

// conclude says where to look and how to go on.
func (d *demo) conclude(last *jazzhrtest.Applicant) error {
	account, newAccount := d.page+"/accounts/"+d.account().ID(), d.page+"/accounts/"+d.newAccount().ID()
	var b strings.Builder
	line := func(name, text string) { fmt.Fprintf(&b, "  %-18s%s\n", name, text) }
	fmt.Fprintf(&b, "\nReady after %s.\n\n", time.Since(d.started).Round(100*time.Millisecond))
	line("console", d.address+"/console/")
	token := "your ADMIN_TOKEN"
	if d.ownToken() {
		token = d.secrets.AdminToken + "  (of this demo; it signs in, and opens the API as a Bearer token)"
	}
	line("admin token", token)
	line("River UI", d.address+"/console/river/")
	line("API", d.address+"/v1/tenants")
	line("JazzHR simulator", account)
	if last != nil {
		line("the note", account+"/candidates/"+last.ID)
	}
	if d.connected {
		fmt.Fprintf(&b, "\n%s, whom you connected, changes key and settings here:\n\n", demoNewCustomer)
		line("manage link", d.link)
	} else {
		fmt.Fprintf(&b, "\nConnect another customer, %s, as its administrator does. Its JazzHR is in the simulator:\nsave address and secret there, and it sends VERIFY.\n\n", demoNewCustomer)
		line("connect link", d.link)
	}
	line("its API key", d.newAccount().Key())
	line("its settings", newAccount+"/settings")
	b.WriteString("\nCandidates apply and are exported by themselves now and then. Press Export on one in the simulator: its note\nfollows within seconds. Ctrl-C stops everything.\n\n")
	_, err := fmt.Fprint(d.out, b.String())
	return err
}
