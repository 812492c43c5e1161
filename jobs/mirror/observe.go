package mirror

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// sighting is what a read of JazzHR showed of an opening: how it is, or that it is gone.
type sighting struct {
	jazzhr.Job
	gone bool
}

// seen are openings as JazzHR showed them.
func seen(jobs ...jazzhr.Job) []sighting {
	sightings := make([]sighting, len(jobs))
	for i, job := range jobs {
		sightings[i].Job = job
	}
	return sightings
}

// observeOpenings changes the mirror to what a read of JazzHR showed, and announces each difference
// once: a lock has all readers of a tenant compare one after the other. asked is when the read began,
// by the database's clock. What was observed after that may be newer, and stays. Before the first
// pass is complete nothing is announced. Call it last in a transaction.
func observeOpenings(ctx context.Context, tx db.TenantTx, client *queue.Client, sightings []sighting, asked time.Time) error {
	if len(sightings) == 0 {
		return nil
	}
	silent, err := lockOpenings(ctx, tx)
	if err != nil {
		return err
	}
	ids := make([]string, len(sightings))
	for i, s := range sightings {
		ids[i] = s.ID
	}
	rows, err := tx.Q.OpeningsByID(ctx, tx, tx.Tenant, ids)
	if err != nil {
		return fmt.Errorf("read known openings: %w", err)
	}
	known := map[string]sighting{}
	newer := map[string]bool{}
	for _, row := range rows {
		known[row.JobID], newer[row.JobID] = mirrored(row), row.SeenAt.After(asked)
	}
	var events []outbox.Event
	for _, s := range sightings {
		before, isKnown := known[s.ID]
		if newer[s.ID] || (!isKnown && s.gone) {
			continue
		}
		event, differs := firstSeen(s), true
		if isKnown {
			event, differs = difference(before, s)
		}
		if !differs {
			continue
		}
		if err := keepOpening(ctx, tx, s); err != nil {
			return err
		}
		known[s.ID] = s
		events = append(events, event)
	}
	if silent {
		return nil
	}
	return outbox.Announce(ctx, tx, client, events...)
}

// lockOpenings locks a tenant's mirror until the transaction ends. silent says that no pass has been
// complete yet. It locks the tenant first, because rows that refer to the tenant would lock it later,
// in the wrong order.
func lockOpenings(ctx context.Context, tx db.TenantTx) (silent bool, err error) {
	if _, err := tx.Q.TenantForWork(ctx, tx, tx.Tenant); err != nil {
		return false, fmt.Errorf("lock tenant: %w", err)
	}
	passed, err := tx.Q.LockOpenings(ctx, tx, tx.Tenant)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := tx.Q.BeginOpenings(ctx, tx, tx.Tenant); err != nil {
			return false, fmt.Errorf("begin the mirror of openings: %w", err)
		}
		passed, err = tx.Q.LockOpenings(ctx, tx, tx.Tenant)
	}
	if err != nil {
		return false, fmt.Errorf("lock the mirror of openings: %w", err)
	}
	return passed == nil, nil
}

func keepOpening(ctx context.Context, tx db.TenantTx, s sighting) error {
	if s.gone {
		return work.Wrap("note that an opening is gone", tx.Q.MarkOpeningGone(ctx, tx, tx.Tenant, s.ID))
	}
	return work.Wrap("store opening", tx.Q.UpsertOpening(ctx, tx, gen.UpsertOpeningParams{
		TenantID: tx.Tenant, JobID: s.ID, BoardCode: s.BoardCode, Title: s.Title, Status: s.Status,
		Department: s.Department, City: s.City, State: s.State, CountryID: s.CountryID,
	}))
}

// mirrored is an opening as the mirror has it.
func mirrored(row gen.Opening) sighting {
	return sighting{gone: row.GoneAt != nil, Job: jazzhr.Job{
		ID: row.JobID, Title: row.Title, Status: row.Status, BoardCode: db.Text(row.BoardCode),
		Department: row.Department, City: row.City, State: row.State, CountryID: row.CountryID,
	}}
}

// firstSeen is the event that tells of an opening that was not known.
func firstSeen(s sighting) outbox.Event {
	if isOpen(s.Status) {
		return outbox.Event{Type: intrvio.JobOpened, Data: openingData(s)}
	}
	return outbox.Event{Type: intrvio.JobChanged, Data: openingData(s)}
}

// difference is the event that tells how a sighting differs from what was known.
func difference(was, is sighting) (event outbox.Event, differs bool) {
	if is.gone {
		is.Job = was.Job
	}
	data := openingData(is)
	data.PreviousStatus, data.Changed = was.Status, changedFields(was, is)
	return outbox.Event{Type: openingEvent(was, is), Data: data}, len(data.Changed) > 0
}

// openingEvent is what a change of an opening came to.
func openingEvent(was, is sighting) intrvio.EventType {
	wasOpen, open := !was.gone && isOpen(was.Status), !is.gone && isOpen(is.Status)
	wasEnded, ended := was.gone || isEnded(was.Status), is.gone || isEnded(is.Status)
	switch {
	case open && !wasOpen:
		return intrvio.JobOpened
	case ended && !wasEnded:
		return intrvio.JobClosed
	default:
		return intrvio.JobChanged
	}
}

func isOpen(status string) bool { return strings.EqualFold(status, "Open") }

func isEnded(status string) bool {
	return strings.EqualFold(status, "Filled") || strings.EqualFold(status, "Cancelled") || strings.EqualFold(status, "Closed")
}

func openingData(s sighting) intrvio.Opening {
	return intrvio.Opening{
		JobID: s.ID, Title: s.Title, Status: s.Status, Gone: s.gone, BoardCode: s.BoardCode,
		Department: s.Department, City: s.City, State: s.State, CountryID: s.CountryID,
	}
}

// changedFields names what differs, as the event does.
func changedFields(was, is sighting) (names []string) {
	for _, field := range []struct {
		name    string
		differs bool
	}{
		{"status", was.Status != is.Status},
		{"gone", was.gone != is.gone},
		{"title", was.Title != is.Title},
		{"board_code", was.BoardCode != is.BoardCode},
		{"department", was.Department != is.Department},
		{"city", was.City != is.City},
		{"state", was.State != is.State},
		{"country_id", was.CountryID != is.CountryID},
	} {
		if field.differs {
			names = append(names, field.name)
		}
	}
	return names
}
