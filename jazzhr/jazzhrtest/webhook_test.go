package jazzhrtest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

const testSecret = "secret of the integration"

// receiver receives webhooks and answers with a status.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []received
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: 200}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, received{req.Header, body})
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) requests() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

// connected returns a world whose account has a verified integration.
func connected(t *testing.T) (*world, *receiver) {
	t.Helper()
	w, r := newWorld(t), newReceiver(t)
	if err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{Name: "Intrvio", URL: r.URL, Secret: testSecret}); err != nil {
		t.Fatal(err)
	}
	return w, r
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for status, verified := range map[int]bool{200: true, 201: false, 204: false, 302: false, 401: false, 500: false} {
		w, r := newWorld(t), newReceiver(t)
		r.answer(status)
		err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{Name: "Intrvio", URL: r.URL, Secret: testSecret})
		if (err == nil) != verified || err != nil && !errors.Is(err, jazzhrtest.ErrNotVerified) {
			t.Errorf("%d: %v", status, err)
		}
		if _, v := w.acct.Integration(); v.Verified != verified || (v.Problem == "") != verified {
			t.Errorf("%d: %+v", status, v)
		}
		got := r.requests()
		if len(got) != 1 { // one: a redirect is not followed
			t.Fatalf("%d: %d requests", status, len(got))
		}
		if string(got[0].body) != `{"data": "JazzHR Verify Event"}` {
			t.Errorf("body %s", got[0].body)
		}
		h := got[0].header
		if h.Get("X-JazzHR-Event") != "VERIFY" || h.Get("X-JazzHR-UUID") != "" || h.Get("User-Agent") != "JazzHR" ||
			h.Get("X-JazzHR-Signature") != jazzhr.Sign(testSecret, got[0].body) {
			t.Errorf("%d: %v", status, h)
		}
	}
}

func TestVerifyMayCarryUUID(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.acct.Configure(func(s *jazzhrtest.Settings) { s.VerifyUUID = true })
	if err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	if r.requests()[0].header.Get("X-JazzHR-UUID") == "" {
		t.Error("no UUID")
	}
}

func TestVerifyUnreachable(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.Close()
	err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{URL: r.URL + "/token"})
	if !errors.Is(err, jazzhrtest.ErrNotVerified) || strings.Contains(err.Error(), "/token") {
		t.Errorf("%v", err)
	}
	if err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{URL: "::"}); !errors.Is(err, jazzhrtest.ErrNotVerified) {
		t.Errorf("%v", err)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	w.acct.Configure(func(s *jazzhrtest.Settings) {
		s.Company = "Harbour & Pine"
		s.ExportContext = jazzhrtest.ContextBoardCode
	})
	j := w.acct.AddJob(jazzhrtest.Job{Title: "Welder / Fitter", BoardCode: "tZqAHP6nnh"})
	w.acct.AddJob(jazzhrtest.Job{Title: "Painter"})
	p := w.acct.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Zoë", LastName: "Brontë", Email: "zoe@example.com", Website: "https://example.com/zoe",
		Protected:   jazzhrtest.Protected{Gender: "Female", Race: "Two or More Races"},
		Attachments: []jazzhrtest.Attachment{{FileName: "cv.txt", MIMEType: "text/plain", Content: []byte("I weld.")}},
	}, j.ID)
	d, err := w.acct.Export(w.context(), p.ID, j.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := r.requests()[1]
	h := got.header
	if h.Get("X-JazzHR-Event") != "CANDIDATE-EXPORT" || h.Get("X-JazzHR-UUID") != d.UUID || d.UUID == "" ||
		h.Get("X-JazzHR-Signature") != jazzhr.Sign(testSecret, got.body) ||
		h.Get("X-JazzHR-Export-Context") != "tZqAHP6nnh" || !strings.HasPrefix(h.Get("Link"), "https://") ||
		h.Get("User-Agent") != "JazzHR" {
		t.Errorf("%v", h)
	}
	body := string(got.body)
	for _, want := range []string{
		`{"candidate":{"person":{"id":{"value":"`, `"given":"Zo\u00eb"`, `"formattedName":"Zo\u00eb Bront\u00eb"`,
		`"gender":"Female"`, `"citizenship":["No Answer"]`, `"applyDate":"2026-11-23"`, `"phone":[{"formattedNumber":null}]`,
		`"web":"https:\/\/example.com\/zoe"`, `"positionTitle":"Welder \/ Fitter"`,
		`"positionUri":"https:\/\/harbourpine.applytojob.com\/apply\/tZqAHP6nnh\/Welder-Fitter"`, `"eeoRace":"Two or More Races"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if strings.Contains(body, p.ID) || strings.Contains(body, j.ID) {
		t.Error("an API id in the export")
	}

	export, err := jazzhr.ParseExport(got.body)
	if err != nil {
		t.Fatal(err)
	}
	position := export.Profiles[0].Positions[0]
	if export.Person.Emails[0] != "zoe@example.com" || position.BoardCode != "tZqAHP6nnh" || position.Stage != "New" {
		t.Errorf("%+v", export)
	}
	doc := export.Profiles[0].Attachments[0]
	if doc.FileName != "cv.txt" || !doc.ExpiresAt.Equal(w.clock.now().Add(jazzhr.AttachmentLifetime)) {
		t.Errorf("%+v", doc)
	}
	w.checkDocument(doc.URL)
}

// checkDocument reads a document from its address in an export.
func (w *world) checkDocument(address string) {
	w.t.Helper()
	a, err := w.do("GET", address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	doc := w.object(a)
	content, err := base64.StdEncoding.DecodeString(doc["content"].(string))
	if err != nil || string(content) != "I weld." || doc["mimeType"] != "text/plain" || doc["fileName"] != "cv.txt" {
		w.t.Errorf("%v %v", doc, err)
	}
	forged := strings.Replace(address, "eyJ", "eyK", 1)
	if a, err := w.do("GET", forged, nil); err != nil || a.status != 403 {
		w.t.Errorf("forged: %v %v", a.status, err)
	}
	w.clock.advance(150 * time.Minute)
	if a, err := w.do("GET", address, nil); err != nil || a.status != 403 {
		w.t.Errorf("expired: %v %v", a.status, err)
	}
}

func TestExportOfAllJobsAndOfNone(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	j1, j2 := w.job("Welder"), w.job("Painter")
	for jobs, want := range map[*[]string]int{{}: 0, {j1.ID, j2.ID}: 2} {
		p := w.person("Ada", "Lovelace", "", *jobs...)
		if _, err := w.acct.Export(w.context(), p.ID, ""); err != nil {
			t.Fatal(err)
		}
		got := r.requests()
		export, err := jazzhr.ParseExport(got[len(got)-1].body)
		if err != nil {
			t.Fatal(err)
		}
		positions := 0
		for _, profile := range export.Profiles {
			positions += len(profile.Positions)
		}
		if positions != want {
			t.Errorf("%d positions, want %d", positions, want)
		}
	}
}

func TestExportRefused(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "")
	for _, c := range []struct {
		applicant, job string
		want           error
	}{
		{"nobody", "", jazzhrtest.ErrUnknownApplicant},
		{p.ID, j.ID, jazzhrtest.ErrUnknownLink},
	} {
		if _, err := w.acct.Export(w.context(), c.applicant, c.job); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	r.answer(201)
	if err := w.acct.SaveIntegration(w.context(), jazzhrtest.Integration{URL: r.URL}); err == nil {
		t.Fatal("verified")
	}
	if _, err := w.acct.Export(w.context(), p.ID, ""); !errors.Is(err, jazzhrtest.ErrNotVerified) {
		t.Errorf("%v", err)
	}
}

func TestExportAnswers(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	p := w.person("Ada", "Lovelace", "")
	for status, good := range map[int]bool{200: true, 202: true, 204: true, 302: false, 404: false, 503: false} {
		r.answer(status)
		d, err := w.acct.Export(w.context(), p.ID, "")
		if (err == nil) != good || err != nil && !errors.Is(err, jazzhrtest.ErrNotReceived) || d.Status != status ||
			d.Received() != good {
			t.Errorf("%d: %v, %+v", status, err, d)
		}
	}
}

func TestRedeliverAndLose(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	p := w.person("Ada", "Lovelace", "ada@example.com")
	r.answer(503)
	d, err := w.acct.Export(w.context(), p.ID, "")
	if !errors.Is(err, jazzhrtest.ErrNotReceived) {
		t.Fatal(err)
	}
	r.answer(200)
	again, err := w.acct.Redeliver(w.context(), d.UUID)
	if err != nil || again.Attempts != 2 {
		t.Fatalf("%+v %v", again, err)
	}
	got := r.requests()[1:]
	if len(got) != 2 || !bytes.Equal(got[0].body, got[1].body) || got[1].header.Get("X-JazzHR-UUID") != d.UUID {
		t.Errorf("%d requests", len(got))
	}
	if _, err := w.acct.Redeliver(w.context(), "other"); !errors.Is(err, jazzhrtest.ErrUnknownDelivery) {
		t.Errorf("%v", err)
	}

	w.acct.Configure(func(s *jazzhrtest.Settings) { s.LoseExports = true })
	lost, err := w.acct.Export(w.context(), p.ID, "")
	if err != nil || !lost.Lost || len(r.requests()) != 3 {
		t.Errorf("%+v %v, %d requests", lost, err, len(r.requests()))
	}
	if n := len(w.acct.Deliveries()); n != 3 { // VERIFY and two exports
		t.Errorf("%d deliveries", n)
	}
}

func TestBodiesAreCompactASCII(t *testing.T) {
	t.Parallel()
	w, r := connected(t)
	p := w.person("<Ada> & 🎉", "L/L", "a@example.com")
	if _, err := w.acct.Export(w.context(), p.ID, ""); err != nil {
		t.Fatal(err)
	}
	body := r.requests()[1].body
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil || compact.Len() != len(body) {
		t.Errorf("not compact: %v", err)
	}
	if !bytes.Contains(body, []byte(`"given":"<Ada> & \ud83c\udf89","family":"L\/L"`)) {
		t.Errorf("%s", body)
	}
}
