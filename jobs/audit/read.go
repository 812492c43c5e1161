package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// auditKeys is how many keys one statement asks for.
const auditKeys = 1000

// pages reads a whole list.
func pages[T any](ctx context.Context, a *audit, kind intrvio.DuplicateKind, read func(page int) (jazzhr.Page[T], error), take func(T)) error {
	for page := 1; ; page++ {
		rows, err := work.Ask(ctx, &a.reader, func() (jazzhr.Page[T], error) { return read(page) })
		if err != nil {
			return fmt.Errorf("read the account's %ss: %w", kind, err)
		}
		for _, row := range rows.Items {
			take(row)
		}
		a.progress(kind, len(rows.Items))
		if rows.Last {
			return nil
		}
	}
}

func (a *audit) progress(kind intrvio.DuplicateKind, read int) {
	a.read[kind] += read
	if a.auditor.Progress != nil {
		a.auditor.Progress(kind, a.read[kind])
	}
}

// sent returns the keys of a kind of effect for which we have sent something.
func (a *audit) sent(ctx context.Context, effect string, keys []string) (map[string]bool, error) {
	ours := map[string]bool{}
	err := db.InTenant(ctx, a.auditor.Accounts.Pool, a.reader.Account.Tenant, func(tx db.TenantTx) error {
		for some := range slices.Chunk(keys, auditKeys) {
			find := func() ([]string, error) { return tx.Q.SentKeys(ctx, tx, tx.Tenant, effect, some) }
			if effect == work.EffectCreate {
				find = func() ([]string, error) { return tx.Q.SentEmails(ctx, tx, tx.Tenant, some) }
			}
			found, err := find()
			if err != nil {
				return err
			}
			for _, key := range found {
				ours[key] = true
			}
		}
		return nil
	})
	return ours, work.Wrap("look up what we sent", err)
}
