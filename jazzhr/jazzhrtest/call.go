package jazzhrtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The names of the endpoints, for counts and rules.
const (
	EndpointJobs            = "GET /jobs"
	EndpointJob             = "GET /jobs/{id}"
	EndpointApplicants      = "GET /applicants"
	EndpointApplicant       = "GET /applicants/{id}"
	EndpointLinks           = "GET /applicants2jobs"
	EndpointActivities      = "GET /activities"
	EndpointCreateApplicant = "POST /applicants"
	EndpointLinkApplicant   = "POST /applicants2jobs"
	EndpointNotes           = "POST /notes"
	EndpointApplicantNotes  = "POST /applicants/{id}/notes"
	EndpointUnknown         = "unknown" // any other route
)

// Call is one request to the API, as rules and hooks see it.
type Call struct {
	Endpoint string            // one of the endpoints above
	Account  *Account          // nil if no account has the key
	ID       string            // from the path, for endpoints with {id}
	Filters  map[string]string // from the path, by name
	Fields   map[string]any    // from the body, without the key

	method string
	key    string
	page   int
	count  int // number of the account's call, for values that vary
}

// Field returns a field of the body as text, or "" if it is missing.
func (c *Call) Field(name string) string {
	switch v := c.Fields[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// maxBody is the largest request, in bytes. Requests can hold a résumé.
const maxBody = 32 << 20

// readCall reads a request. An unreadable body gives a call without fields, and so without a key.
func readCall(r *http.Request) *Call {
	c := &Call{method: r.Method, page: 1}
	c.route(splitPath(r.URL.EscapedPath()))
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err == nil && len(body) > 0 {
		dec := json.NewDecoder(strings.NewReader(string(body)))
		dec.UseNumber()
		_ = dec.Decode(&c.Fields) // an unreadable body has no fields
	}
	c.readKey(r)
	return c
}

// readKey reads the API key from where the endpoint expects it: the query of a GET, the body of a
// POST. No public client uses POST /applicants/{id}/notes, so the place of its key is not known.
// There readKey accepts any place.
func (c *Call) readKey(r *http.Request) {
	inBody := c.Field("apikey")
	delete(c.Fields, "apikey")
	switch {
	case c.method == http.MethodGet:
		c.key = r.URL.Query().Get("apikey")
	case inBody != "" || c.Endpoint != EndpointApplicantNotes:
		c.key = inBody
	case r.URL.Query().Has("apikey"):
		c.key = r.URL.Query().Get("apikey")
	default:
		c.key = r.Header.Get("apikey")
	}
}

// splitPath returns the parts of a path after /v1/. It unescapes each part on its own, so a value
// may hold an escaped slash.
func splitPath(path string) []string {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, "/v1/"), "/"), "/")
	for i, p := range parts {
		if plain, err := url.PathUnescape(p); err == nil {
			parts[i] = plain
		}
	}
	return parts
}

// route sets the endpoint, the id, the filters and the page.
func (c *Call) route(path []string) {
	resource, rest := path[0], path[1:]
	c.Endpoint = EndpointUnknown
	switch c.method {
	case http.MethodGet:
		c.routeGet(resource, rest)
	case http.MethodPost:
		c.routePost(resource, rest)
	}
}

func (c *Call) routeGet(resource string, rest []string) {
	collection := map[string]string{
		"jobs": EndpointJobs, "applicants": EndpointApplicants,
		"applicants2jobs": EndpointLinks, "activities": EndpointActivities,
	}[resource]
	detail := map[string]string{"jobs": EndpointJob, "applicants": EndpointApplicant}[resource]
	switch {
	case len(rest)%2 == 0 && collection != "":
		c.Endpoint = collection
		c.filter(rest)
	case len(rest) == 1 && detail != "":
		c.Endpoint, c.ID = detail, rest[0]
	}
}

// filter reads the pairs of name and value, in any order.
func (c *Call) filter(pairs []string) {
	c.Filters = make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		if name != "page" {
			c.Filters[name] = value
		} else if n, err := strconv.Atoi(value); err == nil && n > 0 {
			c.page = n
		}
	}
}

func (c *Call) routePost(resource string, rest []string) {
	switch {
	case len(rest) == 0 && resource == "applicants":
		c.Endpoint = EndpointCreateApplicant
	case len(rest) == 0 && resource == "applicants2jobs":
		c.Endpoint = EndpointLinkApplicant
	case len(rest) == 0 && resource == "notes":
		c.Endpoint = EndpointNotes
	case len(rest) == 2 && resource == "applicants" && rest[1] == "notes":
		c.Endpoint, c.ID = EndpointApplicantNotes, rest[0]
	}
}
