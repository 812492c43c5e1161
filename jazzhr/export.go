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

// AttachmentLifetime is how long an attachment's address works after the
// export, as JazzHR documents it.
const AttachmentLifetime = 150 * time.Minute

// ErrNotExport is returned by ParseExport for a body that is not one JSON
// object with a candidate in it.
var ErrNotExport = errors.New("jazzhr: not a candidate export")

// Export is what an EventCandidateExport tells. Any field can be empty, since
// any field of the payload can be null. All ids in it are JazzHR's internal
// numbers, which the REST API does not know.
//
// The payload (shape from JazzHR's api-doc and a recorded request; compact in
// reality, with "/" written as "\/"):
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
// Older documentation adds, beside candidate, positionOpenings, personDocuments
// and three additional…Information objects (eeoRace, eeoDisability and
// eeoVeteran among their keys). They are not read, but stay in Profile.
type Export struct {
	Person   Person
	Profiles []Profile

	pushed json.RawMessage
}

// Person is whom an export is about. Gender, citizenship and the like are not
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

// Profile is one application of the person, with the jobs it is for.
type Profile struct {
	ID          string // JazzHR's internal number
	Positions   []Position
	Attachments []Attachment
}

// Position is a job the person applied to.
type Position struct {
	ID        string // JazzHR's internal number
	Title     string
	URI       string // the public page to apply at
	BoardCode string // from URI; joins the job through the REST API
	Stage     string // name of the workflow step the candidate is in
}

// Attachment is a document of the person. URL comes from outside: fetch it from
// JazzHR's document host alone.
type Attachment struct {
	ID        string // JazzHR's internal number
	URL       string
	FileName  string
	MIMEType  string
	ExpiresAt time.Time // from the address's token, unverified; zero if it does not say
}

// ParseExport reads the body of an EventCandidateExport. It takes numbers for
// strings, one object for a list of one, null for anything and keys it does not
// know; only a body with no candidate in it is refused, with ErrNotExport.
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

// Profile returns the payload as it was pushed, without what must not be passed
// on about a person: gender, race and ethnicity, disability, veteran status,
// birth date and citizenship, wherever and in whatever spelling the keys stand.
// It is nil for the zero Export.
func (e Export) Profile() json.RawMessage {
	return bytes.Clone(e.pushed)
}

func parsePerson(p map[string]any) Person {
	name := object(member(p, "name"))
	communication := object(member(p, "communication"))
	person := Person{
		ID:        identifier(member(p, "id", "personId")),
		FirstName: scalar(member(name, "given", "givenName", "firstName")),
		LastName:  scalar(member(name, "family", "familyName", "lastName")),
		FullName:  scalar(member(name, "formattedName", "fullName")),
		ApplyDate: dateText(scalar(member(p, "applyDate"))),
		Emails:    values(member(communication, "email", "emails"), "address", "value"),
		Phones:    values(member(communication, "phone", "phones"), "formattedNumber", "number", "value"),
	}
	if person.FullName == "" {
		// The name itself may have come as plain text.
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
		if descriptions := values(member(attachment, "descriptions", "description"), "value"); fileName == "" && len(descriptions) > 0 {
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

// BoardCode returns the board code in the address of a job's public page
// (".../apply/<board code>/<slug>"), or "" if it holds none.
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

// maxExpiry is the end of the year 9999, past which time.Time has no JSON form.
const maxExpiry = 253402300799

// tokenExpiry reads the exp claim of the JSON Web Token that ends an
// attachment's address.
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
