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

// list is a list as JazzHR writes it: one row is a bare object, none is [].
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

// phpJSON encodes as PHP's json_encode does by default: compact, "/" and
// everything beyond ASCII escaped, <, > and & not.
func phpJSON(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("jazzhrtest: encode %T: %v", v, err)) // only types of this package come here
	}
	plain := bytes.TrimRight(buf.Bytes(), "\n")
	out := make([]byte, 0, len(plain)+len(plain)/8)
	for i := 0; i < len(plain); {
		switch c := plain[i]; {
		case c == '/': // in JSON a slash stands within strings only
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

// appendEscaped appends \uXXXX, twice for what UTF-16 writes as a pair.
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

// jsonReply is an answer of JSON with status 200.
func jsonReply(v any) reply {
	return reply{status: http.StatusOK, contentType: typeJSON, body: phpJSON(v)}
}

// htmlReply is an error page.
func htmlReply(status int) reply {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return reply{status: status, contentType: typeHTML, body: []byte(
		"<html>\r\n<head><title>" + title + "</title></head>\r\n<body><h1>" + title + "</h1></body>\r\n</html>\r\n")}
}

// badKey is JazzHR's answer to a key it does not know: JSON under the name of
// HTML.
func badKey() reply {
	return reply{status: http.StatusUnauthorized, contentType: typeHTML, body: []byte(`{"error":"invalid api key"}`)}
}

// tooMany is the answer beyond the rate limit. Its body is a guess.
func tooMany(retryAfter time.Duration) reply {
	r := htmlReply(http.StatusTooManyRequests)
	r.retryAfter = retryAfter
	return r
}

func (r reply) write(w http.ResponseWriter) {
	r.begin(w)
	_, _ = w.Write(r.body) // the caller may be gone
}

// cut writes the head and half of the body, and closes the connection.
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

// The two ways in which JazzHR names a business error in an object; the third
// is a bare string.
type (
	underscoreError struct {
		Error string `json:"_error"`
	}
	plainError struct {
		Error string `json:"error"`
	}
)
