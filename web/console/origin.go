package console

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
)

// setOrigin says in the request's context who asks. Address and request id stay.
func setOrigin(c *gin.Context, kind record.ActorKind, name, id string) {
	o := record.OriginOf(c.Request.Context())
	o.Kind, o.Name, o.ID = kind, name, id
	c.Request = c.Request.WithContext(record.From(c.Request.Context(), o))
}

// setPerson says that somebody asks who has signed in. session names the session and does not open
// it.
func (k *Console) setPerson(c *gin.Context, name, session string) {
	setOrigin(c, record.Person, name, record.NameOf(session))
}

// setLink says that whoever has a connect link asks.
func setLink(c *gin.Context, token string) {
	setOrigin(c, record.Link, administrator, record.NameOf(token))
}

// recordRefusal counts a request that was refused before anybody was known. Its error is logged
// only: the request is refused whether it is recorded or not.
func (k *Console) recordRefusal(c *gin.Context, what record.Kind, tenant uuid.UUID, why string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), sessionTimeout)
	defer cancel()
	err := k.config.Record.Count(ctx, record.Action{What: what, Tenant: tenant, Result: record.Refused, Detail: why})
	if err != nil {
		k.config.Logger.ErrorContext(ctx, "a refused request is not recorded", "error", err)
	}
}

// recordReading records that somebody is shown personal data, before it is shown. It holds nothing of
// what was searched for.
func (k *Console) recordReading(ctx context.Context, p page, at place) error {
	if p.reads == nil {
		return nil
	}
	reading, personal := p.reads(at)
	if !personal {
		return nil
	}
	return k.config.Record.Count(ctx, reading)
}

// readsCase says which case a place shows.
func readsCase(at place) (record.Action, bool) {
	id, err := at.id("tenant")
	item, itemErr := at.id("item")
	return record.Action{What: record.CaseRead, Tenant: id, Target: item.String()}, err == nil && itemErr == nil
}

// readsCandidates says whose story a place shows, or that it shows the result of a search. A search
// by an id of ours opens that story. Any other text can be a name, and is not kept.
func readsCandidates(at place) (record.Action, bool) {
	search := strings.TrimSpace(at.query.Get("q"))
	if search == "" {
		return record.Action{}, false
	}
	reading := record.Action{What: record.Searched}
	if id, err := uuid.Parse(search); err == nil {
		reading = record.Action{What: record.StoryRead, Target: id.String()}
	}
	if id, err := uuid.Parse(strings.TrimSpace(at.query.Get("tenant"))); err == nil {
		reading.Tenant = id
	}
	return reading, true
}
