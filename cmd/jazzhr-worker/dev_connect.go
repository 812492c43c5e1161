//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

const (
	// The customer whom the user connects.
	demoNewCustomer = "Nordlicht Backwaren"
	demoNewExternal = "demo-to-connect"
)

// newAccount is the account in the simulator that the user connects.
func (d *demo) newAccount() *jazzhrtest.Account { return d.sim.Account(d.secrets.NewJazzHRKey) }

// accounts are those of the demo in the simulator.
func (d *demo) accounts() []*jazzhrtest.Account {
	return []*jazzhrtest.Account{d.account(), d.newAccount()}
}

// addNewAccount adds the account that the user connects, unless it is there.
func (d *demo) addNewAccount() {
	if d.newAccount() != nil {
		return
	}
	account := d.sim.AddAccount(d.secrets.NewJazzHRKey)
	account.Configure(func(s *jazzhrtest.Settings) { s.Company = demoNewCustomer })
	baker := account.AddJob(jazzhrtest.Job{Title: "Baker, Early Shift", Department: "Bakery", City: "Hamburg"})
	account.AddJob(jazzhrtest.Job{Title: "Shop Assistant", Department: "Shops", City: "Kiel"})
	for _, person := range []jazzhrtest.Applicant{
		{FirstName: "Frauke", LastName: "Hansen", Email: "frauke.hansen@example.com"},
		{FirstName: "Emre", LastName: "Yıldız", Email: "emre.yildiz@example.com"},
	} {
		account.AddApplicant(person, baker.ID)
	}
}

// prepareNew makes the tenant that the user connects, and a link: to connect it, or to manage it if
// that is done.
func (d *demo) prepareNew(ctx context.Context, client *apiClient) error {
	var t demoTenant
	if _, err := client.call(ctx, "POST", "/v1/tenants",
		map[string]string{"name": demoNewCustomer, "external_id": demoNewExternal, "region": d.config.Region}, &t); err != nil {
		return fmt.Errorf("create the tenant to connect: %w", err)
	}
	if err := d.follow(ctx, d.newAccount()); err != nil {
		d.story.Warn("the webhook of the customer whom you connected was not verified again", "customer", demoNewCustomer)
	}
	link, err := d.makeLink(ctx, client, t.ID, "connect")
	if err != nil {
		return err
	}
	d.link, d.connected = link, false
	if t.State != "created" && t.State != "awaiting_verify" && t.State != "disconnected" {
		d.connected = true
		d.link, err = d.makeLink(ctx, client, t.ID, "manage")
	}
	return err
}

func (d *demo) makeLink(ctx context.Context, client *apiClient, tenant uuid.UUID, purpose string) (string, error) {
	var link struct {
		URL string `json:"url"`
	}
	if _, err := client.call(ctx, "POST", "/v1/tenants/"+tenant.String()+"/connect-links", map[string]string{"purpose": purpose}, &link); err != nil {
		return "", fmt.Errorf("make a connect link: %w", err)
	}
	return link.URL, nil
}

// follow saves an account's integration anew if the service listens at another address than the
// last time.
func (d *demo) follow(ctx context.Context, account *jazzhrtest.Account) error {
	saved, verification := account.Integration()
	at, err := url.Parse(saved.URL)
	now, errNow := url.Parse(d.address)
	if saved.URL == "" || !verification.Verified {
		return nil
	}
	if err := errors.Join(err, errNow); err != nil {
		return fmt.Errorf("webhook address: %w", err)
	}
	if at.Host == now.Host {
		return nil
	}
	at.Host = now.Host
	saved.URL = at.String()
	return account.SaveIntegration(ctx, saved)
}
