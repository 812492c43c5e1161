package console

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

//go:embed pages/*.html
var pageFiles embed.FS

const (
	// pageTimeout bounds what a page asks of the database.
	pageTimeout = 10 * time.Second
	// liveSuffix is added to a page's address to get the address of its stream.
	liveSuffix = "/live"
	// livePrefix begins the names of the templates that are live parts of a page.
	livePrefix = "live-"
)

// compiledPage is a page with its templates.
type compiledPage struct {
	page      page
	least     Role                        // that may open it
	templates map[Role]*template.Template // they hide what a role may not see or do
	parts     []string                    // the names of its live parts
}

// frame is the data of the layout, around the data of a page.
type frame struct {
	Who      string
	Sections []link // of the navigation; empty for none
	River    bool   // River UI is in the navigation
	Search   bool   // the search field for candidates is shown
	Live     string // the address of the page's stream; empty for none
	Notice   *notice
	Data     any
}

// parsePages parses the templates of each page, together with the layout and the components.
func (k *Console) parsePages() error {
	if err := k.listLeast(); err != nil {
		return err
	}
	common, err := k.commonTemplates()
	if err != nil {
		return err
	}
	for _, p := range k.allPages() {
		s, err := parsePage(common, p)
		if err != nil {
			return err
		}
		k.pages = append(k.pages, s)
	}
	k.standalone = map[string]*compiledPage{}
	names := []string{"sign-in", "signed-in", "error", "connect-problem"}
	for _, d := range k.allActions() {
		if d.file != "" {
			names = append(names, d.file)
		}
	}
	for _, name := range names {
		if k.standalone[name], err = parsePage(common, guardedPage{page: page{file: name}}); err != nil {
			return err
		}
	}
	k.linkPages = map[Purpose]*compiledPage{}
	for purpose, p := range k.linkPageOf() {
		if k.linkPages[purpose], err = parsePage(common, guardedPage{page: p}); err != nil {
			return err
		}
	}
	return nil
}

// commonTemplates returns the layout and the components for each role.
func (k *Console) commonTemplates() (map[Role]*template.Template, error) {
	common := map[Role]*template.Template{}
	for _, r := range Roles() {
		parsed, err := template.New("").Funcs(k.functions(r.Role)).ParseFS(
			pageFiles, "pages/layout.html", "pages/components.html",
		)
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		common[r.Role] = parsed
	}
	return common, nil
}

func parsePage(common map[Role]*template.Template, p guardedPage) (*compiledPage, error) {
	s := &compiledPage{page: p.page, least: p.least, templates: map[Role]*template.Template{}}
	for role, around := range common {
		templates, err := template.Must(around.Clone()).ParseFS(pageFiles, "pages/"+p.file+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", p.file, err)
		}
		s.templates[role] = templates
	}
	for _, t := range s.templates[Admin].Templates() {
		if name, ok := strings.CutPrefix(t.Name(), livePrefix); ok {
			s.parts = append(s.parts, name)
		}
	}
	slices.Sort(s.parts)
	return s, nil
}

// templatesFor returns the templates for a role. Nobody's are those of the least role.
func (s *compiledPage) templatesFor(role Role) *template.Template {
	return s.templates[max(role, Reader)]
}

// firstPage returns the address of the first page in the navigation.
func (k *Console) firstPage() string { return k.navigation("", Reader)[0].Href }

// navigation returns the links to the sections that have a page which a role may open. It marks the
// current one.
func (k *Console) navigation(current string, role Role) []link {
	var links []link
	for _, section := range sections() {
		if slices.ContainsFunc(k.pages, func(s *compiledPage) bool {
			return s.page.route == section.Href && max(role, Reader) >= s.least
		}) {
			links = append(links, link{section.Text, rootPath + section.Href, section.Href == current})
		}
	}
	return links
}

// servePage answers a request for a page.
func (k *Console) servePage(c *gin.Context, s *compiledPage) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), pageTimeout)
	defer cancel()
	at := placeOf(c, s.page.query...)
	data, err := s.page.load(ctx, at)
	if err == nil {
		err = k.recordReading(ctx, s.page, at)
	}
	if err != nil {
		k.fail(c, err)
		return
	}
	k.show(c, http.StatusOK, s, data)
}

// show writes a page, or only the content of its main element if htmx asks.
func (k *Console) show(c *gin.Context, status int, s *compiledPage, data any) {
	k.showAt(c, status, s, data, placeOf(c, s.page.query...))
}

// showAt is show for a page whose address is not the one that was asked for.
func (k *Console) showAt(c *gin.Context, status int, s *compiledPage, data any, at place) {
	p := personOf(c)
	f := frame{Who: p.Name, Notice: k.takeNotice(c), Data: data}
	// If the database is away nobody can be identified. Keep the navigation for whoever waits for
	// it.
	if failed, ok := data.(failure); f.Who != "" || ok && failed.Retry {
		f.Sections = k.navigation(s.page.section, p.Role)
		f.River = p.Role >= riverRole
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
	if err := s.templatesFor(p.Role).ExecuteTemplate(&html, name, f); err != nil {
		k.config.Note(c, "internal", fmt.Errorf("page %s: %w", s.page.file, err))
		c.String(http.StatusInternalServerError, "Something failed on our side.")
		return
	}
	c.Header("Vary", "HX-Request")
	c.Data(status, "text/html; charset=utf-8", html.Bytes())
}
