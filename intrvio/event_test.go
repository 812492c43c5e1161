package intrvio_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

var (
	tenantID = uuid.MustParse("0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e10")
	eventRow = uuid.MustParse("0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11")
	otherRow = uuid.MustParse("0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12")
	occurred = time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("CET", 3600))
	ada      = intrvio.Candidate{FirstName: "Ada", LastName: "Byron", Email: "ada@example.com", Phone: "+1 555 0100"}
)

// Receivers depend on these names. A change here is a change of the contract.
func TestDataJSON(t *testing.T) {
	t.Parallel()
	job := intrvio.Job{JobID: "job_1", BoardCode: "Xy12", Title: "Engineer", Resolved: true}
	tests := []struct {
		name  string
		types []intrvio.EventType
		data  intrvio.Data
		want  string
	}{
		{
			"connection",
			[]intrvio.EventType{intrvio.ConnectionVerified, intrvio.ConnectionRejected, intrvio.ConnectionRestored},
			intrvio.Connection{State: "credentials_rejected", Reason: "JazzHR answered 401"},
			`{"state":"credentials_rejected","reason":"JazzHR answered 401"}`,
		},
		{
			"export, all known",
			[]intrvio.EventType{intrvio.CandidateExported},
			intrvio.CandidateExport{
				WebhookID: otherRow, Repeat: true, Resolved: true, ApplicantID: "prospect_1", PersonID: "39011522",
				Candidate: ada, Jobs: []intrvio.Job{job}, ExportContext: "job_1",
				Profile: json.RawMessage(`{"id":1}`),
				Attachments: []intrvio.Attachment{{
					URL: "https://api.jazz.co/public/document/x", FileName: "cv.pdf", MimeType: "application/pdf",
					ExpiresAt: occurred.UTC(),
				}},
				ReceivedAt: occurred.UTC(),
			},
			`{"webhook_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","repeat":true,"resolved":true,` +
				`"applicant_id":"prospect_1","person_id":"39011522",` +
				`"candidate":{"first_name":"Ada","last_name":"Byron","email":"ada@example.com","phone":"+1 555 0100"},` +
				`"jobs":[{"job_id":"job_1","board_code":"Xy12","title":"Engineer","resolved":true}],` +
				`"export_context":"job_1","profile":{"id":1},"attachments":[{` +
				`"url":"https://api.jazz.co/public/document/x","file_name":"cv.pdf","mime_type":"application/pdf",` +
				`"expires_at":"2026-11-23T08:30:00Z"}],"received_at":"2026-11-23T08:30:00Z"}`,
		},
		{
			"export, nothing known",
			[]intrvio.EventType{intrvio.CandidateExported},
			intrvio.CandidateExport{WebhookID: otherRow, UnresolvedReason: "no applicant of that name", ReceivedAt: occurred.UTC()},
			`{"webhook_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","repeat":false,"resolved":false,` +
				`"unresolved_reason":"no applicant of that name","person_id":"",` +
				`"candidate":{"first_name":"","last_name":"","email":"","phone":""},` +
				`"jobs":[],"profile":null,"attachments":[],"received_at":"2026-11-23T08:30:00Z"}`,
		},
		{
			"interview by export",
			[]intrvio.EventType{intrvio.InterviewRequested},
			intrvio.InterviewRequest{
				RequestID: eventRow, Trigger: intrvio.TriggerExport, ApplicantID: "prospect_1", JobID: "job_1", Job: job,
				Candidate: ada, Resolved: true, WebhookID: otherRow, Profile: json.RawMessage(`{"id":1}`),
			},
			`{"request_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11","trigger":"export","applicant_id":"prospect_1",` +
				`"job_id":"job_1","job":{"job_id":"job_1","board_code":"Xy12","title":"Engineer","resolved":true},` +
				`"candidate":{"first_name":"Ada","last_name":"Byron","email":"ada@example.com","phone":"+1 555 0100"},` +
				`"resolved":true,"webhook_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","profile":{"id":1}}`,
		},
		{
			"interview by stage",
			[]intrvio.EventType{intrvio.InterviewRequested},
			intrvio.InterviewRequest{RequestID: eventRow, Trigger: intrvio.TriggerStage, UnresolvedReason: "merged"},
			`{"request_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11","trigger":"stage","job":{"resolved":false},` +
				`"candidate":{"first_name":"","last_name":"","email":"","phone":""},` +
				`"resolved":false,"unresolved_reason":"merged"}`,
		},
		{
			"stage",
			[]intrvio.EventType{intrvio.CandidateStageChanged},
			intrvio.StageChange{
				ActivityID: "7", ApplicantID: "prospect_1", From: "New", To: "Interview", JobTitle: "Engineer", JobID: "job_1",
				RawAction: `moved "New" "Interview" "Engineer"`, Parsed: true,
				OccurredOn: "2026-11-23", OccurredAtTime: "09:30:00",
			},
			`{"activity_id":"7","applicant_id":"prospect_1","from":"New","to":"Interview","job_title":"Engineer",` +
				`"job_id":"job_1","raw_action":"moved \"New\" \"Interview\" \"Engineer\"","parsed":true,` +
				`"occurred_on":"2026-11-23","occurred_at_time":"09:30:00"}`,
		},
		{
			"writeback",
			[]intrvio.EventType{intrvio.WritebackCompleted, intrvio.WritebackRejected, intrvio.WritebackAttention},
			intrvio.WritebackResult{
				WritebackID: otherRow, InterviewID: "interview_1", Revision: 2, ApplicantID: "prospect_1", JobID: "job_1",
				Steps: []intrvio.Step{
					{Kind: intrvio.StepCreateApplicant, State: "done", RemoteID: "prospect_1"},
					{Kind: intrvio.StepLinkApplicantToJob, State: "rejected", Error: "no such job"},
					{Kind: intrvio.StepWriteNotes, Part: 1, State: "done", RemoteID: "comment_1"},
				},
				Reason: "no such job",
			},
			`{"writeback_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","interview_id":"interview_1","revision":2,` +
				`"applicant_id":"prospect_1","job_id":"job_1","steps":[` +
				`{"kind":"create_applicant","state":"done","remote_id":"prospect_1"},` +
				`{"kind":"link_applicant_to_job","state":"rejected","error":"no such job"},` +
				`{"kind":"write_notes","part":1,"state":"done","remote_id":"comment_1"}],"reason":"no such job"}`,
		},
		{
			"writeback with what was written",
			[]intrvio.EventType{intrvio.WritebackCompleted},
			intrvio.WritebackResult{
				WritebackID: otherRow, InterviewID: "interview_1", Revision: 1,
				Written: &intrvio.Written{Note: []string{"score", "link"}, StoredIn: "us"},
			},
			`{"writeback_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","interview_id":"interview_1","revision":1,"steps":[],` +
				`"written":{"note":["score","link"],"stored_in":"us"}}`,
		},
		{
			"writeback without steps",
			[]intrvio.EventType{intrvio.WritebackRejected},
			intrvio.WritebackResult{WritebackID: otherRow, InterviewID: "interview_1", Revision: 1},
			`{"writeback_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12","interview_id":"interview_1","revision":1,"steps":[]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, eventType := range tt.types {
				got, err := intrvio.Encode(eventType, tt.data)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, string(got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", eventType, diff)
				}
			}
			if _, err := intrvio.Encode("other.type", tt.data); err == nil {
				t.Error("encoded as a type it does not belong to")
			}
		})
	}
}

func TestEnvelopeJSON(t *testing.T) {
	t.Parallel()
	e := intrvio.Envelope{
		ID: intrvio.EventID(eventRow), Type: intrvio.ConnectionVerified, Timestamp: occurred,
		TenantID: tenantID, Sequence: 1<<53 + 1, Data: json.RawMessage(`{"state":"active"}`),
	}
	got, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"evt_0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11","type":"connection.verified",` +
		`"timestamp":"2026-11-23T08:30:00Z","tenant_id":"0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e10",` +
		`"sequence":9007199254740993,"data":{"state":"active"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e.ExternalID = "acme"
	if got, err = json.Marshal(&e); err != nil || !strings.Contains(string(got), `"external_id":"acme"`) {
		t.Errorf("with an external id: %s, %v", got, err)
	}
	var back intrvio.Envelope
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	e.Timestamp = e.Timestamp.UTC()
	if diff := cmp.Diff(e, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	e := intrvio.Envelope{
		Type: intrvio.WritebackRejected,
		Data: json.RawMessage(`{"interview_id":"interview_1","added_later":true}`),
	}
	got, err := intrvio.Decode[intrvio.WritebackResult](e)
	if err != nil || got.InterviewID != "interview_1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := intrvio.Decode[intrvio.StageChange](e); err == nil {
		t.Error("decoded as data of another type")
	}
	e.Data = json.RawMessage(`[]`)
	if _, err := intrvio.Decode[intrvio.WritebackResult](e); err == nil {
		t.Error("decoded data that is no object")
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	if got, err := intrvio.ParseEventID(intrvio.EventID(eventRow)); err != nil || got != eventRow {
		t.Errorf("read back as %s, %v", got, err)
	}
	for _, bad := range []string{
		"", "evt_", eventRow.String(), "evt_" + strings.ReplaceAll(eventRow.String(), "-", ""), "evt_{" + eventRow.String() + "}", "evt_zzzza5d2-7a1c-7c3e-9d58-1f0c6b2a4e11",
	} {
		if _, err := intrvio.ParseEventID(bad); err == nil {
			t.Errorf("took %q", bad)
		}
	}
}

func TestEnvelopeLogHidesData(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	e := intrvio.Envelope{
		ID: "evt_1", Type: intrvio.CandidateExported, Data: json.RawMessage(`{"email":"ada@example.com"}`),
	}
	slog.New(slog.NewTextHandler(&buf, nil)).Info("delivered", "event", e)
	if got := buf.String(); strings.Contains(got, "ada") || !strings.Contains(got, "event.id=evt_1") {
		t.Errorf("logged %s", got)
	}
}
