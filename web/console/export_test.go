package console

import (
	"bytes"
	"html/template"
	"net/http"
	"path"
	"time"

	"github.com/google/uuid"
)

// KitHandler serves testdata/kit.html, a page with every component, at any address.
func KitHandler() (http.Handler, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	k := &Console{assets: files, least: map[string]Role{}}
	templates, err := template.New("").Funcs(k.functions(Admin)).ParseFS(pageFiles, "pages/layout.html", "pages/components.html")
	if err != nil {
		return nil, err
	}
	if templates, err = templates.ParseFiles("testdata/kit.html"); err != nil {
		return nil, err
	}
	var navigation []link
	for i, section := range sections() {
		navigation = append(navigation, link{section.Text, rootPath + section.Href, i == 0})
	}
	var html bytes.Buffer
	now := time.Now()
	if err := templates.ExecuteTemplate(&html, "page", frame{
		Who: "admin (Sam)", Sections: navigation, River: true, Search: true, Notice: &notice{Text: "Acme is paused."},
		Data: map[string]any{
			"Now": now, "Earlier": now.Add(-3 * time.Hour), "Never": (*time.Time)(nil),
			"Line":  []float64{3, 5, 2, 8, 9, 4, 7, 12, 6},
			"Bars":  []bar{{"Mon: 3", 3, ""}, {"Tue: 8", 8, ""}, {"Wed: 2", 2, bad}, {"Thu: 0", 0, ""}, {"Fri: 5", 5, good}},
			"Pager": pager{"/console/kit", "/console/kit?after=x"},
		},
	}); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file, ok := files.files[path.Base(r.URL.Path)]; ok {
			w.Header().Set("Content-Type", file.kind)
			_, _ = w.Write(file.body)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", pagePolicy)
		_, _ = w.Write(html.Bytes())
	}), nil
}

// SignLink returns the path of a link to connect a tenant that is valid until a time.
func SignLink(adminToken string, tenant uuid.UUID, expires time.Time) string {
	l, err := newLinks(adminToken)
	if err != nil {
		panic(err)
	}
	return connectPath + "/" + l.sign(grant{Tenant: tenant, Purpose: Connect, Expires: expires})
}

// LeastRoles returns the least role that each page and action needs, by its method and route.
func LeastRoles() map[string]Role {
	k := &Console{}
	if err := k.listLeast(); err != nil {
		panic(err)
	}
	return k.least
}
