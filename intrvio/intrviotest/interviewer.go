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
	// maxAtOnce bounds the interviews that are sent side by side.
	maxAtOnce = 8
)

// InterviewerConfig says which service the results go to.
type InterviewerConfig struct {
	// BaseURL is the service's, without /v1.
	BaseURL string
	// Token is one of the service's API tokens.
	Token string
	// Report, if set, is called with every result, from several goroutines at once.
	Report func(Result)
}

// Result is how an interview went.
type Result struct {
	Request   intrvio.InterviewRequest
	Writeback Writeback
	// WritebackID is the service's id of the writeback; empty if Err is set.
	WritebackID string
	Err         error
}

// Interviewer holds interviews and sends their results. It is safe for use by many goroutines.
type Interviewer struct {
	baseURL *url.URL
	token   string
	report  func(Result)
	client  *http.Client
}

// NewInterviewer checks the configuration.
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

// Close closes connections that wait for a next writeback.
func (i *Interviewer) Close() { i.client.CloseIdleConnections() }

// Run interviews whoever r is asked to have interviewed, until the context ends and the interviews under way with it.
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

// Send posts a writeback and returns the service's id of it. While the service can't be reached, answers 429 or 5xx, it
// tries again until the context ends; any other refusal is final.
func (i *Interviewer) Send(ctx context.Context, tenantID uuid.UUID, wb Writeback) (string, error) {
	body, err := json.Marshal(wb)
	if err != nil {
		return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, err)
	}
	address := i.baseURL.JoinPath("v1", "tenants", tenantID.String(), "writebacks").String()
	for backoff := firstBackoff; ; backoff = min(2*backoff, maxBackoff) {
		id, again, err := i.post(ctx, address, body)
		if err == nil {
			return id, nil
		}
		if !again {
			return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, err)
		}
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
			return "", fmt.Errorf("send writeback of %s: %w", wb.InterviewID, errors.Join(ctx.Err(), err))
		}
	}
}

// post makes one attempt. again reports whether a further one could end better.
func (i *Interviewer) post(ctx context.Context, address string, body []byte) (id string, again bool, err error) {
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
