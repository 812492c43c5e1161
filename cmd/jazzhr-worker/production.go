//go:build production

package main

// demoCommands holds nothing: a build with the tag production links no simulator and no database
// server.
type demoCommands struct{}

const tryIt = ""
