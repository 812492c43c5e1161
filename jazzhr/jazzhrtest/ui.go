package jazzhrtest

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

//go:embed page
var pageFiles embed.FS

// UI serves a page with accounts, jobs, candidates and settings. It refuses posts from other sites.
// It asks nobody to sign in and shows API keys, so serve it only on loopback.
func (s *Sim) UI() http.Handler {
	u := &ui{sim: s, pages: make(map[string]*template.Template)}
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic("jazzhrtest: " + err.Error()) // embedded
	}
	functions := template.FuncMap{"when": when}
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(files, "layout.html"))
	for _, name := range []string{"accounts", "account", "candidate", "activity", "settings"} {
		u.pages[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, name+".html"))
	}

	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", staticFiles(files)))
	mux.HandleFunc("GET /changes", u.changes)
	mux.HandleFunc("GET /{$}", u.showAccounts)
	mux.HandleFunc("GET /accounts/{account}", u.withAccount(u.showAccount))
	mux.HandleFunc("POST /accounts/{account}/candidates", u.withAccount(u.addCandidate))
	mux.HandleFunc("GET /accounts/{account}/candidates/{candidate}", u.withCandidate(u.showCandidate))
	mux.HandleFunc("POST /accounts/{account}/candidates/{candidate}/export", u.withCandidate(u.exportCandidate))
	mux.HandleFunc("POST /accounts/{account}/candidates/{candidate}/resend", u.withCandidate(u.resendExport))
	mux.HandleFunc("POST /accounts/{account}/candidates/{candidate}/stage", u.withCandidate(u.moveCandidate))
	mux.HandleFunc("GET /accounts/{account}/activity", u.withAccount(u.showActivity))
	mux.HandleFunc("GET /accounts/{account}/settings", u.withAccount(u.showSettings))
	mux.HandleFunc("POST /accounts/{account}/settings", u.withAccount(u.saveSettings))
	return http.NewCrossOriginProtection().Handler(secured(mux))
}

// ui renders the page with the simulator's public methods.
type ui struct {
	sim   *Sim
	pages map[string]*template.Template
}

// view is what the layout shows around every page.
type view struct {
	Title   string
	Account *accountView // nil on the list of accounts
	Here    string       // current entry of the account's menu
	Problem string       // why the last post was refused
	Data    any
}

type accountView struct{ ID, Company string }

func viewOf(a *Account) *accountView { return &accountView{a.ID(), a.Settings().Company} }

// render writes a page only after the whole template succeeded. So a failing template gives an
// error and not half a page.
func (u *ui) render(w http.ResponseWriter, status int, page string, v view) {
	var buf bytes.Buffer
	if err := u.pages[page].Execute(&buf, v); err != nil {
		http.Error(w, "the page can't be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

// withAccount finds the account in the path.
func (u *ui) withAccount(next func(http.ResponseWriter, *http.Request, *Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, a := range u.sim.Accounts() {
			if a.ID() == r.PathValue("account") {
				next(w, r, a)
				return
			}
		}
		http.NotFound(w, r)
	}
}

// withCandidate finds the account and the applicant in the path.
func (u *ui) withCandidate(next func(http.ResponseWriter, *http.Request, *Account, Applicant)) http.HandlerFunc {
	return u.withAccount(func(w http.ResponseWriter, r *http.Request, a *Account) {
		p, found := a.Applicant(r.PathValue("candidate"))
		if !found {
			http.NotFound(w, r)
			return
		}
		next(w, r, a, p)
	})
}

// secured forbids the page to load anything from elsewhere, to be framed and to be cached.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "+
			"connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// staticFiles serves the style sheet and the script, but not the templates.
func staticFiles(files fs.FS) http.Handler {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic("jazzhrtest: " + err.Error()) // embedded
	}
	return http.FileServerFS(static)
}

// changesInterval is the shortest time between two events to a page.
const changesInterval = 300 * time.Millisecond

// changes sends a server-sent event at once and after every change. The page then reloads its
// content.
func (u *ui) changes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for {
		changed := u.sim.watch()
		if _, err := fmt.Fprint(w, "data: changed\n\n"); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
		closed := u.sim.closed
		if !waitFor(r.Context(), closed, time.After(changesInterval)) || !waitFor(r.Context(), closed, changed) {
			return
		}
	}
}

// waitFor waits for an event. It returns false if the caller leaves or the simulator closes first.
func waitFor[T any](ctx context.Context, closed <-chan struct{}, event <-chan T) bool {
	select {
	case <-event:
		return true
	case <-ctx.Done():
	case <-closed:
	}
	return false
}

// when formats a time for a reader.
func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("2 Jan 2006, 15:04")
}
