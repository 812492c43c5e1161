package main

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/record"
)

// byCommandLine returns a context whose actions are recorded as those of these commands.
func byCommandLine(ctx context.Context) context.Context {
	return record.From(ctx, record.Origin{Kind: record.CommandLine, Name: commandLine().Name})
}

type recordVerifyCommand struct{ jsonFlag }

// Help is shown by --help.
func (recordVerifyCommand) Help() string {
	return `Goes along the chain of the record and says whether each row is as it was written and none is missing. It shows the first place that does not hold.

The chain can't show what was removed in the second before it was chained, and not that all of it was made anew by somebody who may write all tables. Keep exports elsewhere: the last hash of one must be in the record at its position.

Exit code: 0 if all holds, 1 if not.` + databaseHelp
}

// Run verifies the record.
func (c recordVerifyCommand) Run(ctx context.Context, env *environment) error {
	return onDatabase(ctx, env, func(pool *pgxpool.Pool) error {
		found, err := record.Verify(ctx, pool)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(env.stdout, found)
		}
		_, err = fmt.Fprintf(env.stdout, "The record is whole: %d rows, positions %d to %d. %d more have just come.\nThe last hash is %s\n",
			found.Entries, found.From, found.Till, found.Unchained, found.Hash)
		return err
	})
}

type recordExportCommand struct {
	From   string   `placeholder:"TIME" help:"The first moment, as a day (2026-11-23, in UTC) or in RFC 3339."`
	To     string   `placeholder:"TIME" help:"The moment before which it ends, written as --from is."`
	Tenant []string `placeholder:"ID" help:"A tenant's id; give it several times. All without it."`
	Format string   `default:"jsonl" enum:"jsonl,csv" help:"jsonl or csv."`
}

// Help is shown by --help.
func (recordExportCommand) Help() string {
	return `Prints the record, the oldest row first, as it is read: it takes little memory however long the record is. The export itself is recorded.

The hash of a line is the SHA-256 of the hash before it in hex, a line end, and the line in JSON without its hash, with its line end. An export of some tenants has gaps in its positions.

  jazzhr-worker record export --from 2026-11-01 --to 2026-12-01 --format csv > november.csv` + databaseHelp
}

// Run exports the record.
func (c recordExportCommand) Run(ctx context.Context, env *environment) error {
	var f record.Filter
	var err error
	if f.Since, err = parseMoment("--from", c.From); err != nil {
		return wrongUse{err}
	}
	if f.Till, err = parseMoment("--to", c.To); err != nil {
		return wrongUse{err}
	}
	for _, text := range c.Tenant {
		id, err := uuid.Parse(text)
		if err != nil {
			return wrongUse{fmt.Errorf("--tenant: give the tenant's id, as \"jazzhr-worker tenant list\" shows it")}
		}
		f.Tenants = append(f.Tenants, id)
	}
	return onDatabase(ctx, env, func(pool *pgxpool.Pool) error {
		if err := record.Add(ctx, pool, record.Action{What: record.RecordRead, Detail: "as " + c.Format}); err != nil {
			return err
		}
		out := bufio.NewWriter(env.stdout)
		if _, err := record.Export(ctx, pool, out, record.Format(c.Format), f); err != nil {
			return err
		}
		return out.Flush()
	})
}

// parseMoment reads a day or a moment. An empty text is none.
func parseMoment(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return &at, nil
		}
	}
	return nil, fmt.Errorf("%s: give a day such as 2026-11-23, or a time in RFC 3339 such as 2026-11-23T09:00:00Z", flag)
}
