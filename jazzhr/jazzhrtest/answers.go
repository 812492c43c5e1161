package jazzhrtest

import (
	"cmp"
	"net/http"
	"time"
)

// Refusal is how an account answers what it refuses. The zero value answers as recorded traffic
// does: with 200, each endpoint in a form of its own.
type Refusal struct {
	Form   RefusalForm `json:"form,omitempty"`
	Status int         `json:"status,omitempty"` // 200 if zero
}

// RefusalForm is the form of a refusal's text.
type RefusalForm string

// The values of RefusalForm.
const (
	RefusalMixed      RefusalForm = ""
	RefusalUnderscore RefusalForm = "_error" // {"_error":"…"}
	RefusalError      RefusalForm = "error"  // {"error":"…"}
	RefusalText       RefusalForm = "text"   // "error: …"
)

// Answers is what the answer to a write looks like.
type Answers string

// The values of Answers.
const (
	AnswersPlain   Answers = ""
	AnswersWrapped Answers = "wrapped" // the object in a list
	AnswersRenamed Answers = "renamed" // the id under another name
	AnswersMore    Answers = "more"    // with members that nobody knows
	AnswersEmpty   Answers = "empty"   // 200 and no body
)

// written is the answer to a write: the id under its name.
type written struct{ name, id string }

// posted gives the answer to a write, or the refusal, the account's form.
func (a *Account) posted(result any) (any, *reply) {
	switch result := result.(type) {
	case written:
		return a.settings.writtenAs(result)
	case underscoreErrorObject:
		return a.settings.Refusal.of(result, result.Error)
	case string:
		return a.settings.Refusal.of(result, result)
	default:
		return result, nil
	}
}

func (s Settings) writtenAs(w written) (any, *reply) {
	var id any = w.id
	if s.NumericIDs {
		id = varyingID(w.id, 1)
	}
	object := map[string]any{w.name: id}
	switch s.Answers {
	case AnswersWrapped:
		return []any{object}, nil
	case AnswersRenamed:
		return map[string]any{"id": id}, nil
	case AnswersMore:
		object["message"], object["warnings"] = "created", []string{}
	case AnswersEmpty:
		return nil, nil
	case AnswersPlain:
	}
	return object, nil
}

// of returns a refusal in the account's form.
func (r Refusal) of(mixed any, text string) (any, *reply) {
	switch r.Form {
	case RefusalUnderscore:
		mixed = underscoreErrorObject{text}
	case RefusalError:
		mixed = errorObject{text}
	case RefusalText:
		mixed = "error: " + text
	case RefusalMixed:
	}
	if r.Status == 0 {
		return mixed, nil
	}
	answer := jsonReply(mixed)
	answer.status = r.Status
	return nil, &answer
}

// Body is the body of an answer that is no success.
type Body string

// The values of Body.
const (
	BodyPage      Body = ""      // an HTML page
	BodyError     Body = "error" // {"error":"…"}
	BodyOtherJSON Body = "json"  // JSON without an error
	BodyEmpty     Body = "empty"
)

// reply answers with the body and a status; text is what an error says.
func (b Body) reply(status int, text string) reply {
	r := reply{status: status, contentType: typeHTML}
	switch b {
	case BodyError:
		r.body = phpJSON(errorObject{text})
	case BodyOtherJSON:
		r.body = phpJSON(struct {
			Message string `json:"message"`
		}{text})
	case BodyEmpty:
	default:
		return htmlReply(status)
	}
	return r
}

// UnknownRoute is the answer to a request of a route that the account does not know. Which one
// JazzHR gives is not known.
type UnknownRoute struct {
	Status int  `json:"status,omitempty"` // 404 if zero
	Body   Body `json:"body,omitempty"`
}

// UnknownRoutes lists every answer to an unknown route that has to be borne.
func UnknownRoutes() (all []UnknownRoute) {
	for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
		for _, body := range []Body{BodyPage, BodyError, BodyOtherJSON, BodyEmpty} {
			all = append(all, UnknownRoute{status, body})
		}
	}
	return all
}

func (u UnknownRoute) reply() reply {
	return u.Body.reply(cmp.Or(u.Status, http.StatusNotFound), "not found")
}

// Outage is a time in which an account answers nothing usable and applies nothing. A page with
// status 200 is a login page, one with 403 a firewall's.
type Outage struct {
	Until  time.Time `json:"until,omitzero"` // zero is no outage
	Of     OutageOf  `json:"of,omitempty"`
	Status int       `json:"status,omitempty"` // 503 if zero
	Body   Body      `json:"body,omitempty"`
}

// OutageOf says which requests an outage strikes.
type OutageOf string

// The values of OutageOf.
const (
	OutageOfAll    OutageOf = ""
	OutageOfReads  OutageOf = "reads"
	OutageOfWrites OutageOf = "writes"
)

// strikes returns the answer to a request in an outage.
func (o Outage) strikes(method string, now time.Time) (r reply, struck bool) {
	read := method == http.MethodGet
	if !now.Before(o.Until) || o.Of == OutageOfReads && !read || o.Of == OutageOfWrites && read {
		return reply{}, false
	}
	return o.Body.reply(cmp.Or(o.Status, http.StatusServiceUnavailable), "service unavailable"), true
}
