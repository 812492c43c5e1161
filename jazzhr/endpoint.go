package jazzhr

import (
	"fmt"
	"net/url"
	"strings"
)

// placement is where a request carries the key.
type placement int

const (
	inQuery  placement = iota + 1 // ?apikey=…
	inBody                        // member "apikey" of the JSON body
	inHeader                      // header "apikey"
)

// keyName is the key's name in all three places.
const keyName = "apikey"

// endpoint is one operation of the API.
type endpoint struct {
	method string
	path   string // template, below the base URL
	key    placement
	answer string // member that a good answer has and an error has not: an id
}

// The endpoints, with the key where recorded traffic and public clients carry
// it: in the query of reads, in the body of writes.
//
//nolint:gochecknoglobals // a table that nothing changes
var (
	listJobs       = endpoint{"GET", "/jobs", inQuery, "id"}
	getJob         = endpoint{"GET", "/jobs/{id}", inQuery, "id"}
	listApplicants = endpoint{"GET", "/applicants", inQuery, "id"}
	getApplicant   = endpoint{"GET", "/applicants/{id}", inQuery, "id"}
	listLinks      = endpoint{"GET", "/applicants2jobs", inQuery, "id"}
	listActivities = endpoint{"GET", "/activities", inQuery, "id"}

	postApplicant     = endpoint{"POST", "/applicants", inBody, "prospect_id"}
	postLink          = endpoint{"POST", "/applicants2jobs", inBody, "appjob_id"}
	postApplicantNote = endpoint{"POST", "/applicants/{id}/notes", inBody, "comment_id"}
	postNote          = endpoint{"POST", "/notes", inBody, "comment_id"}
)

// name is how errors and metrics call the endpoint.
func (e endpoint) name() string { return e.method + " " + e.path }

// target is an endpoint with its path filled in, escaped.
type target struct {
	endpoint
	escaped string
}

// at fills in the id of the endpoint's template, if it has one.
func (e endpoint) at(id string) (target, error) {
	segment, err := escapeSegment(id)
	if err != nil {
		return target{}, fmt.Errorf("id: %w", err)
	}
	return target{e, strings.Replace(e.path, "{id}", segment, 1)}, nil
}

// filter is one filter of a list: JazzHR takes them as path segments
// (/status/open) and ignores query parameters.
type filter struct{ name, value string }

// page fills in the filters that are set and the page, counted from 1.
func (e endpoint) page(page int, filters ...filter) (target, error) {
	if page < 1 {
		return target{}, fmt.Errorf("page %d: %w", page, errPathValue)
	}
	var path strings.Builder
	path.WriteString(e.path)
	for _, f := range filters {
		if f.value == "" {
			continue
		}
		segment, err := escapeSegment(f.value)
		if err != nil {
			return target{}, fmt.Errorf("filter %s: %w", f.name, err)
		}
		fmt.Fprintf(&path, "/%s/%s", f.name, segment)
	}
	fmt.Fprintf(&path, "/page/%d", page)
	return target{e, path.String()}, nil
}

// escapeSegment escapes a value to stand as one path segment. An empty value
// would turn the read of one thing into the read of all, and dots alone name
// another path, however they are escaped.
func escapeSegment(value string) (string, error) {
	if value == "" || value == "." || value == ".." {
		return "", errPathValue
	}
	return url.PathEscape(value), nil
}
