package main

import (
	"context"
	"fmt"
	"io"

	"github.com/intrvio/jazzhr-worker/db"
)

type migrateUpCommand struct{ jsonFlag }

// Help is shown by --help.
func (migrateUpCommand) Help() string {
	return `Applies what is missing, River's tables included, and prints it. Run it before a new release starts; the release that runs meanwhile goes on working, unless CHANGELOG.md says otherwise. Two at once are safe: the second waits, then finds nothing to do.

Needs DATABASE_URL, whose user may create the schema jazzhr.`
}

// Run migrates.
func (c migrateUpCommand) Run(ctx context.Context, env *environment) error {
	config, err := loadConfig(env.vars, needDatabase)
	if err != nil {
		return err
	}
	applied, err := db.Migrate(ctx, config.DatabaseURL)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env.stdout, append([]db.Migration{}, applied...))
	}
	if len(applied) == 0 {
		_, err := fmt.Fprintln(env.stdout, "The schema is up to date.")
		return err
	}
	return printMigrations(env.stdout, applied)
}

type migrateStatusCommand struct{ jsonFlag }

// Help is shown by --help.
func (migrateStatusCommand) Help() string {
	return `Prints every step that this release knows and whether the database has it. Changes nothing.

Needs DATABASE_URL.`
}

// Run prints the steps.
func (c migrateStatusCommand) Run(ctx context.Context, env *environment) error {
	config, err := loadConfig(env.vars, needDatabase)
	if err != nil {
		return err
	}
	steps, err := db.MigrationStatus(ctx, config.DatabaseURL)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env.stdout, steps)
	}
	return printMigrations(env.stdout, steps)
}

func printMigrations(w io.Writer, steps []db.Migration) error {
	for _, step := range steps {
		state := "missing"
		if step.Applied {
			state = "applied"
		}
		if _, err := fmt.Fprintf(w, "%s  %-6s  %s\n", state, step.Of, step.Name); err != nil {
			return err
		}
	}
	return nil
}
