package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const databaseHelp = "\n\nNeeds DATABASE_URL."

type tenantCreateCommand struct {
	jsonFlag
	Name       string `arg:"" help:"The customer's name."`
	Region     string `required:"" enum:"us,eu" help:"The customer's region, ${enum}: that of this deployment (REGION)."`
	ExternalID string `name:"external-id" placeholder:"ID" help:"Intrvio's own id of the customer."`
}

// Help is shown by --help.
func (tenantCreateCommand) Help() string {
	return `Makes a tenant and prints it. With the external id of one that exists, and the same name and region, it prints that one.

  jazzhr-worker tenant create "Harbour & Pine" --region us --external-id c-1029` + databaseHelp
}

// Run makes a tenant.
func (c tenantCreateCommand) Run(ctx context.Context, env *environment) error {
	a, err := administer(ctx, env, needDatabase)
	if err != nil {
		return err
	}
	defer a.close()
	t, _, err := a.Create(ctx, tenant.Details{Name: c.Name, ExternalID: c.ExternalID, Region: c.Region})
	_, invalid := errors.AsType[*queue.InvalidError](err)
	_, elsewhere := errors.AsType[*tenant.OtherRegionError](err)
	if invalid || elsewhere {
		return wrongUse{err}
	}
	if err != nil {
		return err
	}
	return viewTenant(t).print(env.stdout, c.JSON)
}

type tenantListCommand struct{ jsonFlag }

// Help is shown by --help.
func (tenantListCommand) Help() string {
	return "Prints all tenants in the order in which they were created." + databaseHelp
}

// listPage is how many tenants are read at once.
const listPage = 500

// Run lists the tenants.
func (c tenantListCommand) Run(ctx context.Context, env *environment) error {
	a, err := administer(ctx, env, needDatabase)
	if err != nil {
		return err
	}
	defer a.close()
	views := []tenantView{}
	for after := uuid.Nil; ; {
		page, err := a.List(ctx, after, listPage)
		if err != nil {
			return err
		}
		for _, t := range page {
			views = append(views, viewTenant(t))
		}
		if len(page) < listPage {
			break
		}
		after = page[len(page)-1].TenantID
	}
	if c.JSON {
		return printJSON(env.stdout, views)
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tSTATE\tREGION\tEXTERNAL ID\tNAME") // Flush returns the error
	for _, v := range views {
		external := "-"
		if v.ExternalID != nil {
			external = *v.ExternalID
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", v.ID, v.State, v.Region, external, v.Name)
	}
	return table.Flush()
}

type tenantShowCommand struct {
	jsonFlag
	tenantArg
}

// Help is shown by --help.
func (tenantShowCommand) Help() string {
	return "Prints a tenant's state and why it is so, when JazzHR was last heard of, what waits and what needs a person. Never a secret." + databaseHelp
}

// Run shows a tenant.
func (c tenantShowCommand) Run(ctx context.Context, env *environment) error {
	return withTenant(ctx, env, needDatabase, c.Tenant, func(a *administration, t gen.Tenant) error {
		counts, err := gen.New().TenantCounts(ctx, db.Of(a.pool, t.TenantID), t.TenantID)
		if err != nil {
			return fmt.Errorf("count what waits: %w", err)
		}
		view := viewTenant(t)
		shown := countsView(counts)
		view.Counts = &shown
		return view.print(env.stdout, c.JSON)
	})
}

type tenantPauseCommand struct {
	jsonFlag
	tenantArg
}

// Help is shown by --help.
func (tenantPauseCommand) Help() string {
	return "Webhooks and writebacks are still accepted and wait; nothing is sent to JazzHR. A tenant that is paused stays so." + databaseHelp
}

// Run pauses a tenant.
func (c tenantPauseCommand) Run(ctx context.Context, env *environment) error {
	return change(ctx, env, c.tenantArg, c.jsonFlag, (*tenant.Service).Pause)
}

type tenantResumeCommand struct {
	jsonFlag
	tenantArg
}

// Help is shown by --help.
func (tenantResumeCommand) Help() string {
	return "What waited goes on. A tenant that is not paused stays as it is." + databaseHelp
}

// Run resumes a tenant.
func (c tenantResumeCommand) Run(ctx context.Context, env *environment) error {
	return change(ctx, env, c.tenantArg, c.jsonFlag, (*tenant.Service).Resume)
}

// change changes a tenant's state and prints the tenant.
func change(
	ctx context.Context, env *environment, arg tenantArg, flag jsonFlag,
	to func(*tenant.Service, context.Context, uuid.UUID, tenant.Actor) (gen.Tenant, error),
) error {
	return withTenant(ctx, env, needDatabase, arg.Tenant, func(a *administration, t gen.Tenant) error {
		t, err := to(a.Service, ctx, t.TenantID, tenant.Actor{})
		if err != nil {
			return err
		}
		return viewTenant(t).print(env.stdout, flag.JSON)
	})
}

// withTenant runs a command about one tenant, which is given by its id or its external id.
func withTenant(
	ctx context.Context, env *environment, needs need, name string, run func(*administration, gen.Tenant) error,
) error {
	a, err := administer(ctx, env, needs)
	if err != nil {
		return err
	}
	defer a.close()
	t, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	return run(a, t)
}
