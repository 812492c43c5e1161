package localpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dataDir returns the cluster's folder. Each major version has its own, since it can't read
// another's data.
func (s *Server) dataDir() string {
	return filepath.Join(s.home, "pg"+strconv.Itoa(s.bin.version))
}

func (s *Server) logFile() string { return filepath.Join(s.home, "postgres.log") }

// ensureCluster creates the cluster if there is none, and returns its superuser's password.
func (s *Server) ensureCluster(ctx context.Context) (string, error) {
	data := s.dataDir()
	passwordFile := data + ".password"
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		password, err := os.ReadFile(passwordFile)
		if err != nil {
			return "", fmt.Errorf("read the local PostgreSQL's password: %w", err)
		}
		return strings.TrimSpace(string(password)), nil
	}
	s.logOtherVersions()

	// The cluster is created under another name and renamed when complete, so that a killed start
	// leaves no half cluster.
	fresh := data + ".new"
	password := rand.Text()
	err := errors.Join(
		os.RemoveAll(fresh),
		os.Mkdir(fresh, 0o700),
		s.account.own(fresh),
		os.WriteFile(passwordFile, []byte(password+"\n"), 0o600),
		s.account.own(passwordFile),
	)
	if err != nil {
		return "", fmt.Errorf("make the local PostgreSQL's folder: %w", err)
	}
	args := []string{
		"--pgdata=" + fresh, "--username=" + superuser, "--pwfile=" + passwordFile, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if s.cfg.throwaway() {
		args = append(args, "--no-sync")
	}
	cmd := s.account.command(ctx, filepath.Join(s.bin.dir, "initdb"), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, lastLine(string(out)))
	}
	if err := os.Rename(fresh, data); err != nil {
		return "", fmt.Errorf("make the local PostgreSQL's folder: %w", err)
	}
	return password, nil
}

// logOtherVersions logs that data of other major versions is not used.
func (s *Server) logOtherVersions() {
	others, _ := filepath.Glob(filepath.Join(s.home, "pg*", "PG_VERSION")) // the pattern is well-formed
	for _, other := range others {
		s.cfg.log("The data in %s is of another version than PostgreSQL %d, which runs now: it is not used or changed",
			filepath.Dir(other), s.bin.version)
	}
}

// arguments returns the server's command line without the port.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		// The log must hold no personal data: no statements, and no DETAIL lines, which quote rows.
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
	}
	if s.cfg.throwaway() {
		// Commits outlive a crash of the server but not of the machine.
		settings["fsync"] = "off"
		settings["full_page_writes"] = "off"
		settings["max_connections"] = "800" // for the test processes of all packages at once
	}
	maps.Copy(settings, s.cfg.Settings)
	args := []string{"-D", s.dataDir()}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
