package jazzhr

import (
	"fmt"
	"net/url"
	"strings"
)

// keyPlacement says where a request carries the key.
type keyPlacement int

const (
	inQuery  keyPlacement = iota + 1 // ?apikey=…
	inBody                           // member "apikey" of the JSON body
	inHeader                         // header "apikey"
)

// keyName is the name of the key in all three places.
const keyName = "apikey"

// endpoint is one operation of the API.
type endpoint struct {
	method string
	path   string // template, relative to the base URL
	key    keyPlacement
	answer string // the id field, which a good answer has and an error lacks
	does   action
}

// action is what an endpoint does. How its answers are read depends on it.
type action int

const (
	readList action = iota + 1
	readRecord
	createApplicant
	linkApplicant
	writeNote
)

// The endpoints. Recorded traffic and public clients carry the key in the query of reads and in the
// body of writes.
//
//nolint:gochecknoglobals // a table that nothing changes
var (
	listJobs       = endpoint{"GET", "/jobs", inQuery, "id", readList}
	getJob         = endpoint{"GET", "/jobs/{id}", inQuery, "id", readRecord}
	listApplicants = endpoint{"GET", "/applicants", inQuery, "id", readList}
	getApplicant   = endpoint{"GET", "/applicants/{id}", inQuery, "id", readRecord}
	listLinks      = endpoint{"GET", "/applicants2jobs", inQuery, "id", readList}
	listActivities = endpoint{"GET", "/activities", inQuery, "id", readList}

	postApplicant     = endpoint{"POST", "/applicants", inBody, "prospect_id", createApplicant}
	postLink          = endpoint{"POST", "/applicants2jobs", inBody, "appjob_id", linkApplicant}
	postApplicantNote = endpoint{"POST", "/applicants/{id}/notes", inBody, "comment_id", writeNote}
	postNote          = endpoint{"POST", "/notes", inBody, "comment_id", writeNote}
)

// name returns the endpoint's name for errors and metrics.
func (e endpoint) name() string { return e.method + " " + e.path }

// target is an endpoint whose path is filled in and escaped.
type target struct {
	endpoint
	escaped string
}

// at fills the id into the endpoint's path, if the path has one.
func (e endpoint) at(id string) (target, error) {
	segment, err := escapeSegment(id)
	if err != nil {
		return target{}, fmt.Errorf("id: %w", err)
	}
	return target{e, strings.Replace(e.path, "{id}", segment, 1)}, nil
}

// filter is one filter of a list. JazzHR reads filters from the path (/status/open) and ignores
// query parameters.
type filter struct{ name, value string }

// page appends the filters that are set and the page to the endpoint's path. Pages count from 1.
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

// escapeSegment escapes a value for use as one path segment. It refuses the empty value, which
// would read all records instead of one, and the values . and .., which lead to another path even
// if escaped.
func escapeSegment(value string) (string, error) {
	if value == "" || value == "." || value == ".." {
		return "", errPathValue
	}
	return url.PathEscape(value), nil
}
