package web

import "net/http"

// Code names a kind of error in an answer of the API. Clients decide by it. So the set is closed,
// and within v1 codes are only added.
type Code string

// The codes. [Codes] gives each its status and its meaning.
const (
	CodeInvalidRequest      Code = "invalid_request"
	CodeUnauthorized        Code = "unauthorized"
	CodeWrongSignature      Code = "wrong_signature"
	CodeMissingScope        Code = "missing_scope"
	CodeBoundToken          Code = "bound_token"
	CodeMissingRole         Code = "missing_role"
	CodeCrossOrigin         Code = "cross_origin"
	CodeNotFound            Code = "not_found"
	CodeMethodNotAllowed    Code = "method_not_allowed"
	CodeConflict            Code = "conflict"
	CodeOtherRegion         Code = "other_region"
	CodeKeyInUse            Code = "key_in_use"
	CodeNotConnected        Code = "not_connected"
	CodeNotActive           Code = "not_active"
	CodeTokenRevoked        Code = "token_revoked"
	CodeOvertaken           Code = "overtaken"
	CodeEventsExpired       Code = "events_expired"
	CodeTooLarge            Code = "too_large"
	CodeCredentialsRejected Code = "credentials_rejected"
	CodeDifferentAccount    Code = "different_account"
	CodeJobNotFound         Code = "job_not_found"
	CodeTooManyRequests     Code = "too_many_requests"
	CodeClientClosedRequest Code = "client_closed_request"
	CodeInternal            Code = "internal"
	CodeJazzHRUnavailable   Code = "jazzhr_unavailable"
	CodeDatabaseUnavailable Code = "database_unavailable"
	CodeOverloaded          Code = "overloaded"
)

// CodeInfo is a row of the table of codes.
type CodeInfo struct {
	Code    Code
	Status  int // the HTTP status that the code always comes with
	Meaning string
}

// Codes returns the table of all codes, in the order of their statuses.
//
//nolint:funlen // It is one table.
func Codes() []CodeInfo {
	return []CodeInfo{
		{
			CodeInvalidRequest, http.StatusBadRequest,
			"The request can't be understood; field names the member or parameter to mend.",
		},
		{
			CodeUnauthorized, http.StatusUnauthorized,
			"No valid token came: send Authorization: Bearer with a whole token that has neither expired nor been revoked.",
		},
		{
			CodeWrongSignature, http.StatusUnauthorized,
			"The webhook's signature is missing or fits none of the tenant's secrets. It is counted; its body is not kept.",
		},
		{
			CodeMissingScope, http.StatusForbidden,
			"The token lacks the scope that the address needs, or that it was to give to another token; scope names it.",
		},
		{
			CodeBoundToken, http.StatusForbidden,
			"The token is bound to named tenants, and what was asked concerns all tenants.",
		},
		{
			CodeMissingRole, http.StatusForbidden,
			"The console was asked for what needs another role; the message names it.",
		},
		{
			CodeCrossOrigin, http.StatusForbidden,
			"The console was asked to change something by a page of another site.",
		},
		{
			CodeNotFound, http.StatusNotFound,
			"There is no such address, tenant, writeback, case or token, or it is none that the token which came is for.",
		},
		{
			CodeMethodNotAllowed, http.StatusMethodNotAllowed,
			"The address does not take this method; the header Allow lists those that it takes.",
		},
		{
			CodeConflict, http.StatusConflict,
			"The key of the request (external_id, or interview_id and revision) was used with other content; id is the tenant or writeback that has it.",
		},
		{
			CodeOtherRegion, http.StatusConflict,
			"The tenant is of another region than this deployment; the message names the deployment to which it belongs. Nothing was stored.",
		},
		{
			CodeKeyInUse, http.StatusConflict,
			"The JazzHR key belongs to another tenant. Nothing was stored.",
		},
		{
			CodeNotConnected, http.StatusConflict,
			"The tenant was never connected to JazzHR, or has been disconnected: connect it first.",
		},
		{
			CodeNotActive, http.StatusConflict,
			"The tenant is connected and not active; state says what it is.",
		},
		{
			CodeTokenRevoked, http.StatusConflict,
			"The token was revoked and can't be rolled: make another.",
		},
		{
			CodeOvertaken, http.StatusConflict,
			"What was to be adopted is being sent at this moment, or was settled otherwise meanwhile; the message says which, and what to decide.",
		},
		{
			CodeEventsExpired, http.StatusGone,
			"Events after this sequence have been deleted: they are kept for 30 days.",
		},
		{
			CodeTooLarge, http.StatusRequestEntityTooLarge,
			"The body is larger than the address takes: 2 MiB, webhooks 5 MiB.",
		},
		{
			CodeCredentialsRejected, http.StatusUnprocessableEntity,
			"JazzHR refuses the key. Nothing was stored.",
		},
		{
			CodeDifferentAccount, http.StatusUnprocessableEntity,
			"The key is of another JazzHR account than the tenant's data: it knows no job or applicant known here. " +
				"Nothing was stored.",
		},
		{
			CodeJobNotFound, http.StatusUnprocessableEntity,
			"JazzHR has no job with the id or board code that the writeback names. Nothing was stored.",
		},
		{
			CodeTooManyRequests, http.StatusTooManyRequests,
			"More requests came with this token than one process answers (API_REQUESTS_PER_SECOND): try again after the seconds in Retry-After.",
		},
		{
			CodeClientClosedRequest, statusClientClosedRequest,
			"The client hung up before it was answered. It stands in logs and metrics only.",
		},
		{
			CodeInternal, http.StatusInternalServerError,
			"Something failed on our side; the log says what.",
		},
		{
			CodeJazzHRUnavailable, http.StatusBadGateway,
			"JazzHR could not be asked. Nothing was stored: try again.",
		},
		{
			CodeDatabaseUnavailable, http.StatusServiceUnavailable,
			"The database is away or too slow: try again after the seconds in Retry-After. The same request again is safe.",
		},
		{
			CodeOverloaded, http.StatusServiceUnavailable,
			"More webhooks are being taken at once, of all tenants or of one, than memory is set aside for, " +
				"or more live pages are open than are served. Nothing was stored: try again after the seconds in Retry-After.",
		},
	}
}

// statusClientClosedRequest is nginx's number for it. net/http has none, because no client receives
// it.
const statusClientClosedRequest = 499

// Status returns the HTTP status that the code always comes with.
func (c Code) Status() int {
	for _, info := range Codes() {
		if info.Code == c {
			return info.Status
		}
	}
	return http.StatusInternalServerError
}

// String returns the code as answers hold it.
func (c Code) String() string { return string(c) }
