package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// maxTheirs is how many duplicates that are not ours are kept by id; all are counted.
const maxTheirs = 1000

// latestAudit returns what the audit before found.
func latestAudit(ctx context.Context, tx db.TenantTx) (ours int, findings []Finding, err error) {
	row, err := tx.Q.LatestAudit(ctx, tx, tx.Tenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read the audit before: %w", err)
	}
	if err := json.Unmarshal(row.Findings, &findings); err != nil {
		return 0, nil, fmt.Errorf("read the findings of the audit before: %w", err)
	}
	return int(row.Ours), findings, nil
}

// sum counts the findings, and puts them in order.
func (d *Audit) sum() {
	for i := range d.Findings {
		slices.Sort(d.Findings[i].IDs)
		counts := &d.Theirs
		if d.Findings[i].Ours {
			counts = &d.Ours
		}
		switch surplus := len(d.Findings[i].IDs) - 1; d.Findings[i].Kind {
		case intrvio.DuplicateApplicant:
			counts.Applicants += surplus
		case intrvio.DuplicateLink:
			counts.Links += surplus
		case intrvio.DuplicateNote:
			counts.Notes += surplus
		}
	}
	slices.SortFunc(d.Findings, func(a, b Finding) int {
		if a.Ours != b.Ours {
			if a.Ours {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.IDs, b.IDs))
	})
	ours := slices.IndexFunc(d.Findings, func(f Finding) bool { return !f.Ours })
	if ours >= 0 && len(d.Findings) > ours+maxTheirs {
		d.Findings = d.Findings[:ours+maxTheirs]
	}
}

// event is what Intrvio is told.
func (d *Audit) event() outbox.Event {
	data := intrvio.DuplicatesFound{AuditID: d.AuditID, FinishedAt: d.FinishedAt, Ours: d.Ours, Theirs: d.Theirs}
	for _, finding := range d.Findings {
		if finding.Ours && len(data.Findings) < intrvio.MaxFindings {
			data.Findings = append(data.Findings, finding.Duplicate)
		}
	}
	return outbox.Event{Type: intrvio.AuditDuplicatesFound, Data: data}
}

// finish stores what was found, and tells Intrvio if there are more duplicates of ours than before.
func (a *audit) finish(ctx context.Context) error {
	a.done.sum()
	counts, err := json.Marshal(map[string]intrvio.DuplicateCounts{"ours": a.done.Ours, "theirs": a.done.Theirs})
	if err != nil {
		return fmt.Errorf("encode the counts: %w", err)
	}
	findings, err := json.Marshal(a.done.Findings)
	if err != nil {
		return fmt.Errorf("encode the findings: %w", err)
	}
	row := gen.FinishAuditParams{
		TenantID: a.reader.Account.Tenant, AuditID: a.done.AuditID, Counts: counts, Findings: findings, Unfinished: []string{},
		Ours: int32(a.done.Ours.Total()), Theirs: int32(a.done.Theirs.Total()), StoppedBy: a.done.StoppedBy.Column(),
	}
	for _, kind := range a.done.Unfinished {
		row.Unfinished = append(row.Unfinished, string(kind))
	}
	return db.InTenant(ctx, a.auditor.Accounts.Pool, a.reader.Account.Tenant, func(tx db.TenantTx) error {
		// Two audits at once finish one after the other.
		if _, err := tx.Q.TenantForChange(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("lock tenant: %w", err)
		}
		before, _, err := latestAudit(ctx, tx)
		if err != nil {
			return err
		}
		if err := tx.Q.SupersedeAudit(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("supersede the audit before: %w", err)
		}
		finished, err := tx.Q.FinishAudit(ctx, tx, row)
		if err != nil {
			return fmt.Errorf("keep the audit: %w", err)
		}
		a.done.FinishedAt = finished.UTC()
		if a.done.Ours.Total() <= before {
			return nil
		}
		return outbox.Announce(ctx, tx, a.auditor.Client, a.done.event())
	})
}
