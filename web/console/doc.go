// Package console is what people see of the service in a browser: the operators' pages, with River UI, behind a sign-in.
// Package web mounts it at /console.
//
// # A page
//
// A page is a value of type page, made by a method of [Console] in a file of its own, and added to allPages in list.go:
//
//	func (k *Console) healthPage() page {
//		return page{route: "/health", file: "health", section: "/health", load: k.loadHealth, every: 2 * time.Second}
//	}
//
// load gets what the page shows from the database, by its place: id is an id in the path, query the rest, after where a list
// goes on, pages and href make links. Its error may be errNotFound. The templates stand in pages/<file>.html: "title" and
// "main", which both get what load returned. What they may call stands in functions.go (ago, count, plural, duration, badge,
// state, sparkline, bars, meter, dict), shared pieces in pages/components.html ("pager", "empty"), and every class at the top of
// assets/console.css. A section of the navigation shows as soon as its route has a page. Addresses are listed in
// docs/http-api.md, which a test holds to the routes.
//
// Pages hold no script and no style: the policy forbids it. Assets are named by {{asset "name"}}.
//
// When htmx asks (hx-get, with hx-target="#main"), the answer is only what stands in the main element. htmx hands no
// attribute on to what is inside (disableInheritance), so each element says its own hx-target.
//
// # A live page
//
// A page with every set is live. It defines its live parts as templates named live-<part> and shows each in an element of that
// part's name:
//
//	<div sse-swap="nodes">{{template "live-nodes" .}}</div>
//
// While anybody looks, the parts are rendered anew at that interval, once for all who look at the same address, and those that
// have changed are sent (view.go, stream.go). So load must not ask who looks. What people type into or open belongs
// outside of live parts, since a part is replaced as a whole. A time that is shown by ago is no change: the browser goes on
// counting. When load fails the page says so, the database being away in its own words, and goes on when it can.
//
// # An action
//
// What a posted form does is a deed, added to allDeeds in list.go. Its form works without script; with hx-post, hx-target="#main"
// and the same address it works without a new page:
//
//	<form method="post" action="/console/tenants/{{.ID}}/pause" hx-post="/console/tenants/{{.ID}}/pause" hx-target="#main">
//
// It returns the page to go to and what to say there; errorOn says what is wrong with what was typed. It calls [Record] in
// the transaction of what it does, or beside it where what it does can fail halfway. What is done but once is asked for in a
// <dialog> (data-dialog, data-close in console.js).
//
// # Signing in
//
// signIn is who a request is from and how one begins; now by the admin token, with an optional name for the record. Sessions
// are rows that hold hashes, so that a new admin token ends them.
//
// # Tests
//
// Tests of pages in a real Chromium begin with TestBrowser and stand in files with the build tag browser: `make browser`
// runs them. See browser_test.go.
package console
