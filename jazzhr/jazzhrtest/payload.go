package jazzhrtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The body of an export is HR Open's candidate with JazzHR's additions, as documented at
// github.com/JazzHR/api-doc and recorded in use. Missing values are null, as documented for every
// field.

type (
	exportPayload struct {
		Candidate        exportCandidate               `json:"candidate"`
		AdditionalPerson map[string]exportPersonExtras `json:"additionalPersonInformation"`
	}
	exportCandidate struct {
		Person   exportPerson    `json:"person"`
		Profiles []exportProfile `json:"profiles"`
	}
	exportPerson struct {
		ID            exportID            `json:"id"`
		Name          exportName          `json:"name"`
		Gender        string              `json:"gender"`
		Citizenship   []string            `json:"citizenship"` // documented as citizenShip
		ApplyDate     string              `json:"applyDate"`
		Communication exportCommunication `json:"communication"`
	}
	exportID struct {
		Value  any    `json:"value"` // text in recorded traffic, a number in the documentation
		Scheme string `json:"schemeId"`
		Agency string `json:"schemeAgencyId"`
	}
	exportName struct {
		Given     *string `json:"given"`
		Family    *string `json:"family"`
		Formatted *string `json:"formattedName"`
	}
	exportCommunication struct {
		Address []exportAddress `json:"address"`
		Phone   []exportPhone   `json:"phone"`
		Email   []exportEmail   `json:"email"`
		Web     any             `json:"web"` // text, or [] for none
	}
	exportAddress struct {
		City         *string             `json:"city"`
		Subdivisions []exportSubdivision `json:"countrySubdivisions"`
		Formatted    *string             `json:"formattedAddress"`
		Line         *string             `json:"line"`
		PostalCode   *string             `json:"postalCode"`
	}
	exportSubdivision struct {
		Type  string  `json:"type"`
		Value *string `json:"value"`
	}
	exportPhone struct {
		Number *string `json:"formattedNumber"`
	}
	exportEmail struct {
		Address *string `json:"address"`
	}
	exportProfile struct {
		Language    string             `json:"languageCode"`
		ID          exportID           `json:"profileId"`
		Positions   []exportPosition   `json:"associatedPositionOpenings"`
		Education   []exportEducation  `json:"education"`
		Attachments []exportAttachment `json:"attachments"`
	}
	exportPosition struct {
		ID     exportID     `json:"positionOpeningId"`
		Title  string       `json:"positionTitle"`
		URI    string       `json:"positionUri"`
		Status exportStatus `json:"candidateStatus"`
	}
	exportStatus struct {
		Name     string `json:"name"`
		Category string `json:"category"`
		At       string `json:"transitionDateTime"`
	}
	exportEducation struct {
		Levels []exportLevel `json:"educationLevelCodes"`
	}
	exportLevel struct {
		Name string `json:"name"`
	}
	exportAttachment struct {
		ID           exportID `json:"id"`
		Descriptions []string `json:"descriptions"`
		URL          string   `json:"url"`
	}
	exportPersonExtras struct {
		Race       *string `json:"eeoRace"`
		Disability *string `json:"eeoDisability"`
		Veteran    *string `json:"eeoVeteran"`
	}
)

// newPayload returns the body of an export of an applicant with the given links. The caller holds
// the lock.
func (a *Account) newPayload(p *applicant, links []*link) exportPayload {
	profiles := make([]exportProfile, 0, len(links))
	for _, l := range links {
		profiles = append(profiles, a.newProfile(p, l))
	}
	if len(profiles) == 0 {
		profiles = append(profiles, exportProfile{
			Language: "en-US", ID: exportID{nil, "JazzHR Job Application", "JazzHR"},
			Positions: []exportPosition{}, Attachments: a.newAttachments(p),
		})
	}
	number := strconv.FormatInt(p.Number, 10)
	return exportPayload{
		Candidate: exportCandidate{
			Person: exportPerson{
				ID:            exportID{number, "JazzHR Candidate", "JazzHR"},
				Name:          exportName{orNull(p.FirstName), orNull(p.LastName), orNull(fullName(p.Applicant))},
				Gender:        orNoAnswer(p.Protected.Gender),
				Citizenship:   []string{orNoAnswer(p.Protected.Citizenship)},
				ApplyDate:     date(p.Applied),
				Communication: newCommunication(p.Applicant),
			},
			Profiles: profiles,
		},
		AdditionalPerson: map[string]exportPersonExtras{
			number: {orNull(p.Protected.Race), orNull(p.Protected.Disability), orNull(p.Protected.Veteran)},
		},
	}
}

func newCommunication(p Applicant) exportCommunication {
	c := exportCommunication{
		Address: []exportAddress{{
			City: orNull(p.City), Subdivisions: []exportSubdivision{{"state", orNull(p.State)}},
			Formatted: orNull(joinWords(p.Address, p.City, p.State, p.Postal)),
			Line:      orNull(p.Address), PostalCode: orNull(p.Postal),
		}},
		Phone: []exportPhone{{orNull(p.Phone)}},
		Email: []exportEmail{{orNull(p.Email)}},
		Web:   []string{},
	}
	if p.Website != "" {
		c.Web = p.Website
	}
	return c
}

func (a *Account) newProfile(p *applicant, l *link) exportProfile {
	j := a.jobByID[l.JobID]
	category := "Active"
	if l.Stage == "Hired" || l.Stage == "Not Hired" {
		category = l.Stage
	}
	return exportProfile{
		Language: "en-US",
		ID:       exportID{strconv.FormatInt(l.Number, 10), "JazzHR Job Application", "JazzHR"},
		Positions: []exportPosition{{
			ID:     exportID{j.Number, "JazzHR Job", "JazzHR"},
			Title:  j.Title,
			URI:    a.positionURI(j.Job),
			Status: exportStatus{l.Stage, category, l.Moved.UTC().Format("2006-01-02T15:04:05-07:00")},
		}},
		Education:   []exportEducation{{[]exportLevel{{"No Answer"}}}},
		Attachments: a.newAttachments(p),
	}
}

// positionURI returns the address of a job on the customer's public job board.
func (a *Account) positionURI(j Job) string {
	return fmt.Sprintf("https://%s.applytojob.com/apply/%s/%s",
		strings.ToLower(slug(a.settings.Company, "")), j.BoardCode, slug(j.Title, "-"))
}

// slug returns a name for use in an address: its words, joined by a separator.
func slug(name, separator string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), separator)
}

func (a *Account) newAttachments(p *applicant) []exportAttachment {
	expires := a.sim.now().Add(documentLifetime)
	out := make([]exportAttachment, 0, len(p.Attachments))
	for _, doc := range p.Attachments {
		out = append(out, exportAttachment{
			ID:           exportID{strconv.FormatInt(doc.Number, 10), "JazzHR Document to Candidate", "JazzHR"},
			Descriptions: []string{doc.FileName},
			URL:          a.sim.opts.PublicURL + documentPath + a.sim.documentToken(a.id, doc.Number, expires),
		})
	}
	return out
}

// joinWords joins the words of all texts with single spaces.
func joinWords(texts ...string) string {
	return strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
}

// orNull returns the text, or nil, which encodes as null, if it is empty.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func orNoAnswer(text string) string {
	if text == "" {
		return "No Answer"
	}
	return text
}

// documentLifetime is how long a document's address in an export works, by JazzHR's documentation.
const documentLifetime = 2*time.Hour + 30*time.Minute
