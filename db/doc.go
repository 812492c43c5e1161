// Package db opens the database ([Open]), migrates it ([Migrate]), and runs transactions:
// [InTenant] for one tenant, which is the only way to a tenant's rows, and [InTx] for work that
// belongs to no tenant.
//
// Everything lives in the Postgres schema "jazzhr", River's tables too, so that the service can
// share a database with others. Package db/gen holds the queries, which sqlc generates from the
// folder sql. Each query takes the transaction it runs in.
package db
