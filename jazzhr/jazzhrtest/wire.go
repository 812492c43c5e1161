package jazzhrtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// list returns a list as JazzHR writes it: a single row is a bare object, no rows are [].
func list[T any](rows []T) any {
	switch len(rows) {
	case 0:
		return []T{}
	case 1:
		return rows[0]
	default:
		return rows
	}
}

// phpJSON encodes like PHP's json_encode with its defaults: compact, with "/" and all non-ASCII
// characters escaped, but not <, > and &.
func phpJSON(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("jazzhrtest: encode %T: %v", v, err)) // can't happen: only types of this package are encoded
	}
	plain := bytes.TrimRight(buf.Bytes(), "\n")
	out := make([]byte, 0, len(plain)+len(plain)/8)
	for i := 0; i < len(plain); {
		switch c := plain[i]; {
		case c == '/': // in JSON, a slash occurs only in strings
			out = append(out, '\\', '/')
			i++
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			r, size := utf8.DecodeRune(plain[i:])
			out = appendEscaped(out, r)
			i += size
		}
	}
	return out
}

// appendEscaped appends \uXXXX, as a surrogate pair if the character needs one.
func appendEscaped(out []byte, r rune) []byte {
	if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
		return fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}

// reply is an answer before it is sent.
type reply struct {
	status      int
	contentType string
	retryAfter  time.Duration
	body        []byte
}

const (
	typeJSON = "application/json"
	typeHTML = "text/html;charset=UTF-8"
)

// jsonReply returns JSON with status 200.
func jsonReply(v any) reply {
	return reply{status: http.StatusOK, contentType: typeJSON, body: phpJSON(v)}
}

// htmlReply returns an error page.
func htmlReply(status int) reply {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return reply{status: status, contentType: typeHTML, body: []byte(
		"<html>\r\n<head><title>" + title + "</title></head>\r\n<body><h1>" + title + "</h1></body>\r\n</html>\r\n")}
}

// badKeyReply is JazzHR's answer to an unknown key: JSON that is labelled as HTML.
func badKeyReply() reply {
	return reply{status: http.StatusUnauthorized, contentType: typeHTML, body: []byte(`{"error":"invalid api key"}`)}
}

// rateLimitReply is the answer beyond the rate limit. Its body is a guess.
func rateLimitReply(retryAfter time.Duration) reply {
	r := htmlReply(http.StatusTooManyRequests)
	r.retryAfter = retryAfter
	return r
}

func (r reply) write(w http.ResponseWriter) {
	r.begin(w)
	_, _ = w.Write(r.body) // the caller may be gone
}

// cut writes the headers and half of the body, then closes the connection.
func (r reply) cut(w http.ResponseWriter) {
	r.begin(w)
	_, _ = w.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// begin writes the status and the headers.
func (r reply) begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	if r.retryAfter > 0 {
		seconds := int((r.retryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	w.WriteHeader(r.status)
}

// JazzHR reports a business error in one of these objects, or as a bare string.
type (
	underscoreErrorObject struct {
		Error string `json:"_error"`
	}
	errorObject struct {
		Error string `json:"error"`
	}
)
