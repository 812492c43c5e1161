package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// connectPath begins the addresses of connect links. Customers' administrators, who have no
// sign-in, see these pages. The grant of the link in the address decides what they may do.
const connectPath = "/connect"

// administrator names whoever uses a connect link in the record.
const administrator = "customer’s administrator (link)"

// linkRequest is a request by a connect link.
type linkRequest struct {
	grant
	tenant gen.Tenant
	values url.Values // of a posted form
}

// linkAction handles a form posted by a connect link.
type linkAction struct {
	name    string // the end of the form's address
	purpose Purpose
	run     func(context.Context, linkRequest) (linkReply, error)
	timeout time.Duration // pageTimeout if 0
}

// linkReply is the result of a posted form. A secret or a problem is shown in the answer itself.
// After anything else the browser is redirected to the page.
type linkReply struct {
	Notice  string
	Field   string // the form that has the problem
	Problem string // why nothing was done
	Secret  string // the new webhook secret
}

func (k *Console) linkActions() []linkAction {
	return []linkAction{
		{name: "key", purpose: Connect, run: k.setFirstKey, timeout: keyTimeout},
		{name: "secret", purpose: Connect, run: k.newLinkSecret},
		{name: "saved", purpose: Connect, run: k.secretSaved},
		{name: "new-key", purpose: Manage, run: k.setNextKey, timeout: keyTimeout},
		{name: "new-secret", purpose: Manage, run: k.newLinkSecret},
		{name: "stages", purpose: Manage, run: k.addStage},
		{name: "stages/remove", purpose: Manage, run: k.removeStage},
		{name: "notes", purpose: Manage, run: k.setNotes},
		{name: "pause", purpose: Manage, run: k.pauseByLink},
		{name: "resume", purpose: Manage, run: k.resumeByLink},
	}
}

// linkPageOf returns the pages that links lead to, by purpose.
func (k *Console) linkPageOf() map[Purpose]page {
	return map[Purpose]page{
		Connect: {file: "connect", load: k.loadConnect, every: time.Second},
		Manage:  {file: "connect-manage", load: k.loadManage},
	}
}

// RouteConnect adds the routes of connect links to a group at /connect.
func (k *Console) RouteConnect(group *gin.RouterGroup) {
	group.Use(k.protectLink)
	group.GET("/:token", func(c *gin.Context) { k.serveLink(c, http.StatusOK, nil) })
	group.GET("/:token/live", func(c *gin.Context) {
		if g, err := k.links.open(c.Param("token")); err == nil {
			if s := k.linkPages[g.Purpose]; s.page.every > 0 {
				k.stream(c, s, k.linkUser, watcher{k.customers, c.Param("token")})
				return
			}
		}
		k.stream(c, k.linkPages[Connect], func(*gin.Context) (person, error) { return person{}, nil }, watcher{})
	})
	for _, a := range k.linkActions() {
		group.POST("/:token/"+a.name, func(c *gin.Context) { k.serveLinkAction(c, a) })
	}
}

// protectLink is [Console.protect] for the pages of customers.
func (k *Console) protectLink(c *gin.Context) {
	protectPage(c)
	if token := c.Param("token"); token != "" {
		if _, err := k.links.open(token); err == nil || errors.Is(err, errLinkExpired) {
			setLink(c, token)
		}
	}
	if err := k.crossSite.Check(c.Request); err != nil {
		k.failLink(c, errCrossOrigin)
	}
}

// linkUser returns who a request by a link is from, or nobody if the link is not valid. The pages of
// links show no candidate, so the least role will do.
func (k *Console) linkUser(c *gin.Context) (person, error) {
	if _, err := k.links.open(c.Param("token")); err != nil {
		return person{}, nil //nolint:nilerr // an invalid link is from nobody
	}
	return person{Name: administrator, Role: Reader}, nil
}

// serveLink shows the page that the link in the address leads to, with the reply to a form if there
// is one.
func (k *Console) serveLink(c *gin.Context, status int, answer *linkReply) {
	g, err := k.links.open(c.Param("token"))
	if err != nil {
		k.failLink(c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), pageTimeout)
	defer cancel()
	s := k.linkPages[g.Purpose]
	at := placeOf(c)
	at.path = connectPath + "/" + c.Param("token")
	data, err := s.page.load(ctx, at)
	if err != nil {
		k.failLink(c, err)
		return
	}
	if page, ok := data.(interface{ answer(linkReply) }); ok && answer != nil {
		page.answer(*answer)
	}
	k.showAt(c, status, s, data, at)
}

// linkRequestOf opens the link of a place and reads its tenant.
func (k *Console) linkRequestOf(ctx context.Context, at place) (linkRequest, error) {
	g, err := k.links.open(at.params.ByName("token"))
	if err != nil {
		return linkRequest{}, err
	}
	t, err := k.config.Tenants.Get(ctx, g.Tenant)
	if errors.Is(err, queue.ErrNoTenant) {
		err = errNoLink
	}
	return linkRequest{grant: g, tenant: t}, err
}

// serveLinkAction answers a form posted by a connect link.
func (k *Console) serveLinkAction(c *gin.Context, a linkAction) {
	if err := parseForm(c); err != nil {
		k.failLink(c, err)
		return
	}
	timeout := a.timeout
	if timeout == 0 {
		timeout = pageTimeout
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	at := placeOf(c)
	v, err := k.linkRequestOf(ctx, at)
	if err == nil && v.Purpose != a.purpose {
		err = errWrongPurpose
	}
	if err != nil {
		k.failLink(c, err)
		return
	}
	v.values = c.Request.PostForm
	answer, err := a.run(ctx, v)
	switch {
	case err != nil:
		k.failLink(c, err)
	case answer.Problem != "" && !isHTMX(c): // htmx shows an answer of status 422 as an error
		k.serveLink(c, http.StatusUnprocessableEntity, &answer)
	case answer.Problem != "" || answer.Secret != "":
		k.serveLink(c, http.StatusOK, &answer)
	default:
		if answer.Notice != "" {
			k.setNotice(c, notice{Text: answer.Notice})
		}
		c.Redirect(http.StatusSeeOther, connectPath+"/"+c.Param("token"))
	}
}

// linkProblem is the data of the page that tells why another page can't be shown.
type linkProblem struct {
	Title, Message string
	Ask            bool   // tells to ask whoever sent the link
	Retry          bool   // the browser asks for the page again until it comes
	Self           string // the address that it asks for
}

var errWrongPurpose = errors.New("the connect link is not good for this")

// failLink answers with an error page for customers. The page does not mention operators, and links
// to nothing.
func (k *Console) failLink(c *gin.Context, err error) {
	status, code, shown := linkProblemOf(err)
	k.config.Note(c, code, err)
	switch {
	case errors.Is(err, errNoLink):
		k.recordRefusal(c, record.LinkUsed, uuid.Nil, "no connect link of this service")
	case errors.Is(err, errLinkExpired), errors.Is(err, errWrongPurpose):
		k.recordRefusal(c, record.LinkUsed, uuid.Nil, err.Error())
	}
	c.Abort()
	if c.Writer.Written() { // too late for another answer
		return
	}
	if shown.Retry {
		c.Header("Retry-After", "5")
	}
	if shown.Retry = shown.Retry && c.Request.Method == http.MethodGet; shown.Retry {
		shown.Self = c.Request.URL.EscapedPath()
	}
	k.show(c, status, k.standalone["connect-problem"], shown)
}

func linkProblemOf(err error) (status int, code string, shown linkProblem) {
	switch {
	case errors.Is(err, errNoLink):
		return http.StatusNotFound, "not_found", linkProblem{
			Title: "This link does not work", Ask: true,
			Message: "The link is incomplete, or was changed on its way. Open it again from the message that " +
				"you got, or copy all of it.",
		}
	case errors.Is(err, errLinkExpired):
		return http.StatusGone, "not_found", linkProblem{
			Title: "This link has expired", Ask: true,
			Message: "Links like this one are valid for some days only. What you did before is kept.",
		}
	case errors.Is(err, errWrongPurpose):
		return http.StatusForbidden, "not_found", linkProblem{
			Title: "This link is for something else", Ask: true,
			Message: "A link is either for connecting JazzHR or for changing a connection that works.",
		}
	}
	f := failureOf(err)
	shown = linkProblem{Title: f.Title, Message: f.Message, Retry: f.Retry}
	switch {
	case f.Retry:
		shown.Title = "We can’t be reached at the moment"
		shown.Message = "Nothing is lost. This page loads by itself as soon as it can."
	case f.Status == http.StatusForbidden:
		shown.Message = "This page takes no requests from other sites. Open your link and try there."
	case f.Status == http.StatusNotFound:
		shown.Ask = true
	case f.Status >= http.StatusInternalServerError:
		shown.Message, shown.Ask = "Try again in a minute.", true
	}
	return f.Status, f.Code, shown
}

// linkNotFound answers an address under /connect that no route takes. Whoever reloads the answer to
// a form asks for the form's address, and is redirected to the page.
func (k *Console) linkNotFound(c *gin.Context) {
	k.protectLink(c)
	if c.IsAborted() {
		return
	}
	token, rest, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, connectPath+"/"), "/")
	if _, err := k.links.open(token); err == nil && rest != "" && c.Request.Method == http.MethodGet {
		c.Redirect(http.StatusSeeOther, connectPath+"/"+token)
		return
	}
	k.failLink(c, errNoLink)
}

// byLink is the actor of a change through a connect link.
func byLink(detail string) tenant.Actor { return tenant.Actor{Name: administrator, Detail: detail} }

// recordRefused records what was refused to whoever used a connect link.
func (k *Console) recordRefused(ctx context.Context, id uuid.UUID, what record.Kind, why string) error {
	return record.Add(ctx, k.config.Pool, record.Action{
		Who: administrator, Tenant: id, What: what, Result: record.Refused, Detail: why,
	})
}
