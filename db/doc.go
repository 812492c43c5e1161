// Package db opens the database ([Open]), migrates it ([Migrate]), and runs transactions:
// [InTenant] for one tenant, and [InTx] for work that belongs to no tenant. [Of] runs single queries
// of one tenant. Behind both of these Postgres shows and changes the tenant's rows alone.
//
// Everything lives in the Postgres schema "jazzhr", River's tables too, so that the service can
// share a database with others. Package db/gen holds the queries, which sqlc generates from the
// folder sql. Each query takes the transaction it runs in.
package db
