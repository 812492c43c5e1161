// Package console is what people see of the service in a browser: the operators' pages, with River
// UI, behind a sign-in, and the pages that connect links lead to. Package web mounts it at /console
// and /connect.
//
// # A page
//
// A page is a value of type page. A method of [Console] makes it, in a file of its own, and
// allPages in routes.go lists it, with the least role that may open it:
//
//	func (k *Console) healthPage() page {
//		return page{route: "/health", file: "health", section: "/health", load: k.loadHealth, every: 2 * time.Second}
//	}
//
// load reads from the database what the page shows. It gets the place, which is the address: id
// returns an id in the path, query holds the parameters that the page names in its own query, after
// is where a list goes on, and pages and href make links. load may return errNotFound.
//
// The templates are in pages/<file>.html. "title" and "main" both get what load returned. The
// functions that they may call are in functions.go, the shared templates in pages/components.html,
// and every class is listed at the top of assets/console.css. A section of the navigation shows as
// soon as its route has a page. Addresses are listed in docs/http-api.md, and a test holds that
// list to the routes.
//
// Pages contain no script and no style: the content security policy forbids both. Name assets with
// {{asset "name"}}.
//
// When htmx asks (hx-get, with hx-target="#main"), the answer is only the content of the main
// element. An element does not inherit htmx attributes (disableInheritance), so each names its own
// hx-target.
//
// # A live page
//
// A page with every set is live. It defines its live parts as templates named live-<part>, and
// shows each in an element that names the part:
//
//	<div sse-swap="nodes">{{template "live-nodes" .}}</div>
//
// While anybody looks, the parts are rendered at that interval, once for all who look at the same
// address. Parts that have changed are sent (view.go, stream.go). So load must not depend on who
// looks. Put what people type into or open outside of live parts, because a part is replaced as a
// whole. The text of a time shown by ago is not a change: the browser keeps it up to date. If load
// fails, the page says so, and goes on when it can.
//
// Operators and those who use connect links each have streams of their own, and a session or a link
// only so many of them: a hidden page gives its stream back.
//
// # An action
//
// A posted form is handled by an action. allActions in routes.go lists them, each with the least role
// that may post it. The form works without
// script. With hx-post, hx-target="#main" and the same address it also works without a new page:
//
//	<form method="post" action="/console/tenants/{{.ID}}/pause" hx-post="/console/tenants/{{.ID}}/pause" hx-target="#main">
//
// An action returns the page to go to and a notice to show there. problemOn returns a notice about
// what was typed. The action is recorded in the transaction of the change: by the [tenant.Actor]
// that methods of package tenant take, else by [record.Add]. A change that should not be made by
// mistake is asked for in a <dialog> (data-dialog, data-close in console.js) or on a page of its
// own.
//
// # Signing in
//
// People sign in at an OpenID Connect provider (package identity), by the admin token, or by both.
// Each way in ends in sessions.begin. Sessions are rows with keyed hashes, a name and a [Role].
//
// Templates are parsed once for each role. {{if may "POST /tenants/:id/pause"}} asks whether the role
// may use a route of routes.go, and {{personal .Name}} masks what tells of a candidate. So load need
// not know who looks, and all with the same role share a live page.
//
// # Tests
//
// Tests in a real Chromium begin with TestBrowser and are in files with the build tag browser.
// `make browser` runs them; see browser_test.go.
package console
