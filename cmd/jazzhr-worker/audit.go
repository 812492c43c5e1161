package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jobs/audit"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
)

type auditDuplicatesCommand struct {
	jsonFlag
	Tenant string `required:"" placeholder:"ID" help:"The tenant's id, or its external id."`
}

// Help is shown by --help.
func (auditDuplicatesCommand) Help() string {
	return `Reads all of a tenant's account in JazzHR and prints what stands there more than once: applicants of one email, links of one applicant and job, notes of one reference. What the service wrote is listed apart from what it did not write ("theirs"). Only ids are printed. Nothing is written to JazzHR.

The calls keep to the tenant's budget and leave half of it to live work, so a large account takes long. A nightly job does the same; the result counts as its.

Exit code: 0 if nothing of ours was found, 1 if something was, or if the account could not be read to the end.

  jazzhr-worker audit duplicates --tenant c-1029

Needs DATABASE_URL, and SEALING_KEYSET or SEALING_KEYSET_FILE.`
}

// Run audits a tenant's account.
func (c auditDuplicatesCommand) Run(ctx context.Context, env *environment) error {
	return withTenant(ctx, env, needDatabase|needSealing, c.Tenant, func(a *administration, t gen.Tenant) error {
		if err := record.Add(ctx, a.pool, record.Action{Tenant: t.TenantID, What: record.DuplicatesSought}); err != nil {
			return err
		}
		done, err := audit.Auditor{
			Accounts: work.Accounts{
				Pool: a.pool, JazzHR: a.client, Keys: a.Service, Bucket: queue.NewBucket(a.pool, a.config.JazzHRCallsPerMinute),
			},
			Client: a.inserter, AllNotes: true,
			Progress: func(kind intrvio.DuplicateKind, read int) {
				_, _ = fmt.Fprintf(env.stderr, "%ss: %d read\n", kind, read)
			},
		}.Audit(ctx, t.TenantID)
		if err != nil {
			return err
		}
		if c.JSON {
			err = printJSON(env.stdout, done)
		} else {
			err = printAudit(env.stdout, done)
		}
		if err != nil {
			return err
		}
		return auditError(done)
	})
}

// auditError is the error that a command with such a result ends with.
func auditError(done audit.Audit) error {
	switch n := done.Ours.Total(); {
	case n > 0:
		return fmt.Errorf("duplicates of what the service wrote: %d; merge or remove them in JazzHR by hand", n)
	case done.StoppedBy != "":
		return fmt.Errorf("the account could not be read to the end: %s", done.StoppedBy)
	default:
		return nil
	}
}

// printAudit writes what was found as a table, for a person.
func printAudit(w io.Writer, done audit.Audit) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "OWNER\tAPPLICANTS\tLINKS\tNOTES") // Flush returns the error
	for _, line := range []struct {
		owner  string
		counts intrvio.DuplicateCounts
	}{{"ours", done.Ours}, {"theirs", done.Theirs}} {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", line.owner, line.counts.Applicants, line.counts.Links, line.counts.Notes)
	}
	if len(done.Findings) > 0 {
		_, _ = fmt.Fprintln(table, "\nOWNER\tKIND\tIDS\tOF")
	}
	for _, f := range done.Findings {
		owner := "theirs"
		if f.Ours {
			owner = "ours"
		}
		of := strings.Join(append(append([]string{}, f.ApplicantIDs...), f.JobID, f.Reference), " ")
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", owner, f.Kind, strings.Join(f.IDs, " "), strings.Join(strings.Fields(of), " "))
	}
	if len(done.Unfinished) > 0 {
		_, _ = fmt.Fprintf(table, "\nNot read to the end (%s): %v\n", done.StoppedBy, done.Unfinished)
	}
	return table.Flush()
}
