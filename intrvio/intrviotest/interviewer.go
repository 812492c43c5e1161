package intrviotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

const (
	firstBackoff   = 100 * time.Millisecond
	maxBackoff     = 5 * time.Second
	requestTimeout = 10 * time.Second
	maxAnswerSize  = 64 << 10
	// maxAtOnce limits the interviews that are sent at the same time.
	maxAtOnce = 8
)

// InterviewerConfig configures an [Interviewer].
type InterviewerConfig struct {
	// BaseURL is the service's address, without /v1.
	BaseURL string
	// Token is one of the service's API tokens.
	Token string
	// Report, if set, is called with every result. Several goroutines may call it at once.
	Report func(Result)
}

// Result is the outcome of an interview.
type Result struct {
	Request   intrvio.InterviewRequest
	Writeback Writeback
	// WritebackID is the service's id of the writeback; empty if Err is set.
	WritebackID string
	Err         error
}

// Interviewer holds interviews and sends their results. It is safe for concurrent use.
type Interviewer struct {
	baseURL *url.URL
	token   string
	report  func(Result)
	client  *http.Client
}

// NewInterviewer returns an Interviewer, or an error if the configuration is invalid.
func NewInterviewer(cfg InterviewerConfig) (*Interviewer, error) {
	baseURL, err := url.Parse(cfg.BaseURL)
	if err != nil || baseURL.Host == "" {
		return nil, errors.New("new interviewer: base URL is not absolute")
	}
	if cfg.Token == "" {
		return nil, errors.New("new interviewer: no API token")
	}
	i := &Interviewer{
		baseURL: baseURL,
		token:   cfg.Token,
		report:  cfg.Report,
		client: &http.Client{
			Transport: http.DefaultTransport.(*http.Transport).Clone(),
			Timeout:   requestTimeout,
		},
	}
	if i.report == nil {
		i.report = func(Result) {}
	}
	return i, nil
}

// Close closes the idle connections.
func (i *Interviewer) Close() { i.client.CloseIdleConnections() }

// Run holds an interview for each request that r receives. It returns when the context has ended
// and no interview is running.
func (i *Interviewer) Run(ctx context.Context, r *Receiver) {
	var interviews sync.WaitGroup
	defer interviews.Wait()
	slots := make(chan struct{}, maxAtOnce)
	r.Each(ctx, func(e intrvio.Envelope) {
		if e.Type != intrvio.InterviewRequested {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		interviews.Go(func() {
			defer func() { <-slots }()
			i.report(i.conduct(ctx, e))
		})
	})
}

func (i *Interviewer) conduct(ctx context.Context, e intrvio.Envelope) Result {
	request, err := intrvio.Decode[intrvio.InterviewRequest](e)
	if err != nil {
		return Result{Err: err}
	}
	result := Result{Request: request, Writeback: Interview(request)}
	result.WritebackID, result.Err = i.Send(ctx, e.TenantID, result.Writeback)
	return result
}

// Send posts a writeback and returns the service's id for it. It tries again if the service can't
// be reached or answers 429 or 5xx, until the context ends. Any other refusal is final.
func (i *Interviewer) Send(ctx context.Context, tenantID uuid.UUID, wb Writeback) (string, error) {
	body, err := json.Marshal(wb)
	if err != nil {
		return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, err)
	}
	address := i.baseURL.JoinPath("v1", "tenants", tenantID.String(), "writebacks").String()
	for backoff := firstBackoff; ; backoff = min(2*backoff, maxBackoff) {
		id, retry, err := i.post(ctx, address, body)
		if err == nil {
			return id, nil
		}
		if !retry {
			return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, err)
		}
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
			return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, errors.Join(ctx.Err(), err))
		}
	}
}

// post makes one attempt. retry reports whether another attempt may succeed.
func (i *Interviewer) post(ctx context.Context, address string, body []byte) (id string, retry bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Authorization", "Bearer "+i.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := i.client.Do(req)
	if err != nil {
		return "", true, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerSize))
	if err != nil {
		return "", true, err
	}
	var answer struct {
		ID    string `json:"id"`
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	parseErr := json.Unmarshal(raw, &answer)
	switch status := resp.StatusCode; {
	case status == http.StatusAccepted || status == http.StatusOK:
		if parseErr != nil || answer.ID == "" {
			return "", false, fmt.Errorf("answer %d without an id", status)
		}
		return answer.ID, false, nil
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return "", true, fmt.Errorf("answer %d", status)
	default:
		return "", false, fmt.Errorf("answer %d: %s: %s", status, answer.Error.Code, answer.Error.Message)
	}
}
