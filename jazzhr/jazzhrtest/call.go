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

// The endpoints, as counts and rules name them.
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
	Account  *Account          // nil if the key is none of an account's
	ID       string            // of the path, for endpoints with {id}
	Filters  map[string]string // of the path, by name
	Fields   map[string]any    // of the body, without the key

	method string
	key    string
	page   int
	count  int // of the account's calls, for values that vary
}

// Field returns a field of the body as text, "" if it is missing.
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

// maxBody is what a request may weigh, résumé included.
const maxBody = 32 << 20

// receive reads a request. What can't be read is a call without fields, and so
// without a key.
func receive(r *http.Request) *Call {
	c := &Call{method: r.Method, page: 1}
	c.route(segments(r.URL.EscapedPath()))
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err == nil && len(body) > 0 {
		dec := json.NewDecoder(strings.NewReader(string(body)))
		dec.UseNumber()
		_ = dec.Decode(&c.Fields) // see above
	}
	c.takeKey(r)
	return c
}

// takeKey finds the API key where this endpoint wants it: in the query of a
// GET, in the body of a POST. For the notes route by applicant, which no public
// client uses, the place is not known, and any will do.
func (c *Call) takeKey(r *http.Request) {
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

// segments are the parts of a path after /v1/, unescaped one by one, so that a
// value may hold an escaped slash.
func segments(path string) []string {
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

// filter reads pairs of name and value, in any order.
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
