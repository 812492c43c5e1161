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

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// connectPath is where connect links lead: to pages of customers' administrators, who have no sign-in. What may be done there
// is what the link in the address is good for, and nothing else.
const connectPath = "/connect"

// administrator is how the record names whoever uses a connect link.
const administrator = "customer’s administrator (link)"

// visit is a request that came by a connect link.
type visit struct {
	grant
	tenant gen.Tenant
	values url.Values // of a posted form
}

// linkDeed is what a form posted by a connect link does.
type linkDeed struct {
	name    string // the end of its address
	purpose Purpose
	do      func(context.Context, visit) (reply, error)
	timeout time.Duration // pageTimeout if 0
}

// reply is what a posted form came to. What is to be seen this once, or has to be mended, is shown in the answer itself;
// after all else the browser is sent to the page.
type reply struct {
	Said    string
	Field   string // the form with the problem
	Problem string // why nothing was done
	Secret  string // the new webhook secret
}

func (k *Console) linkDeeds() []linkDeed {
	return []linkDeed{
		{name: "key", purpose: Connect, do: k.setFirstKey, timeout: keyTimeout},
		{name: "secret", purpose: Connect, do: k.newLinkSecret},
		{name: "saved", purpose: Connect, do: k.secretSaved},
		{name: "new-key", purpose: Manage, do: k.setNextKey, timeout: keyTimeout},
		{name: "new-secret", purpose: Manage, do: k.newLinkSecret},
		{name: "stages", purpose: Manage, do: k.addStage},
		{name: "stages/remove", purpose: Manage, do: k.removeStage},
		{name: "notes", purpose: Manage, do: k.setNotes},
		{name: "pause", purpose: Manage, do: k.pauseByLink},
		{name: "resume", purpose: Manage, do: k.resumeByLink},
	}
}

// linkPages are what links lead to, by purpose.
func (k *Console) linkPages() map[Purpose]page {
	return map[Purpose]page{
		Connect: {file: "connect", load: k.loadConnect, every: time.Second},
		Manage:  {file: "connect-manage", load: k.loadManage},
	}
}

// RouteConnect adds the addresses of connect links to a group at /connect.
func (k *Console) RouteConnect(group *gin.RouterGroup) {
	group.Use(k.protectLink)
	group.GET("/:token", func(c *gin.Context) { k.openLink(c, http.StatusOK, nil) })
	group.GET("/:token/live", func(c *gin.Context) {
		if g, err := k.links.open(c.Param("token")); err == nil {
			if s := k.linked[g.Purpose]; s.page.every > 0 {
				k.stream(c, s, k.linkHolds)
				return
			}
		}
		k.stream(c, k.linked[Connect], func(*gin.Context) (string, error) { return "", nil })
	})
	for _, d := range k.linkDeeds() {
		group.POST("/:token/"+d.name, func(c *gin.Context) { k.performByLink(c, d) })
	}
}

// protectLink is [Console.protect] for pages that customers see.
func (k *Console) protectLink(c *gin.Context) {
	protectPage(c)
	if err := k.crossSite.Check(c.Request); err != nil {
		k.failLink(c, errCrossOrigin)
	}
}

// linkHolds is who a request by a link is from, nobody if the link is none or over.
func (k *Console) linkHolds(c *gin.Context) (string, error) {
	if _, err := k.links.open(c.Param("token")); err != nil {
		return "", nil //nolint:nilerr // which is what it says
	}
	return administrator, nil
}

// openLink shows the page that the link in the address leads to.
func (k *Console) openLink(c *gin.Context, status int, answer *reply) {
	g, err := k.links.open(c.Param("token"))
	if err != nil {
		k.failLink(c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), pageTimeout)
	defer cancel()
	s := k.linked[g.Purpose]
	at := placeOf(c)
	at.path = connectPath + "/" + c.Param("token")
	data, err := s.page.load(ctx, at)
	if err != nil {
		k.failLink(c, err)
		return
	}
	if page, ok := data.(interface{ answer(reply) }); ok && answer != nil {
		page.answer(*answer)
	}
	k.showAt(c, status, s, data, at)
}

// visitOf reads the link and the tenant of a place.
func (k *Console) visitOf(ctx context.Context, at place) (visit, error) {
	g, err := k.links.open(at.params.ByName("token"))
	if err != nil {
		return visit{}, err
	}
	t, err := k.config.Tenants.Get(ctx, g.Tenant)
	if errors.Is(err, tenant.ErrNoTenant) {
		err = errNoLink
	}
	return visit{grant: g, tenant: t}, err
}

// performByLink answers a form posted by a link.
func (k *Console) performByLink(c *gin.Context, d linkDeed) {
	if err := parseForm(c); err != nil {
		k.failLink(c, err)
		return
	}
	timeout := d.timeout
	if timeout == 0 {
		timeout = pageTimeout
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	at := placeOf(c)
	v, err := k.visitOf(ctx, at)
	if err == nil && v.Purpose != d.purpose {
		err = errWrongPurpose
	}
	if err != nil {
		k.failLink(c, err)
		return
	}
	v.values = c.Request.PostForm
	answer, err := d.do(ctx, v)
	switch {
	case err != nil:
		k.failLink(c, err)
	case answer.Problem != "" && !isHTMX(c): // htmx takes any other status for an error of the page
		k.openLink(c, http.StatusUnprocessableEntity, &answer)
	case answer.Problem != "" || answer.Secret != "":
		k.openLink(c, http.StatusOK, &answer)
	default:
		if answer.Said != "" {
			k.say(c, said{Text: answer.Said})
		}
		c.Redirect(http.StatusSeeOther, connectPath+"/"+c.Param("token"))
	}
}

// linkProblem is what the page says that shows in place of one that can't be shown.
type linkProblem struct {
	Title, Message string
	Ask            bool   // whoever sent the link can help
	Retry          bool   // it is asked for again until it comes
	Self           string // what is asked for
}

var errWrongPurpose = errors.New("the connect link is not good for this")

// failLink answers an error by a page for customers. It says nothing of operators, and leads nowhere.
func (k *Console) failLink(c *gin.Context, err error) {
	status, code, shown := linkProblemOf(err)
	k.config.Note(c, code, err)
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
	k.show(c, status, k.plain["connect-problem"], shown)
}

func linkProblemOf(err error) (status int, code string, shown linkProblem) {
	switch {
	case errors.Is(err, errNoLink):
		return http.StatusNotFound, "not_found", linkProblem{
			Title: "This link does not work", Ask: true,
			Message: "It is not whole, or was changed on its way. Open it once more from the message that you got, or copy all of it.",
		}
	case errors.Is(err, errLinkExpired):
		return http.StatusGone, "not_found", linkProblem{
			Title: "This link has expired", Ask: true,
			Message: "Links like this one are good for some days only. What you did before is kept.",
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
		shown.Title, shown.Message = "We can’t be reached at the moment", "Nothing is lost. This page comes by itself as soon as it can."
	case f.Status == http.StatusForbidden:
		shown.Message = "This page takes nothing from other sites. Open your link and try there."
	case f.Status == http.StatusNotFound:
		shown.Ask = true
	case f.Status >= http.StatusInternalServerError:
		shown.Message, shown.Ask = "Try again in a minute.", true
	}
	return f.Status, f.Code, shown
}

// linkNotFound answers what is no address of a link's. One that only takes forms leads to the page that holds them, for
// whoever reloads the answer to one.
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

// recordByLink writes down in a transaction of a tenant what its administrator did in it.
func recordByLink(ctx context.Context, what What, detail string) func(db.TenantTx) error {
	return func(tx db.TenantTx) error {
		return Record(ctx, tx, Action{Who: administrator, Tenant: tx.Tenant, What: what, Detail: detail})
	}
}

// refusedByLink writes down what its administrator could not do.
func (k *Console) refusedByLink(ctx context.Context, id uuid.UUID, what What, why string) error {
	return Record(ctx, k.config.Pool, Action{Who: administrator, Tenant: id, What: what, Result: Refused, Detail: why})
}
