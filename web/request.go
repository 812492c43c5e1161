package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// handler answers a request of the API with a status and a body that is written as JSON, or with an
// error, which [fail] writes.
type handler func(*request) (status int, body any, err error)

// request is a request of the API.
type request struct {
	gin *gin.Context
}

// endpoint makes a handler into one of Gin's. It refuses a body over limit bytes, and cancels the
// request's context after the timeout.
func endpoint(limit int64, timeout time.Duration, handle handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		c.Header("Cache-Control", "no-store")
		status, body, err := handle(&request{gin: c})
		if err != nil {
			fail(c, err)
			return
		}
		c.JSON(status, body)
	}
}

func (r *request) context() context.Context { return r.gin.Request.Context() }

// client returns the network address that the request came from, as far as [Config.TrustedProxies]
// tell it. It is the zero Addr if there is none, as on a Unix socket.
func (r *request) client() netip.Addr {
	address, err := netip.ParseAddr(r.gin.ClientIP())
	if err != nil {
		return netip.Addr{}
	}
	return address
}

// tenantID returns the id of the tenant in the request's path.
func (r *request) tenantID() (uuid.UUID, error) {
	id, err := r.pathID("id", "tenant")
	if err == nil {
		setLogTenant(r.gin, id)
	}
	return id, err
}

// pathID returns an id in the path. Any text that is no id is answered as an id that does not
// exist.
func (r *request) pathID(parameter, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(r.gin.Param(parameter))
	if err != nil || id == uuid.Nil {
		return uuid.Nil, notFound(what)
	}
	return id, nil
}

// read returns the whole body.
func (r *request) read() ([]byte, error) {
	body, err := io.ReadAll(r.gin.Request.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, &apiError{Code: CodeInvalidRequest, Message: "the body did not arrive whole"}
	}
	return body, nil
}

// decode decodes the body, which must be one JSON object with the members of *into and no others.
func (r *request) decode(into any) error {
	body, err := r.read()
	if err != nil {
		return err
	}
	return unmarshal(body, into)
}

// decodeOptional is decode for a request that may come without a body.
func (r *request) decodeOptional(into any) error {
	body, err := r.read()
	if err != nil || len(body) == 0 {
		return err
	}
	return unmarshal(body, into)
}

// decodeNothing is decode for a request that takes no body. An empty object is none.
func (r *request) decodeNothing() error { return r.decodeOptional(&struct{}{}) }

// unmarshal uses version 2 of Go's JSON. It matches names exactly, refuses a name that comes twice,
// and says which member is wrong.
func unmarshal(body []byte, into any) error {
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		field := fieldOf(e.JSONPointer)
		switch {
		case field == "":
			return &apiError{Code: CodeInvalidRequest, Message: "the body must be a JSON object"}
		case errors.Is(e.Err, json.ErrUnknownName):
			return invalid(field, "is not known here")
		default:
			return invalid(field, "must be "+describeType(e.GoType))
		}
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(e.Err, jsontext.ErrDuplicateName) {
		return invalid(fieldOf(e.JSONPointer), "comes twice")
	}
	return &apiError{Code: CodeInvalidRequest, Message: "the body is not one JSON object"}
}

// maxField bounds how much of an unknown name an answer repeats, in bytes.
const maxField = 100

// fieldOf returns a JSON pointer in the form in which the API names fields: candidate.email.
func fieldOf(pointer jsontext.Pointer) string {
	field := strings.Join(slices.Collect(pointer.Tokens()), ".")
	return strings.ToValidUTF8(field[:min(len(field), maxField)], "")
}

// describeType says which JSON a Go type is decoded from.
func describeType(t reflect.Type) string {
	switch t {
	case nil:
		return "of another type"
	case reflect.TypeFor[time.Time]():
		return "a time in RFC 3339, such as 2026-11-23T09:00:00Z"
	case reflect.TypeFor[uuid.UUID]():
		return "an id as it was given out (a UUID)"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describeType(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Struct:
		return "an object"
	default:
		return "of another type"
	}
}

// query returns the query's parameters. It refuses any that is not named, and any that comes twice.
func (r *request) query(names ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.gin.Request.URL.RawQuery)
	if err != nil {
		return nil, &apiError{Code: CodeInvalidRequest, Message: "the query is not well formed"}
	}
	for name, given := range values {
		if !slices.Contains(names, name) {
			return nil, invalid(name[:min(len(name), maxField)], "is not a parameter of this address")
		}
		if len(given) > 1 {
			return nil, invalid(name, "comes twice")
		}
	}
	return values, nil
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// listQuery is the query of a list: its filters, and which page of it.
type listQuery struct {
	url.Values
	limit int
	after uuid.UUID // uuid.Nil for the first page
}

// listQuery returns the query of a list, which may have these filters besides limit and cursor.
func (r *request) listQuery(filters ...string) (listQuery, error) {
	query, err := r.query(append(filters, "limit", "cursor")...)
	if err != nil {
		return listQuery{}, err
	}
	limit, err := limitOf(query, maxLimit)
	if err != nil {
		return listQuery{}, err
	}
	after, err := cursorOf(query)
	return listQuery{query, limit, after}, err
}

// limitOf returns how many items a page may have.
func limitOf(query url.Values, most int) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > most {
		return 0, invalid("limit", fmt.Sprintf("must be a whole number from 1 to %d", most))
	}
	return limit, nil
}

// optional is a member of a body for which null and absence mean different things.
type optional[T any] struct {
	given bool
	value *T // nil for null
}

// UnmarshalJSONFrom implements the decoder's interface. It is called for null too.
func (o *optional[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	o.given = true
	return json.UnmarshalDecode(decoder, &o.value)
}
