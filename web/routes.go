package web

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/token"
)

// apiRoutes registers routes of the API that reach as far as each other.
type apiRoutes struct {
	group *gin.RouterGroup
	reach []gin.HandlerFunc // holds a token to its tenants
}

// add registers a route, given as its method and its path, with the one scope that it needs.
func (r apiRoutes) add(route string, scope token.Scope, handle gin.HandlerFunc) {
	method, path, _ := strings.Cut(route, " ")
	handlers := append([]gin.HandlerFunc{needScope(scope)}, r.reach...)
	r.group.Handle(method, path, append(handlers, handle)...)
}

func (s *Server) routeAPI(api *gin.RouterGroup) {
	quick := func(handle handler) gin.HandlerFunc { return endpoint(maxBody, apiTimeout, handle) }
	asksJazzHR := func(handle handler) gin.HandlerFunc { return endpoint(maxBody, jazzhrTimeout, handle) }

	// What concerns all tenants, for tokens that are bound to none.
	all := apiRoutes{api, []gin.HandlerFunc{needAllTenants}}
	all.add("POST /tenants", token.TenantsWrite, quick(s.createTenant))

	// What each token does for its own tenants. The handler looks which these are.
	own := apiRoutes{api, nil}
	own.add("GET /tenants", token.TenantsRead, quick(s.listTenants))
	own.add("POST /events/redeliver", token.EventsRedeliver, quick(s.redeliverEvents))
	own.add("GET /actions", token.RecordRead, quick(s.listActions))
	own.add("POST /tokens", token.TokensWrite, quick(s.createToken))
	own.add("GET /tokens", token.TokensWrite, quick(s.listTokens))
	own.add("DELETE /tokens/:id", token.TokensWrite, quick(s.revokeToken))
	own.add("POST /tokens/:id/roll", token.TokensWrite, quick(s.rollToken))

	one := apiRoutes{api.Group("/tenants/:id"), []gin.HandlerFunc{needTenant}}
	one.add("GET ", token.TenantsRead, quick(s.getTenant))
	one.add("PATCH ", token.TenantsWrite, quick(s.changeTenant))
	one.add("POST /pause", token.TenantsWrite, quick(s.pauseTenant))
	one.add("POST /resume", token.TenantsWrite, quick(s.resumeTenant))
	one.add("POST /sync", token.TenantsWrite, quick(s.startSync))

	one.add("PUT /connection", token.ConnectionsWrite, asksJazzHR(s.connect))
	one.add("DELETE /connection", token.ConnectionsWrite, quick(s.disconnect))
	one.add("POST /connection/test", token.ConnectionsWrite, asksJazzHR(s.testConnection))
	one.add("POST /connection/secret", token.ConnectionsWrite, quick(s.rotateSecret))
	one.add("POST /connect-links", token.ConnectionsWrite, quick(s.createConnectLink))

	one.add("POST /writebacks", token.WritebacksWrite, quick(s.enqueueWriteback))
	one.add("GET /writebacks", token.WritebacksRead, quick(s.listWritebacks))
	one.add("GET /writebacks/:wid", token.WritebacksRead, quick(s.getWriteback))
	one.add("GET /jobs", token.TenantsRead, quick(s.listJobs))
	one.add("GET /stages", token.TenantsRead, quick(s.listStages))
	one.add("GET /events", token.EventsRead, quick(s.listEvents))
	one.add("GET /attention", token.AttentionRead, quick(s.listCases))
	one.add("POST /attention/:item", token.AttentionWrite, quick(s.decideCase))
}
