package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/token"
)

// recordTimeout bounds how long a refused request may wait for its record.
const recordTimeout = 10 * time.Second

// headerRequestID names a request in the answer, the log and the record.
const headerRequestID = "X-Request-Id"

// changes are the routes of the API that change something, with what the record calls it. Each such
// route needs a row here.
func changes() map[string]record.Kind {
	return map[string]record.Kind{
		"POST /v1/tenants":                       record.TenantCreated,
		"PATCH /v1/tenants/:id":                  record.SettingsChanged,
		"POST /v1/tenants/:id/pause":             record.Paused,
		"POST /v1/tenants/:id/resume":            record.Resumed,
		"POST /v1/tenants/:id/sync":              record.Resynced,
		"PUT /v1/tenants/:id/connection":         record.KeySet,
		"DELETE /v1/tenants/:id/connection":      record.Disconnected,
		"POST /v1/tenants/:id/connection/test":   record.KeyTested,
		"POST /v1/tenants/:id/connection/secret": record.SecretRotated,
		"POST /v1/tenants/:id/connect-links":     record.ConnectLinkMade,
		"POST /v1/tenants/:id/writebacks":        record.WritebackEnqueued,
		"POST /v1/tenants/:id/attention/:item":   record.Decided,
		"POST /v1/events/redeliver":              record.EventsRedelivered,
		"POST /v1/tokens":                        record.TokenMade,
		"DELETE /v1/tokens/:id":                  record.TokenRevoked,
		"POST /v1/tokens/:id/roll":               record.TokenRolled,
	}
}

// setRequestOrigin says in the request's context where it comes from, and returns its id: the one
// that it came with, if that is one, or a new one.
func setRequestOrigin(c *gin.Context) string {
	id := c.GetHeader(headerRequestID)
	if !isRequestID(id) {
		id = uuid.NewString()
	}
	c.Header(headerRequestID, id)
	c.Request = c.Request.WithContext(record.From(c.Request.Context(), record.Origin{
		Kind: record.Stranger, Name: "unknown", Address: (&request{gin: c}).client(), RequestID: id,
	}))
	return id
}

// maxRequestID is the length of the longest id that a request may come with.
const maxRequestID = 64

// isRequestID takes ids only: it keeps whatever else a client may send out of log and record. No
// token of ours is one, since it would be longer.
func isRequestID(text string) bool {
	_, err := uuid.Parse(text)
	return err == nil && len(text) <= maxRequestID
}

// setTokenOrigin says in the request's context whose token it came with.
func setTokenOrigin(c *gin.Context, holder token.Holder) {
	o := record.OriginOf(c.Request.Context())
	o.Kind, o.Name, o.ID = record.Token, holder.String(), ""
	if holder.ID != uuid.Nil {
		o.ID = holder.ID.String()
	}
	c.Request = c.Request.WithContext(record.From(c.Request.Context(), o))
}

// recordRefusals counts the requests of the API that were refused or failed: all that would have
// changed something, and of the others those whose token did not open them.
func (s *Server) recordRefusals(c *gin.Context) {
	c.Next()
	code, failed := c.Value(logCodeKey).(Code)
	what, changes := changes()[c.Request.Method+" "+c.FullPath()]
	if !failed || code == CodeDatabaseUnavailable { // the client need not wait for a record that can't be written
		return
	}
	if !changes && code.Status() != http.StatusUnauthorized && code.Status() != http.StatusForbidden {
		return
	}
	a := record.Action{What: what, Result: record.Refused, Detail: string(code)}
	if !changes {
		a.What = record.ReadAnything
	}
	if code.Status() >= http.StatusInternalServerError {
		a.Result = record.Failed
	}
	// A tenant that the token is not for, and one that does not exist, are no tenant of the record's.
	if id, ok := c.Value(logTenantKey).(uuid.UUID); ok && code != CodeNotFound {
		a.Tenant = s.knownTenant(c, id)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), recordTimeout)
	defer cancel()
	if err := s.record.Count(ctx, a); err != nil {
		s.config.Logger.ErrorContext(ctx, "a refused request is not recorded", "error", db.LogText(err))
	}
}

// knownTenant returns the id of a tenant that exists and that the request's token is for, else
// [uuid.Nil].
func (s *Server) knownTenant(c *gin.Context, id uuid.UUID) uuid.UUID {
	by, known := c.Value(holderKey).(token.Holder)
	if !known || !by.Sees(id) {
		return uuid.Nil
	}
	if _, err := s.config.Tenants.Get(c.Request.Context(), id); err != nil {
		return uuid.Nil
	}
	return id
}

// listActions lists the record, the newest first.
func (s *Server) listActions(r *request) (int, any, error) {
	query, err := r.listQuery("tenant", "actor", "action", "from", "to")
	if err != nil {
		return 0, nil, err
	}
	by := r.holder()
	f := record.Filter{Tenants: by.Tenants, Actor: query.Get("actor"), Action: record.Kind(query.Get("action"))}
	if query.Has("tenant") {
		id, err := uuid.Parse(query.Get("tenant"))
		if err != nil {
			return 0, nil, invalid("tenant", "must be the id of a tenant")
		}
		if !by.Sees(id) {
			return 0, nil, notFound("tenant")
		}
		f.Tenants = []uuid.UUID{id}
	}
	for name, at := range map[string]**time.Time{"from": &f.Since, "to": &f.Till} {
		if !query.Has(name) {
			continue
		}
		given, err := time.Parse(time.RFC3339, query.Get(name))
		if err != nil || given.Year() < 1970 || given.Year() > 9999 {
			return 0, nil, invalid(name, "must be a time in RFC 3339, such as 2026-11-23T09:00:00Z")
		}
		*at = &given
	}
	entries, err := record.Newest(r.context(), s.config.Pool, f, query.after, query.limit+1)
	if err != nil {
		return 0, nil, err
	}
	views := make([]record.Entry, len(entries))
	for i, e := range entries {
		views[i] = e.Entry
	}
	return http.StatusOK, newPage(views, query.limit, func(e record.Entry) uuid.UUID { return e.ID }), nil
}
