package writeback_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

func TestValidation(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	type wb = writeback.Writeback
	number := func(v float64) *float64 { return &v }
	tests := []struct {
		name   string
		change func(*wb)
		field  string // empty if it is valid
	}{
		{"as it is", func(*wb) {}, ""},

		{"no interview", func(w *wb) { w.InterviewID = "" }, "interview_id"},
		{"blank interview", func(w *wb) { w.InterviewID = " " }, "interview_id"},
		{"long interview", func(w *wb) { w.InterviewID = strings.Repeat("é", 200) }, ""},
		{"too long interview", func(w *wb) { w.InterviewID = strings.Repeat("x", 201) }, "interview_id"},
		{"interview of two lines", func(w *wb) { w.InterviewID = "a\nb" }, "interview_id"},
		{"interview as of the rest of a note", func(w *wb) { w.InterviewID = "a/1/1/continued" }, "interview_id"},
		{"NUL in the interview", func(w *wb) { w.InterviewID = "a\x00b" }, "interview_id"},
		{"interview that is not UTF-8", func(w *wb) { w.InterviewID = "a\xff" }, "interview_id"},
		{"negative revision", func(w *wb) { w.Revision = -1 }, "revision"},
		{"highest revision", func(w *wb) { w.Revision = math.MaxInt32 }, ""},
		{"too high revision", func(w *wb) { w.Revision = math.MaxInt32 + 1 }, "revision"},
		{"unknown request", func(w *wb) { w.RequestID = new(uuid.New()) }, "request_id"},

		{"no candidate", func(w *wb) { w.Candidate.ID = "" }, "candidate.id"},
		{"too long candidate", func(w *wb) { w.Candidate.ID = strings.Repeat("x", 201) }, "candidate.id"},
		{"too long applicant", func(w *wb) {
			w.Candidate.ApplicantID = strings.Repeat("x", 101)
		}, "candidate.applicant_id"},
		{"no first name", func(w *wb) { w.Candidate.FirstName = "" }, "candidate.first_name"},
		{"first name without a letter", func(w *wb) { w.Candidate.FirstName = "123" }, "candidate.first_name"},
		{"first name of Chinese letters", func(w *wb) { w.Candidate.FirstName = "漢" }, ""},
		{"no last name", func(w *wb) { w.Candidate.LastName = "" }, "candidate.last_name"},
		{"last name without a letter", func(w *wb) { w.Candidate.LastName = "-" }, "candidate.last_name"},
		{"no email", func(w *wb) { w.Candidate.Email = "" }, "candidate.email"},
		{"email without an at", func(w *wb) { w.Candidate.Email = "ada.example.com" }, "candidate.email"},
		{"email with a name", func(w *wb) { w.Candidate.Email = "Ada <ada@example.com>" }, "candidate.email"},
		{"two emails", func(w *wb) { w.Candidate.Email = "ada@example.com, bob@example.com" }, "candidate.email"},
		{"email in space", func(w *wb) { w.Candidate.Email = " ada@example.com " }, ""},
		{"too long email", func(w *wb) { w.Candidate.Email = strings.Repeat("x", 250) + "@x.com" }, "candidate.email"},
		{"known applicant only", func(w *wb) {
			w.Candidate = writeback.Candidate{ID: "c", ApplicantID: "prospect_1"}
		}, ""},
		{"known applicant with a bad email", func(w *wb) {
			w.Candidate = writeback.Candidate{ID: "c", ApplicantID: "prospect_1", Email: "?"}
		}, "candidate.email"},
		{"phone of two lines", func(w *wb) { w.Candidate.Phone = "1\r\n2" }, "candidate.phone"},
		{"too long phone", func(w *wb) { w.Candidate.Phone = strings.Repeat("1", 51) }, "candidate.phone"},
		{"too long source", func(w *wb) { w.Candidate.Source = strings.Repeat("x", 201) }, "candidate.source"},

		{"job without a name", func(w *wb) { w.Job = &writeback.Job{} }, "job"},
		{"job", func(w *wb) { w.Job = &writeback.Job{ID: "job_1"} }, ""},
		{"too long job", func(w *wb) { w.Job = &writeback.Job{ID: strings.Repeat("x", 101)} }, "job.id"},
		{"board code", func(w *wb) { w.Job = &writeback.Job{BoardCode: "tZqAHP6nnh"} }, ""},
		{"too long board code", func(w *wb) {
			w.Job = &writeback.Job{BoardCode: strings.Repeat("x", 101)}
		}, "job.board_code"},

		{"empty note", func(w *wb) { w.Note = writeback.Note{} }, "note"},
		{"score of nothing", func(w *wb) { w.Note = writeback.Note{Score: number(0)} }, ""},
		{"score that is no number", func(w *wb) { w.Note.Score = number(math.NaN()) }, "note.score"},
		{"score without an end", func(w *wb) { w.Note.Score = number(math.Inf(-1)) }, "note.score"},
		{"scale without a score", func(w *wb) { w.Note.Scale = number(10) }, "note.scale"},
		{"scale of nothing", func(w *wb) { w.Note.Score, w.Note.Scale = number(1), number(0) }, "note.scale"},
		{"scale that is no number", func(w *wb) {
			w.Note.Score, w.Note.Scale = number(1), number(math.NaN())
		}, "note.scale"},
		{"scale without an end", func(w *wb) {
			w.Note.Score, w.Note.Scale = number(1), number(math.Inf(1))
		}, "note.scale"},
		{"summary of lines", func(w *wb) { w.Note.Summary = "a\r\n\tb" }, ""},
		{"summary with an escape", func(w *wb) { w.Note.Summary = "a\x1b[0m" }, "note.summary"},
		{"transcript with NUL", func(w *wb) { w.Note.Transcript = "a\x00" }, "note.transcript"},
		{"transcript that is not UTF-8", func(w *wb) { w.Note.Transcript = "\xed\xa0\x80" }, "note.transcript"},
		{"url without a host", func(w *wb) { w.Note.URL = "https://" }, "note.url"},
		{"url of another scheme", func(w *wb) { w.Note.URL = "javascript://x/%0aalert(1)" }, "note.url"},
		{"too long url", func(w *wb) { w.Note.URL = "https://x/" + strings.Repeat("x", 2000) }, "note.url"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := queuetest.Writeback("validation " + test.name)
			test.change(&w)
			_, created, err := f.Enqueue(t, tenant, w)
			if test.field == "" {
				if err != nil || !created {
					t.Fatalf("a valid writeback: created %v, error %v", created, err)
				}
				return
			}
			invalid, ok := errors.AsType[*queue.InvalidError](err)
			if !ok || created {
				t.Fatalf("created %v, error %v", created, err)
			}
			if invalid.Field != test.field || invalid.Message == "" {
				t.Errorf("the error is of field %q (%s), want %q", invalid.Field, invalid.Message, test.field)
			}
		})
	}
}

// FuzzStorable checks that a writeback that was read from JSON and is valid can be stored. Postgres
// refuses NUL and invalid UTF-8 in text, and more than that in JSON, such as half of a surrogate
// pair.
func FuzzStorable(f *testing.F) {
	fixture := queuetest.New(f)
	tenant := fixture.Tenant(f)
	for _, seed := range []string{
		`{"interview_id":"i","candidate":{"id":"c","applicant_id":"prospect_1"},"note":{"summary":"a"}}`,
		`{"interview_id":"i","candidate":{"id":"c","applicant_id":"prospect_1"},"note":{"summary":"\u0000"}}`,
		`{"interview_id":"i\ud800","candidate":{"id":"\udfff","applicant_id":"p"},
			"note":{"summary":"\ud83d\ude00 \ud83d"}}`,
		`{"interview_id":"i","candidate":{"id":"c","applicant_id":"p"},
			"note":{"summary":"` + "\xff\xed\xa0\x80" + `"}}`,
		`{"interview_id":"` + strings.Repeat("😀", 200) + `","candidate":{"id":"c","applicant_id":"p"},
			"note":{"url":"https://x"}}`,
		`{"interview_id":"i","revision":2147483647,
			"candidate":{"id":"c","first_name":"A","last_name":"B","email":"\"a b\"@x"},
			"job":{"board_code":"\u2028"},"note":{"score":1e308,"scale":5e-324}}`,
		`{"interview_id":"i","candidate":{"id":"c","applicant_id":"p"},
			"note":{"transcript":"\r\n\t\\u0000 \ufffe\uffff"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var w writeback.Writeback
		if json.Unmarshal([]byte(text), &w) != nil {
			return
		}
		tx, err := fixture.Pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		id, _, err := writeback.Enqueue(t.Context(), tx, fixture.Client, tenant, w)
		if _, invalid := errors.AsType[*queue.InvalidError](err); invalid {
			return
		}
		if err != nil {
			t.Fatalf("what passed validation could not be stored: %v", err)
		}
		checkStored(t, tx, id, w)
	})
}

// checkStored compares a writeback with its row.
func checkStored(t *testing.T, tx pgx.Tx, id uuid.UUID, w writeback.Writeback) {
	t.Helper()
	var interview, candidate, transcript string
	var note writeback.Note
	err := tx.QueryRow(t.Context(), `SELECT interview_id, candidate_id, note, coalesce(transcript, '')
		FROM jazzhr.writebacks WHERE writeback_id = $1`, id).Scan(&interview, &candidate, &note, &transcript)
	if err != nil {
		t.Fatal(err)
	}
	fit := w.Note.Fit(writeback.Kept{})
	if interview != w.InterviewID || candidate != w.Candidate.ID || note.Summary != fit.Summary || transcript != fit.Transcript {
		t.Errorf("stored %q, %q, %q, %q instead of %q, %q, %q, %q", interview, candidate, note.Summary, transcript,
			w.InterviewID, w.Candidate.ID, w.Note.Summary, w.Note.Transcript)
	}
}
