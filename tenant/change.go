package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

// Changes are changes of a tenant. A field that is nil changes nothing.
type Changes struct {
	Name *string
	// PollInterval is how often the tenant's activities are read, at least [MinPollInterval]. A
	// pointer to nil is the service's default.
	PollInterval **time.Duration
	// AutoTriggers returns the tenant's new triggers. A trigger that stays keeps its SetAt.
	AutoTriggers func(before []AutoTrigger) []AutoTrigger
	// NoteContent returns what is written into the notes of writebacks that are enqueued from now
	// on.
	NoteContent func(before gen.Tenant) writeback.NoteContent
	// TranscriptConsent names who of the customer agrees that transcripts are written into JazzHR.
	// See [NeedsConsent].
	TranscriptConsent string
}

// Change makes all changes, or none of them, in one transaction, and returns the tenant as it is
// then. Two changes at once are made one after the other. Change returns [*queue.InvalidError] and
// [queue.ErrNoTenant].
func (s *Service) Change(ctx context.Context, id uuid.UUID, changes Changes, by Actor) (t gen.Tenant, err error) {
	err = s.inTenant(ctx, id, func(tx db.TenantTx) error {
		if t, err = found(tx.Q.TenantForChange(ctx, tx, id)); err != nil {
			return err
		}
		triggers, err := tx.Q.AutoTriggers(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("read auto triggers: %w", err)
		}
		if err := changes.apply(ctx, tx, t); err != nil {
			return err
		}
		before := t
		if t, err = found(tx.Q.Tenant(ctx, tx, id)); err != nil {
			return err
		}
		if err := by.recordConsent(ctx, tx, before, t); err != nil {
			return err
		}
		afterTriggers, err := tx.Q.AutoTriggers(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("read auto triggers: %w", err)
		}
		return by.recordChanges(ctx, tx, changedSettings(before, t, triggers, afterTriggers))
	})
	return t, err
}

// apply makes the changes. The transaction has locked the tenant's row.
func (c Changes) apply(ctx context.Context, tx db.TenantTx, before gen.Tenant) error {
	if c.Name != nil {
		name, err := normalizeName(*c.Name)
		if err != nil {
			return err
		}
		if err := tx.Q.RenameTenant(ctx, tx, name, tx.Tenant); err != nil {
			return fmt.Errorf("rename tenant: %w", err)
		}
	}
	if c.PollInterval != nil {
		interval := *c.PollInterval
		if interval != nil && *interval < MinPollInterval {
			return invalid("poll_interval", "give at least %s", MinPollInterval)
		}
		if err := tx.Q.SetPollInterval(ctx, tx, interval, tx.Tenant); err != nil {
			return fmt.Errorf("set poll interval: %w", err)
		}
	}
	if c.AutoTriggers != nil {
		if err := changeAutoTriggers(ctx, tx, c.AutoTriggers); err != nil {
			return err
		}
	}
	return c.applyNoteContent(ctx, tx, before)
}

// maxConsent bounds the name of who agrees, in characters.
const maxConsent = 200

func (c Changes) applyNoteContent(ctx context.Context, tx db.TenantTx, before gen.Tenant) error {
	if c.NoteContent == nil {
		return nil
	}
	content := c.NoteContent(before)
	params := gen.SetNoteContentParams{
		TenantID: tx.Tenant,
		Score:    content.Score, Summary: content.Summary, Link: content.Link, Transcript: content.Transcript,
	}
	if content.Transcript && NeedsConsent(before) {
		consent := strings.TrimSpace(c.TranscriptConsent)
		if consent == "" {
			consent = db.Text(before.TranscriptConsentBy)
		}
		if consent == "" || utf8.RuneCountInString(consent) > maxConsent || !printable(consent) {
			return invalid(FieldConsent, "give the name of who agrees for the customer, in at most %d characters: "+
				"JazzHR stores transcripts in the United States", maxConsent)
		}
		params.ConsentBy = &consent
	}
	if err := tx.Q.SetNoteContent(ctx, tx, params); err != nil {
		return fmt.Errorf("set note content: %w", err)
	}
	return nil
}

// FieldConsent is the field of the error that says that nobody has agreed.
const FieldConsent = "settings.note_content.consent"

func changeAutoTriggers(ctx context.Context, tx db.TenantTx, change func([]AutoTrigger) []AutoTrigger) error {
	rows, err := tx.Q.AutoTriggers(ctx, tx, tx.Tenant)
	if err != nil {
		return fmt.Errorf("read auto triggers: %w", err)
	}
	before := make([]AutoTrigger, len(rows))
	for i, row := range rows {
		before[i] = AutoTrigger{Stage: row.Stage, JobID: row.JobID}
	}
	triggers, err := NormalizeAutoTriggers(change(slices.Clone(before)))
	if err != nil {
		return err
	}
	for _, trigger := range before {
		if slices.Contains(triggers, trigger) {
			continue
		}
		if err := tx.Q.RemoveAutoTrigger(ctx, tx, tx.Tenant, trigger.Stage, trigger.JobID); err != nil {
			return fmt.Errorf("remove auto trigger: %w", err)
		}
	}
	for _, trigger := range triggers {
		if err := tx.Q.AddAutoTrigger(ctx, tx, tx.Tenant, trigger.Stage, trigger.JobID); err != nil {
			return fmt.Errorf("add auto trigger: %w", err)
		}
	}
	return nil
}

// Pause makes a tenant's work wait. What comes in is still accepted. If the tenant is paused
// already, Pause changes nothing.
func (s *Service) Pause(ctx context.Context, id uuid.UUID, by Actor) (gen.Tenant, error) {
	return s.setPaused(ctx, id, s.q.PauseTenant, by, record.Paused)
}

// Resume ends a pause, if there is one.
func (s *Service) Resume(ctx context.Context, id uuid.UUID, by Actor) (gen.Tenant, error) {
	return s.setPaused(ctx, id, s.q.ResumeTenant, by, record.Resumed)
}

func (s *Service) setPaused(
	ctx context.Context, id uuid.UUID, set func(context.Context, gen.DBTX, uuid.UUID) (int64, error),
	by Actor, what record.Kind,
) (t gen.Tenant, err error) {
	err = s.inTenant(ctx, id, func(tx db.TenantTx) error {
		if _, err := set(ctx, tx, id); err != nil {
			return fmt.Errorf("%s tenant: %w", what, err)
		}
		if t, err = found(tx.Q.Tenant(ctx, tx, id)); err != nil {
			return err
		}
		return by.record(ctx, tx, what)
	})
	return t, err
}
