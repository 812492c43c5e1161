package jazzhr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// AttachmentLifetime is how long an attachment's address works after the export, by JazzHR's
// documentation.
const AttachmentLifetime = 150 * time.Minute

// ErrNotExport is returned by [ParseExport] if the body is not one JSON object with a candidate.
var ErrNotExport = errors.New("jazzhr: not a candidate export")

// Export is the content of an [EventCandidateExport]. Any field can be empty, because any field of
// the payload can be null. All ids are JazzHR's internal numbers, which the REST API does not know.
//
// The payload has this shape, by JazzHR's api-doc and a recorded request. Real payloads are compact
// and write "/" as "\/".
//
//	{"candidate": {
//	  "person": {
//	    "id": {"value": "39011522", "schemeId": "JazzHR Candidate", "schemeAgencyId": "JazzHR"},
//	    "name": {"given": "Kenny", "family": "Jones", "formattedName": "Kenny Jones"},
//	    "gender": "No Answer",
//	    "citizenship": ["No Answer"],
//	    "applyDate": "2018-09-17",
//	    "communication": {
//	      "address": [{"city": "Pittsburgh", "countrySubdivisions": [{"type": "state", "value": "PA"}],
//	                   "formattedAddress": "…", "line": "…", "postalCode": "15233"}],
//	      "phone": [{"formattedNumber": "888-353-0887"}],
//	      "email": [{"address": "kenny@example.com"}],
//	      "web": []
//	    }
//	  },
//	  "profiles": [{
//	    "languageCode": "en-US",
//	    "profileId": {"value": "39187151", "schemeId": "JazzHR Job Application", "schemeAgencyId": "JazzHR"},
//	    "associatedPositionOpenings": [{
//	      "positionOpeningId": {"value": "934951", "schemeId": "JazzHR Job", "schemeAgencyId": "JazzHR"},
//	      "positionTitle": "Sample Job",
//	      "positionUri": "https://acme.applytojob.com/apply/tZqAHP6nnh/Sample-Job",
//	      "candidateStatus": {"name": "New", "category": "Active", "transitionDateTime": "2018-09-17T17:18:30+00:00"}
//	    }],
//	    "education": [{"educationLevelCodes": [{"name": "No Answer"}]}],
//	    "attachments": [{
//	      "id": {"value": "57691853", "schemeId": "JazzHR Document to Candidate", "schemeAgencyId": "JazzHR"},
//	      "descriptions": ["resume.docx"],
//	      "url": "https://api.jazz.co/public/document/<JWT>"
//	    }]
//	  }]
//	}}
//
// Older documentation names further objects beside candidate: positionOpenings, personDocuments and
// three additional…Information objects, with keys such as eeoRace, eeoDisability and eeoVeteran.
// ParseExport does not read them. [Export.Profile] keeps them, without the protected keys.
type Export struct {
	Person   Person
	Profiles []Profile

	pushed json.RawMessage
}

// Person is the exported candidate. Gender, citizenship and other protected attributes are not
// read.
type Person struct {
	ID        string // JazzHR's internal number
	FirstName string
	LastName  string
	FullName  string // as JazzHR formats it, else first and last name
	ApplyDate string // YYYY-MM-DD
	Emails    []string
	Phones    []string
}

// Profile is one application of the person, with its jobs.
type Profile struct {
	ID          string // JazzHR's internal number
	Positions   []Position
	Attachments []Attachment
}

// Position is a job that the person applied to.
type Position struct {
	ID        string // JazzHR's internal number
	Title     string
	URI       string // the public page of the job
	BoardCode string // from URI; finds the job in the REST API
	Stage     string // name of the candidate's workflow step
}

// Attachment is a document of the person. The URL comes from outside: fetch it only from JazzHR's
// document host.
type Attachment struct {
	ID        string // JazzHR's internal number
	URL       string
	FileName  string
	MIMEType  string
	ExpiresAt time.Time // from the token in URL, not verified; zero if unknown
}

// ParseExport reads the body of an [EventCandidateExport]. It accepts numbers for strings, one
// object for a list of one, null for any value, and unknown keys. A body without a candidate gives
// [ErrNotExport].
func ParseExport(body []byte) (Export, error) {
	payload, _ := decodeJSON(body)
	candidate, ok := member(object(payload), "candidate").(map[string]any)
	if !ok {
		return Export{}, ErrNotExport
	}
	export := Export{Person: parsePerson(object(member(candidate, "person")))}
	for _, profile := range list(member(candidate, "profiles", "profile")) {
		export.Profiles = append(export.Profiles, parseProfile(object(profile)))
	}
	pushed, err := json.Marshal(withoutProtected(payload))
	if err != nil {
		return Export{}, fmt.Errorf("jazzhr: write pushed profile: %w", err)
	}
	export.pushed = pushed
	return export, nil
}

// Profile returns the payload as JazzHR pushed it, without protected attributes of the person:
// gender, race and ethnicity, disability, veteran status, birth date and citizenship. It drops
// their keys at any depth and in any spelling. It returns nil for the zero Export.
func (e Export) Profile() json.RawMessage {
	return bytes.Clone(e.pushed)
}

func parsePerson(p map[string]any) Person {
	name := object(member(p, "name"))
	communication := object(member(p, "communication"))
	person := Person{
		ID:        identifier(member(p, "id", "personId")),
		FirstName: personal(member(name, "given", "givenName", "firstName")),
		LastName:  personal(member(name, "family", "familyName", "lastName")),
		FullName:  scalar(member(name, "formattedName", "fullName")),
		ApplyDate: dateText(scalar(member(p, "applyDate"))),
		Emails:    values(member(communication, "email", "emails"), "address", "value"),
		Phones:    values(member(communication, "phone", "phones"), "formattedNumber", "number", "value"),
	}
	if person.FullName == "" {
		// JazzHR may send the name as plain text.
		person.FullName = scalar(member(p, "name"))
	}
	if person.FullName == "" {
		person.FullName = strings.TrimSpace(person.FirstName + " " + person.LastName)
	}
	return person
}

func parseProfile(p map[string]any) Profile {
	profile := Profile{ID: identifier(member(p, "profileId", "id"))}
	for _, item := range list(member(p, "associatedPositionOpenings", "positionOpenings")) {
		opening := object(item)
		uri := scalar(member(opening, "positionUri", "positionUrl"))
		profile.Positions = append(profile.Positions, Position{
			ID:        identifier(member(opening, "positionOpeningId", "positionId", "id")),
			Title:     scalar(member(opening, "positionTitle", "title")),
			URI:       uri,
			BoardCode: BoardCode(uri),
			Stage:     scalar(member(object(member(opening, "candidateStatus")), "name")),
		})
	}
	for _, item := range list(member(p, "attachments", "attachment")) {
		attachment := object(item)
		address := scalar(member(attachment, "url", "uri"))
		if address == "" {
			continue
		}
		fileName := scalar(member(attachment, "fileName"))
		descriptions := values(member(attachment, "descriptions", "description"), "value")
		if fileName == "" && len(descriptions) > 0 {
			fileName = descriptions[0]
		}
		profile.Attachments = append(profile.Attachments, Attachment{
			ID:        identifier(member(attachment, "id")),
			URL:       address,
			FileName:  fileName,
			MIMEType:  scalar(member(attachment, "mimeType")),
			ExpiresAt: tokenExpiry(address),
		})
	}
	return profile
}

// BoardCode returns the board code from the address of a job's public page (".../apply/<board
// code>/<slug>"). It returns "" if the address holds none.
func BoardCode(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	_, rest, found := strings.Cut(u.Path, "/apply/")
	if !found {
		return ""
	}
	code, _, _ := strings.Cut(rest, "/")
	return code
}

// maxExpiry is the last second of the year 9999. time.Time has no JSON form for later times.
const maxExpiry = 253402300799

// tokenExpiry reads the exp claim of the JSON Web Token that ends an attachment's address.
func tokenExpiry(address string) time.Time {
	token := address[strings.LastIndexByte(address, '/')+1:]
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claim struct {
		Exp int64 `json:"exp"` // seconds since 1970
	}
	if err := json.Unmarshal(claims, &claim); err != nil || claim.Exp <= 0 || claim.Exp > maxExpiry {
		return time.Time{}
	}
	return time.Unix(claim.Exp, 0).UTC()
}
