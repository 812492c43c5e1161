package jazzhr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// maxBody limits an answer, in bytes. A page of 100 jobs with descriptions is far smaller, and so
// is an applicant with résumé text and history.
const maxBody = 32 << 20

// reply is an answer of JazzHR, or as much of it as arrived.
type reply struct {
	body                     // set if the whole answer arrived
	status     int           // 0 if no answer arrived
	retryAfter time.Duration // 0 if the answer named none
	err        error         // why the answer is missing or incomplete
}

// get reads a target. decode returns [ErrNotFound] if the answer is about something else, and
// errUnreadable if the answer has no known form.
func (a *Account) get(ctx context.Context, t target, decode func(body) error) error {
	if err := a.gate(ctx); err != nil {
		return &Error{Op: t.name(), Kind: NotSent, cause: err}
	}
	start := a.client.now()
	requestCtx, cancel := context.WithTimeoutCause(ctx, a.client.timeout, errTimeout)
	defer cancel()
	var connected atomic.Bool
	requestCtx = httptrace.WithClientTrace(requestCtx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	r := a.exchange(requestCtx, a.client.reads, t, nil)
	if t.does == readRecord && r.gone() {
		a.observe(t, OutcomeNotFound, r.status, start)
		return fmt.Errorf("jazzhr: %s: %w", t.name(), ErrNotFound)
	}
	failure := a.classify(t, r, Unavailable)
	if r.status == 0 && !connected.Load() {
		failure.Kind = NotSent
	}
	if failure != nil && r.err != nil && ctx.Err() != nil {
		failure.cause = ctx.Err()
	}
	if failure == nil {
		err := decode(r.body)
		if errors.Is(err, ErrNotFound) {
			a.observe(t, OutcomeNotFound, r.status, start)
			return fmt.Errorf("jazzhr: %s: %w", t.name(), err)
		}
		if err != nil {
			failure = &Error{Op: t.name(), Kind: Unavailable, Status: r.status, cause: err}
		}
	}
	return a.finish(t, failure, r.status, start)
}

// post writes to a target. It returns the id that JazzHR gave to the new record.
func (a *Account) post(ctx context.Context, send Send, t target, fields map[string]string) (id string, err error) {
	notSent := func(cause error) error { return &Error{Op: t.name(), Kind: NotSent, cause: cause} }
	if late(a.client.now(), send.NotAfter) {
		return "", notSent(ErrTooLate)
	}
	sendCtx, cancel := context.WithDeadlineCause(ctx, send.NotAfter, ErrTooLate)
	defer cancel()
	if err := a.gate(sendCtx); err != nil {
		if late(a.client.now(), send.NotAfter) {
			err = fmt.Errorf("%w: %w", ErrTooLate, err)
		}
		return "", notSent(err)
	}
	start := a.client.now()
	requestCtx, cancel := context.WithTimeoutCause(sendCtx, a.client.timeout, errTimeout)
	defer cancel()
	guard := &writeGuard{notAfter: send.NotAfter, now: a.client.now}
	r := a.exchange(guard.trace(requestCtx), a.client.writes, t, fields)
	failure := a.classify(t, r, Unknown)
	switch {
	case failure == nil:
		id, failure = answerID(t, r)
	case r.status == 0 && !guard.started.Load():
		failure.Kind = NotSent
		if late(a.client.now(), send.NotAfter) {
			failure.cause = ErrTooLate
		}
	}
	if failure != nil && r.err != nil && ctx.Err() != nil {
		failure.cause = ctx.Err()
	}
	return id, a.finish(t, failure, r.status, start)
}

// answerID reads the new id from a successful answer. An answer with both an id and an error
// contradicts itself, so the outcome is Unknown.
func answerID(t target, r reply) (string, *Error) {
	id := scalar(object(r.value)[t.answer])
	if !isNewID(id) || errorMessage(r.value) != "" || saysNo(object(r.value)) {
		return "", &Error{Op: t.name(), Kind: Unknown, Status: r.status, cause: ErrMissingID}
	}
	return id, nil
}

// isNewID reports whether a text can be the id of a new record. PHP's database drivers give 0 or -1
// where nothing was inserted.
func isNewID(id string) bool { return strings.Trim(id, "0") != "" && !strings.HasPrefix(id, "-") }

// saysNo reports whether an answer says by a member of its own that nothing was done.
func saysNo(answer map[string]any) bool {
	return answer["success"] == false || slices.Contains([]string{"error", "fail", "failed"}, strings.ToLower(scalar(answer["status"])))
}

// finish reports a call's outcome to the observer and returns the failure as an error.
func (a *Account) finish(t target, failure *Error, status int, start time.Time) error {
	if failure == nil {
		a.observe(t, OutcomeOK, status, start)
		return nil
	}
	a.observe(t, failure.Kind.String(), status, start)
	return failure
}

func (a *Account) observe(t target, outcome string, status int, start time.Time) {
	a.client.observe(Call{
		Endpoint: t.name(),
		Outcome:  outcome,
		Status:   status,
		Duration: a.client.now().Sub(start),
	})
}

// exchange sends a request and reads the answer. It does not use http.Client, which follows
// redirects and puts the URL into its errors.
func (a *Account) exchange(ctx context.Context, transport *http.Transport, t target, fields map[string]string) reply {
	request, err := a.request(ctx, t, fields)
	if err != nil {
		return reply{err: errTransport}
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return reply{err: safeCause(err)}
	}
	defer response.Body.Close()
	r := reply{
		status:     response.StatusCode,
		retryAfter: retryAfter(response.Header.Get("Retry-After"), a.client.now()),
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		r.err = safeCause(err)
	case len(raw) > maxBody:
		r.err = errTooLong
	default:
		r.body = parseBody(raw)
	}
	return r
}

// request builds a request and puts the key where the endpoint expects it.
func (a *Account) request(ctx context.Context, t target, fields map[string]string) (*http.Request, error) {
	u, err := url.Parse(a.client.base + t.escaped)
	if err != nil {
		return nil, err
	}
	if t.key == inQuery {
		u.RawQuery = url.Values{keyName: {a.key}}.Encode()
	}
	var body io.Reader
	if fields != nil {
		members := map[string]string{}
		for name, value := range fields {
			if value != "" {
				members[name] = value
			}
		}
		if t.key == inBody {
			members[keyName] = a.key
		}
		encoded, err := json.Marshal(members)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, t.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	request.GetBody = nil // without GetBody, net/http can't resend the request
	request.Header.Set("Accept", "application/json")
	if fields != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if t.key == inHeader {
		request.Header.Set(keyName, a.key)
	}
	return request, nil
}

// errorMessage returns the business error in an answer, or "". JazzHR has three forms:
// {"_error":"…"}, {"error":"…"} and a bare string that begins with "error".
func errorMessage(value any) string {
	if text, ok := value.(string); ok {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(strings.ToLower(text), "error") {
			return text
		}
		return ""
	}
	for _, name := range []string{"_error", "error"} {
		if text, ok := object(value)[name].(string); ok && strings.TrimSpace(text) != "" {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// retryAfter reads a Retry-After header, given in seconds or as a date. It returns 0 if the header
// is unreadable or the date is past.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
