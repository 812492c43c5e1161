package console

import (
	"fmt"
	"slices"
)

// Role is what somebody may do in the console. Each role may do all that those before it may.
type Role int

// The roles. routes.go says what each page and each action needs.
const (
	_        Role = iota // nobody
	Reader               // sees pages, with personal data masked
	Support              // sees personal data, decides cases and replays webhooks
	Operator             // changes tenants
	Admin                // everything
)

// RoleInfo is a row of the table of roles.
type RoleInfo struct {
	Role    Role
	Name    string // as the settings and the database write it
	Meaning string // what it may do beyond the roles before it
}

// Roles returns the table of roles, the least first.
func Roles() []RoleInfo {
	return []RoleInfo{
		{Reader, "reader", "see tenants, cases, webhooks, queue, health and the record, with personal data masked"},
		{Support, "support", "find candidates, see cases and webhooks unmasked, decide cases, replay webhooks"},
		{Operator, "operator", "pause, resume, resync, disconnect, make webhook secrets and connect links"},
		{Admin, "admin", "see the API's tokens, see and end sessions, use River UI"},
	}
}

// RoleNames returns the names of the roles, the least first.
func RoleNames() []string {
	var names []string
	for _, r := range Roles() {
		names = append(names, r.Name)
	}
	return names
}

func (r Role) String() string {
	for _, known := range Roles() {
		if known.Role == r {
			return known.Name
		}
	}
	return "nobody"
}

// parseRole returns the role of a name. ok is false if there is none.
func parseRole(name string) (role Role, ok bool) {
	i := slices.Index(RoleNames(), name)
	if i < 0 {
		return 0, false
	}
	return Roles()[i].Role, true
}

// may reports whether a role may use a route, given as in routes.go: GET for pages, POST for
// actions. An unknown route is a mistake in a template.
func (k *Console) may(role Role, route string) (bool, error) {
	least, ok := k.least[route]
	if !ok {
		return false, fmt.Errorf("no page and no action is %q", route)
	}
	return role >= least, nil
}

// listLeast fills the table of the least role for each page and action. Its error names one that has
// no role.
func (k *Console) listLeast() error {
	k.least = map[string]Role{"ANY /river": riverRole}
	for _, p := range k.allPages() {
		k.least["GET "+p.route] = p.least
	}
	for _, a := range k.allActions() {
		k.least["POST "+a.route] = a.least
	}
	for route, least := range k.least {
		if least < Reader || least > Admin {
			return fmt.Errorf("%s has no role", route)
		}
	}
	return nil
}
