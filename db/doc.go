// Package db opens the database, runs its migrations, and is the one door through which a tenant's rows are reached.
//
// Everything lives in the Postgres schema "jazzhr", River's tables too, so that the service can share a database with
// others. Package db/gen holds the queries that sqlc generated from folder sql; each takes the transaction it runs in.
package db
