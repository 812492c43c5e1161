package console

import (
	"context"
	"encoding/base64"
	"maps"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
)

// page is one of the console's pages. doc.go describes them.
type page struct {
	route   string // below /console, in Gin's syntax: /tenants/:id
	file    string // its templates: pages/<file>.html
	section string // the section whose link in the navigation is marked, by its route
	// load reads what the page shows. It depends on the place alone, because all who look at a live
	// page share what it returns. Its error may be errNotFound.
	load func(ctx context.Context, at place) (any, error)
	// query names the parameters that load reads. A place has no others, so that an address with
	// more of them shows the same live view.
	query []string
	// every is how often the live parts are rendered while somebody looks; 0 for a page that is not
	// live.
	every time.Duration
	// reads says what a place shows of people, for the record. personal is false for a place that
	// shows nothing of them. nil for a page that never does.
	reads func(at place) (reading record.Action, personal bool)
}

// sections are the links of the navigation, in order. Those without a page are not shown.
func sections() []link {
	return []link{
		{Text: "Tenants", Href: "/tenants"},
		{Text: "Candidates", Href: "/candidates"},
		{Text: "Attention", Href: "/attention"},
		{Text: "Webhooks", Href: "/webhooks"},
		{Text: "Queue", Href: "/queue"},
		{Text: "Health", Href: "/health"},
		{Text: "Record", Href: "/actions"},
	}
}

type link struct {
	Text, Href string
	Current    bool
}

// place is the address of a page, which says what the page shows.
type place struct {
	path   string
	params gin.Params
	query  url.Values
}

// placeOf returns the place that a request is for, on a page that reads these parameters of the
// query. If one comes twice, the first counts.
func placeOf(c *gin.Context, reads ...string) place {
	at := place{c.Request.URL.Path, c.Params, url.Values{}}
	given := c.Request.URL.Query()
	for _, name := range reads {
		if value := given.Get(name); value != "" {
			at.query.Set(name, value)
		}
	}
	return at
}

// id returns an id in the path. A text that is not an id is errNotFound.
func (p place) id(parameter string) (uuid.UUID, error) {
	id, err := uuid.Parse(p.params.ByName(parameter))
	if err != nil || id == uuid.Nil {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

// href returns the address of the place with some of its query changed. Changes are names and
// values in turn; an empty value removes the name.
func (p place) href(changes ...string) string {
	query := url.Values{}
	maps.Copy(query, p.query)
	for i := 0; i+1 < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
	}
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	if len(query) == 0 {
		return p.path
	}
	return p.path + "?" + query.Encode()
}

// after returns the key of the row after which a list begins, or "" for the start of the list.
func (p place) after() (string, error) {
	key, err := base64.RawURLEncoding.Strict().DecodeString(p.query.Get("after"))
	if err != nil {
		return "", errNotFound
	}
	return string(key), nil
}

// pager holds the links to the first and the next page of a list, for the template "pager".
type pager struct{ First, Next string }

// pages makes a pager. next is the key of the last row shown, or "" if no row follows it.
func (p place) pages(next string) pager {
	var to pager
	if p.query.Get("after") != "" {
		to.First = p.href("after", "")
	}
	if next != "" {
		to.Next = p.href("after", base64.RawURLEncoding.EncodeToString([]byte(next)))
	}
	return to
}
