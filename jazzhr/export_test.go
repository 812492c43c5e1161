package jazzhr

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// token returns an unsigned JSON Web Token with the claims.
func token(claims string) string {
	return "eyJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

// fullExport has the shape of a recorded request, in PHP's style.
var fullExport = `{"candidate":{"person":{"id":{"value":"39011522","schemeId":"JazzHR Candidate","schemeAgencyId":"JazzHR"},` +
	`"name":{"given":"Kenny","family":"Jones","formattedName":"Kenny B. Jones"},"gender":"No Answer","citizenship":["No Answer"],` +
	`"applyDate":"2018-09-17","communication":{"address":[{"city":"Pittsburgh","countrySubdivisions":[{"type":"state","value":"PA"}],` +
	`"formattedAddress":"1 St","line":"1 St","postalCode":"15233"}],"phone":[{"formattedNumber":"888-353-0887"}],` +
	`"email":[{"address":"kenny@example.com"}],"web":[]}},"profiles":[{"languageCode":"en-US",` +
	`"profileId":{"value":"39187151","schemeId":"JazzHR Job Application","schemeAgencyId":"JazzHR"},` +
	`"associatedPositionOpenings":[{"positionOpeningId":{"value":"934951","schemeId":"JazzHR Job","schemeAgencyId":"JazzHR"},` +
	`"positionTitle":"Sample Job","positionUri":"https:\/\/acme.applytojob.com\/apply\/tZqAHP6nnh\/Sample-Job",` +
	`"candidateStatus":{"name":"New","category":"Active","transitionDateTime":"2018-09-17T17:18:30+00:00"}}],` +
	`"education":[{"educationLevelCodes":[{"name":"No Answer"}]}],"attachments":[{"id":{"value":"57691853"},"descriptions":["resume.docx"],` +
	`"url":"https:\/\/api.jazz.co\/public\/document\/` + token(`{"exp":1589647042}`) + `"}]}]}}`

func TestParseExport(t *testing.T) {
	t.Parallel()
	kenny := Person{
		ID: "39011522", FirstName: "Kenny", LastName: "Jones", FullName: "Kenny B. Jones",
		ApplyDate: "2018-09-17", Emails: []string{"kenny@example.com"}, Phones: []string{"888-353-0887"},
	}
	for _, test := range []struct {
		name, body string
		want       Export
	}{
		{"recorded", fullExport, Export{Person: kenny, Profiles: []Profile{{
			ID: "39187151",
			Positions: []Position{{
				ID: "934951", Title: "Sample Job", URI: "https://acme.applytojob.com/apply/tZqAHP6nnh/Sample-Job",
				BoardCode: "tZqAHP6nnh", Stage: "New",
			}},
			Attachments: []Attachment{{
				ID: "57691853", URL: "https://api.jazz.co/public/document/" + token(`{"exp":1589647042}`),
				FileName: "resume.docx", ExpiresAt: time.Date(2020, 5, 16, 16, 37, 22, 0, time.UTC),
			}},
		}}}},
		{"all null", `{"candidate":{"person":null,"profiles":null},"positionOpenings":null}`, Export{}},
		{
			"deep null", `{"candidate":{"person":{"id":null,"name":null,"communication":null},"profiles":[null,{"profileId":null,
			"associatedPositionOpenings":[null,{"positionUri":null,"candidateStatus":null}],"attachments":[null,{"url":null}]}]}}`,
			Export{Profiles: []Profile{{}, {Positions: []Position{{}, {}}}}},
		},
		{"empty", `{"candidate":{}}`, Export{}},
		{
			"numbers", `{"candidate":{"person":{"id":{"value":39011522},"name":{"given":"A","family":"B"}},"profiles":[{"profileId":39187151}]}}`,
			Export{Person: Person{ID: "39011522", FirstName: "A", LastName: "B", FullName: "A B"}, Profiles: []Profile{{ID: "39187151"}}},
		},
		{
			"bare objects", `{"candidate":{"person":{"name":"A B","communication":{"email":{"address":"a@example.com"},"phone":4121234567,"web":"x"}},
			"profiles":{"associatedPositionOpenings":{"positionTitle":"Welder"}}}}`,
			Export{
				Person:   Person{FullName: "A B", Emails: []string{"a@example.com"}, Phones: []string{"4121234567"}},
				Profiles: []Profile{{Positions: []Position{{Title: "Welder"}}}},
			},
		},
		{
			"several emails", `{"candidate":{"person":{"communication":{"email":[{"address":"a@example.com"},"b@example.com",{"address":"a@example.com"},{}]}}}}`,
			Export{Person: Person{Emails: []string{"a@example.com", "b@example.com"}}},
		},
		{
			"unknown keys and cases", `{"new":[1],"candidate":{"person":{"ID":7,"mood":"good"},"Profiles":[{"profile_id":"8"}]}}`,
			Export{Person: Person{ID: "7"}, Profiles: []Profile{{ID: "8"}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseExport([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(Export{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseExportRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `[]`, `7`, `{}`, VerifyBody, `{"candidate":null}`, `{"candidate":[]}`, `{"candidate":{}`, `{"candidate":{}} x`,
	} {
		if _, err := ParseExport([]byte(body)); !errors.Is(err, ErrNotExport) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestProfileLeavesOutProtected(t *testing.T) {
	t.Parallel()
	export, err := ParseExport([]byte(`{"candidate":{"person":{"id":{"value":12345678901234567890},"name":{"given":"A"},
		"gender":"SECRET","citizenShip":["SECRET"],"citizenship":"SECRET","Birth_Date":"SECRET","dateOfBirth":"SECRET","DOB":"SECRET"},
		"profiles":[{"personal":{"ETHNICITY":"SECRET","raceEthnicity":"SECRET","race":"SECRET","sex":"SECRET","kept":["a",{"veteran-status":"SECRET"}]}}]},
		"additionalPersonInformation":{"1":{"gpa":"4.0","eeoRace":"SECRET","EEO_Survey":"SECRET","eeoDisability":"SECRET","eeoVeteran":"SECRET",
		"Disability Status":"SECRET","is_disabled":"SECRET"}},"trace":"kept","terrace":"kept","sexton":"kept"}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"additionalPersonInformation":{"1":{"gpa":"4.0"}},"candidate":{"person":{"id":{"value":12345678901234567890},"name":{"given":"A"}},` +
		`"profiles":[{"personal":{"kept":["a",{}]}}]},"sexton":"kept","terrace":"kept","trace":"kept"}`
	if got := string(export.Profile()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (Export{}).Profile(); got != nil {
		t.Errorf("zero export: %s", got)
	}
}

func TestBoardCode(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://acme.applytojob.com/apply/tZqAHP6nnh/Sample-Job":   "tZqAHP6nnh",
		"https://acme.applytojob.com/apply/tZqAHP6nnh":              "tZqAHP6nnh",
		"https://acme.applytojob.com/apply/tZqAHP6nnh?source=x":     "tZqAHP6nnh",
		"https://app.jazz.co/jobs/apply/tZqAHP6nnh/apply/elsewhere": "tZqAHP6nnh",
		"https://acme.applytojob.com/apply/":                        "",
		"https://acme.applytojob.com/":                              "",
		"/apply/a%2Fb/c":                                            "a",
		"":                                                          "",
		"%":                                                         "",
	} {
		if got := BoardCode(uri); got != want {
			t.Errorf("%s: %q", uri, got)
		}
	}
}

func TestTokenExpiry(t *testing.T) {
	t.Parallel()
	const base = "https://api.jazz.co/public/document/"
	for address, want := range map[string]time.Time{
		base + token(`{"exp":1589647042}`):          time.Unix(1589647042, 0).UTC(),
		base + token(`{"exp":0}`):                   {},
		base + token(`{"exp":9223372036854775807}`): {},
		base + token(`{"exp":"x"}`):                 {},
		base + "a.b":                                {},
		base + "a.!.c":                              {},
		"":                                          {},
	} {
		if got := tokenExpiry(address); !got.Equal(want) {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func FuzzParseExport(f *testing.F) {
	f.Add([]byte(fullExport))
	f.Add([]byte(`{"candidate":{"person":{"name":"x","gender":1},"profiles":{"attachments":{"url":"a.b.c"}}}}`))
	f.Add([]byte(`{"candidate":{"profiles":[[],1,null,{"associatedPositionOpenings":"x"}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		export, err := ParseExport(body)
		if err != nil {
			return
		}
		profile := export.Profile()
		if !json.Valid(profile) {
			t.Fatalf("profile is no JSON: %s", profile)
		}
		again, err := ParseExport(profile)
		if err != nil {
			t.Fatalf("profile can't be read again: %v", err)
		}
		if strings.Contains(strings.ToLower(string(again.Profile())), `"gender":`) {
			t.Error("gender in the profile")
		}
		if _, err := json.Marshal(export); err != nil {
			t.Error(err)
		}
	})
}
