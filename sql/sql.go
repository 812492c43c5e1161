// Package sql holds the schema and the queries of the service, and nothing but SQL.
//
// Package db runs the migrations. sqlc compiles the queries into package db/gen. A query that works
// within one tenant names its tenant_id. A query that works across tenants is named System…. A test
// in package db checks both.
package sql

import "embed"

// Migrations holds the goose migrations of schema jazzhr, in migrations/.
//
//go:embed migrations/*.sql
var Migrations embed.FS
