package console

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

//go:embed pages/*.html
var pageFiles embed.FS

const (
	// pageTimeout bounds what a page asks of the database.
	pageTimeout = 10 * time.Second

	// liveSuffix leads from a page's address to its stream.
	liveSuffix = "/live"
	// livePrefix begins the names of templates that are the live parts of a page.
	livePrefix = "live-"
)

// page is one of the console's pages, as doc.go tells.
type page struct {
	route   string // below /console, in Gin's form: /tenants/:id
	file    string // its templates: pages/<file>.html
	section string // whose link in the navigation is marked: the route of one of the sections
	// load gets what the page shows. It goes by the place alone, since everyone who looks at a place live shares it. Its
	// error may be errNotFound.
	load func(ctx context.Context, at place) (any, error)
	// every is how often the live parts are made anew while somebody looks; 0 for a page that stands still.
	every time.Duration
}

// sections are what the navigation leads to, in its order; those without a page are left out.
func sections() []link {
	return []link{
		{Text: "Tenants", Href: "/tenants"},
		{Text: "Candidates", Href: "/candidates"},
		{Text: "Attention", Href: "/attention"},
		{Text: "Webhooks", Href: "/webhooks"},
		{Text: "Queue", Href: "/queue"},
		{Text: "Health", Href: "/health"},
		{Text: "Record", Href: "/actions"},
	}
}

type link struct {
	Text, Href string
	Current    bool
}

// place is what a page shows, by its address.
type place struct {
	path   string
	params gin.Params
	query  url.Values
}

func placeOf(c *gin.Context) place {
	return place{c.Request.URL.Path, c.Params, c.Request.URL.Query()}
}

// id is an id in the path. What is no id names nothing that exists.
func (p place) id(parameter string) (uuid.UUID, error) {
	id, err := uuid.Parse(p.params.ByName(parameter))
	if err != nil || id == uuid.Nil {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

// href is the address of the place, with some of its query changed: given as name and value, which may be empty to leave
// the name out.
func (p place) href(changes ...string) string {
	query := url.Values{}
	maps.Copy(query, p.query)
	for i := 0; i+1 < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
	}
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	if len(query) == 0 {
		return p.path
	}
	return p.path + "?" + query.Encode()
}

// after is the key of the row after which a list begins, empty for its start.
func (p place) after() (string, error) {
	key, err := base64.RawURLEncoding.Strict().DecodeString(p.query.Get("after"))
	if err != nil {
		return "", errNotFound
	}
	return string(key), nil
}

// pager leads through a list; its template is "pager".
type pager struct{ First, Next string }

// pages makes a pager. next is the key of the last row shown if rows follow it, else empty.
func (p place) pages(next string) pager {
	var to pager
	if p.query.Get("after") != "" {
		to.First = p.href("after", "")
	}
	if next != "" {
		to.Next = p.href("after", base64.RawURLEncoding.EncodeToString([]byte(next)))
	}
	return to
}

// sheet is a page with its templates.
type sheet struct {
	page      page
	templates *template.Template
	parts     []string // the names of its live parts
}

// frame is what the layout shows around a page.
type frame struct {
	Who      string
	Sections []link // empty without a navigation
	Search   bool   // there is a page to find candidates by
	Live     string // the address of the page's stream
	Said     *said
	Data     any
}

// parsePages reads the templates: each page's beside the layout and the components.
func (k *Console) parsePages() error {
	common, err := template.New("").Funcs(k.functions()).ParseFS(pageFiles, "pages/layout.html", "pages/components.html")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	parse := func(p page) (*sheet, error) {
		templates, err := template.Must(common.Clone()).ParseFS(pageFiles, "pages/"+p.file+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", p.file, err)
		}
		s := &sheet{page: p, templates: templates}
		for _, t := range templates.Templates() {
			if name, ok := strings.CutPrefix(t.Name(), livePrefix); ok {
				s.parts = append(s.parts, name)
			}
		}
		slices.Sort(s.parts)
		return s, nil
	}
	for _, p := range k.allPages() {
		s, err := parse(p)
		if err != nil {
			return err
		}
		k.pages = append(k.pages, s)
	}
	k.plain = map[string]*sheet{}
	names := []string{"sign-in", "error", "connect-problem"}
	for _, d := range k.allDeeds() {
		if d.file != "" {
			names = append(names, d.file)
		}
	}
	for _, name := range names {
		if k.plain[name], err = parse(page{file: name}); err != nil {
			return err
		}
	}
	k.linked = map[Purpose]*sheet{}
	for purpose, p := range k.linkPages() {
		if k.linked[purpose], err = parse(p); err != nil {
			return err
		}
	}
	return nil
}

// firstPage is the address of the first page in the navigation.
func (k *Console) firstPage() string { return k.navigation("")[0].Href }

// navigation is the links to the sections that have a page, of which one is marked.
func (k *Console) navigation(current string) []link {
	var links []link
	for _, section := range sections() {
		if slices.ContainsFunc(k.pages, func(s *sheet) bool { return s.page.route == section.Href }) {
			links = append(links, link{section.Text, rootPath + section.Href, section.Href == current})
		}
	}
	return links
}

// open answers a request for a page.
func (k *Console) open(c *gin.Context, s *sheet) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), pageTimeout)
	defer cancel()
	data, err := s.page.load(ctx, placeOf(c))
	if err != nil {
		k.fail(c, err)
		return
	}
	k.show(c, http.StatusOK, s, data)
}

// show writes a page, or only what stands in its main element if htmx asks.
func (k *Console) show(c *gin.Context, status int, s *sheet, data any) {
	k.showAt(c, status, s, data, placeOf(c))
}

// showAt is show for a page that stands at another address than the one that was asked for.
func (k *Console) showAt(c *gin.Context, status int, s *sheet, data any, at place) {
	f := frame{Who: who(c), Said: k.takeSaid(c), Data: data}
	// Without a database nobody can be known, and whoever waits for it keeps the navigation.
	if failed, ok := data.(failure); f.Who != "" || ok && failed.Retry {
		f.Sections = k.navigation(s.page.section)
		f.Search = slices.ContainsFunc(f.Sections, func(l link) bool { return l.Text == "Candidates" })
	}
	if s.page.every > 0 {
		at.path = path.Join(at.path, liveSuffix)
		f.Live = at.href()
	}
	name := "page"
	if isHTMX(c) {
		name = "content"
	}
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, name, f); err != nil {
		k.config.Note(c, "internal", fmt.Errorf("page %s: %w", s.page.file, err))
		c.String(http.StatusInternalServerError, "Something failed on our side.")
		return
	}
	c.Header("Vary", "HX-Request")
	c.Data(status, "text/html; charset=utf-8", html.Bytes())
}

// deed is what a posted form does.
type deed struct {
	route string // below /console, in Gin's form
	// do returns the address of the page to go to, and what to say there. An error that is a failure of status 422 is said
	// on the page that it names; any other shows as a page of its own.
	do func(ctx context.Context, f form) (to, saying string, err error)
	// show, in place of do, returns what the page in file shows in answer, this once: what is kept nowhere to be shown after a
	// redirect.
	show func(ctx context.Context, f form) (data any, err error)
	file string
	// timeout bounds it; pageTimeout if 0.
	timeout time.Duration
}

// form is a posted form: where, what and by whom.
type form struct {
	place
	values url.Values
	who    string
}

// errorOn is a rule that a form breaks, said on the page to go to.
func errorOn(to, message string) (string, string, error) {
	return to, "", refused(http.StatusUnprocessableEntity, "", message)
}

// perform answers a posted form, whether htmx posts it or the browser itself.
func (k *Console) perform(c *gin.Context, d deed) {
	if err := parseForm(c); err != nil {
		k.fail(c, err)
		return
	}
	timeout := d.timeout
	if timeout == 0 {
		timeout = pageTimeout
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	posted := form{placeOf(c), c.Request.PostForm, who(c)}
	if d.show != nil {
		data, err := d.show(ctx, posted)
		if err != nil {
			k.fail(c, err)
			return
		}
		k.show(c, http.StatusOK, k.plain[d.file], data)
		return
	}
	to, saying, err := d.do(ctx, posted)
	f, told := errors.AsType[*failure](err)
	switch {
	case told && f.Status == http.StatusUnprocessableEntity && to != "":
		k.say(c, said{Text: f.Message, Problem: true})
	case err != nil:
		k.fail(c, err)
		return
	case saying != "":
		k.say(c, said{Text: saying})
	}
	c.Redirect(http.StatusSeeOther, to)
}
