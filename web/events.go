package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/token"
)

// maxEvents bounds the events of one answer. It is more than the limit of other lists, for a
// backend that was away.
const maxEvents = 500

func (s *Server) listEvents(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.query("after", "limit")
	if err != nil {
		return 0, nil, err
	}
	limit, err := limitOf(query, maxEvents)
	if err != nil {
		return 0, nil, err
	}
	var after int64
	if text := query.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, nil, invalid("after", "must be a sequence: a whole number from 0")
		}
	}
	var events []intrvio.Envelope
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		events, err = outbox.After(r.context(), tx, after, limit)
		return err
	})
	if err != nil {
		return 0, nil, orNoTenant(err)
	}
	if len(events) > 0 {
		if err := s.record.Count(r.context(), record.Action{Tenant: tenant, What: record.EventsRead}); err != nil {
			return 0, nil, err
		}
		after = events[len(events)-1].Sequence
	}
	return http.StatusOK, struct {
		Items []intrvio.Envelope `json:"items"`
		// NextCursor is the sequence to pass as after the next time. It is always there, unlike in
		// other lists.
		NextCursor string `json:"next_cursor"`
	}{events, strconv.FormatInt(after, 10)}, nil
}

func (s *Server) redeliverEvents(r *request) (int, any, error) {
	var body struct {
		Since    time.Time  `json:"since"`
		Until    *time.Time `json:"until"`
		TenantID *uuid.UUID `json:"tenant_id"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	if body.Since.IsZero() {
		return 0, nil, invalid("since", "is required")
	}
	var tenant uuid.UUID
	switch by := r.holder(); {
	case body.TenantID == nil && by.Bound():
		return 0, nil, token.ErrBound
	case body.TenantID != nil && !by.Sees(*body.TenantID):
		return 0, nil, notFound("tenant")
	}
	if body.TenantID != nil {
		t, err := s.config.Tenants.Get(r.context(), *body.TenantID)
		if err != nil {
			return 0, nil, err
		}
		tenant = t.TenantID
		setLogTenant(r.gin, tenant)
	}
	if body.Until == nil {
		now, err := gen.New().SystemDatabaseNow(r.context(), s.config.Pool)
		if err != nil {
			return 0, nil, fmt.Errorf("read the database's time: %w", err)
		}
		body.Until = &now
	}
	if !body.Since.Before(*body.Until) {
		return 0, nil, invalid("since", "must be before until, or before now without it")
	}
	// It comes first, because the events are released batch by batch.
	if err := record.Add(r.context(), s.config.Pool, record.Action{
		Tenant: tenant, What: record.EventsRedelivered,
		Detail: "those from " + body.Since.UTC().Format(time.RFC3339) + " to " + body.Until.UTC().Format(time.RFC3339),
	}); err != nil {
		return 0, nil, err
	}
	count, err := outbox.Redeliver(r.context(), s.config.Pool, tenant, body.Since, *body.Until)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusAccepted, struct {
		Events int64 `json:"events"`
	}{count}, nil
}
