package localpg

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// binaries is a folder of PostgreSQL's server programs.
type binaries struct {
	dir     string
	version int // major
}

// Find returns the folder of the machine's PostgreSQL server programs and their major version,
// which is [MinVersion] or later. It looks in PATH, then asks pg_config, then looks in the folders
// of packages, newest version first.
func Find(ctx context.Context) (bindir string, version int, err error) {
	acct, err := serverAccount(ctx)
	if err != nil {
		return "", 0, err
	}
	bin, err := findBinaries(ctx, acct)
	return bin.dir, bin.version, err
}

// findBinaries is Find for programs that the account can run.
func findBinaries(ctx context.Context, a account) (binaries, error) {
	for _, dir := range candidates(ctx) {
		if b, err := inspect(ctx, a, dir); err == nil && b.version >= MinVersion {
			return b, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err
	}
	return binaries{}, fmt.Errorf("PostgreSQL %d or later was not found", MinVersion)
}

func candidates(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                   // Red Hat, from postgresql.org
		"/usr/libexec/postgresql*",                           // Alpine
		"/opt/homebrew/opt/postgresql*/bin",                  // Homebrew, Apple silicon
		"/usr/local/opt/postgresql*/bin",                     // Homebrew, Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",     // Homebrew, Linux
		"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	} {
		found, _ := filepath.Glob(pattern) // the patterns are well-formed
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// versionIn returns the first number in a path, or 0.
func versionIn(path string) int {
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(path))
	return n
}

// inspect runs the server program in dir under the account to read its version.
func inspect(ctx context.Context, a account, dir string) (binaries, error) {
	if err := a.command(ctx, filepath.Join(dir, "initdb"), "--version").Run(); err != nil {
		return binaries{}, fmt.Errorf("run initdb of %s: %w", dir, err)
	}
	out, err := a.command(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("run postgres of %s: %w", dir, err)
	}
	// For example "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "… 17.5", "… 18beta1".
	match := regexp.MustCompile(`PostgreSQL\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return binaries{}, errors.New("postgres of " + dir + " prints no version")
	}
	version, err := strconv.Atoi(string(match[1]))
	return binaries{dir, version}, err
}
