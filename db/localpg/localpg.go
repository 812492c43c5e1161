// Package localpg runs a private PostgreSQL server for development and tests on Linux and macOS.
//
// [Start] runs the programs that the machine has (see [Find]), or downloads them. The server
// listens only on 127.0.0.1, on a free port, with no Unix socket and a random password. It runs
// under the current user. Since PostgreSQL refuses to run as root, it runs under an unprivileged
// account if the current user is root.
//
// # No process is left behind
//
// Each server is the child of a small shell script (see launcher). The script holds the reading end
// of a pipe whose only writing end is in this process. When this process ends, even by kill -9, the
// pipe closes and the script shuts the server down. Linux's parent-death signal would not be
// enough: it is bound to a thread, the change of user that root needs clears it, and macOS has
// none.
//
// # Where the data is
//
// [Config.Dir] holds one cluster for each major version of PostgreSQL (pg15, pg16, …) with its
// password (pg15.password), the server's log and a lock. The server's processes inherit the lock,
// so it is free only when none of them is left. If the current user is root and the unprivileged
// account can't reach Dir, for example in a checkout below /root, all of these but the lock are in
// a folder of /var/tmp, and Dir/elsewhere is a symbolic link to it.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// MinVersion is the oldest major version of PostgreSQL that is supported.
	MinVersion = 14

	superuser = "jazzhr"

	// startTimeout bounds a start, including recovery after a crash.
	startTimeout = time.Minute
	// stopTimeout bounds a fast shutdown; an immediate one follows.
	stopTimeout = 10 * time.Second
)

// Config says how to run a server. The zero value is a throwaway server.
type Config struct {
	// Dir keeps the data for the next start; it is created if missing. Empty means a throwaway
	// server: its data are in a temporary folder, are not synced to disk, and are removed when the
	// server stops or this process ends.
	Dir string

	// Settings are further settings of the server, such as max_connections.
	Settings map[string]string

	// Log receives lines of progress for a person, for example when a download begins. Nil discards
	// them.
	Log func(line string)

	// RepositoryURL is the Maven repository that PostgreSQL is downloaded from when the machine has
	// none. Empty means Maven Central.
	RepositoryURL string

	// CacheDir keeps the download. Empty means a folder of the user's cache folder.
	CacheDir string

	// find replaces findBinaries in tests of a machine without PostgreSQL.
	find func(context.Context, account) (binaries, error)
}

func (c Config) log(format string, args ...any) {
	if c.Log != nil {
		c.Log(fmt.Sprintf(format, args...))
	}
}

func (c Config) throwaway() bool { return c.Dir == "" }

// Server is a running or stopped server. Its methods may be called from several goroutines.
type Server struct {
	cfg      Config
	account  account
	bin      binaries
	home     string // folder of the cluster, its password and its log
	password string
	lock     *os.File

	mu     sync.Mutex
	port   int      // kept over restarts
	proc   *process // nil when stopped
	closed bool     // the lock is released and a throwaway's data are removed
}

// Start starts a server and returns when it answers queries. ctx bounds only the start; call
// [Server.Stop] to stop the server.
//
// The error is one line for a person. It is [ErrInUse] when another server runs on Dir, and
// [ErrNoServer] when PostgreSQL can neither be found nor downloaded.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	acct, err := serverAccount(ctx)
	if err != nil {
		return nil, err
	}
	bin, err := obtain(ctx, cfg, acct)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, account: acct, bin: bin}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// prepare takes the lock and creates the cluster if there is none.
func (s *Server) prepare(ctx context.Context) (err error) {
	if s.cfg.throwaway() {
		if s.home, err = throwawayHome(ctx, s.account); err != nil {
			return err
		}
		s.lock, err = lockDir(ctx, s.home)
	} else {
		if s.cfg.Dir, err = filepath.Abs(s.cfg.Dir); err != nil {
			return fmt.Errorf("local PostgreSQL: %w", err)
		}
		if err = os.MkdirAll(s.cfg.Dir, 0o755); err != nil {
			return fmt.Errorf("local PostgreSQL: %w", err)
		}
		if s.lock, err = lockDir(ctx, s.cfg.Dir); err != nil {
			return err
		}
		s.home, err = reachable(ctx, s.account, s.cfg.Dir)
	}
	if err != nil {
		return err
	}
	s.password, err = s.ensureCluster(ctx)
	return err
}

// release removes a throwaway's data and releases the lock. The server must not be running.
func (s *Server) release() error {
	var err error
	if s.cfg.throwaway() && s.home != "" {
		err = os.RemoveAll(s.home)
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	s.closed = true
	return err
}

// URL returns a connection string for the named database, as the server's superuser. It stays valid
// over [Server.Restart].
func (s *Server) URL(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url(database)
}

func (s *Server) url(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Version is the server's major version.
func (s *Server) Version() int { return s.bin.version }

// EnsureDatabase creates the named database if there is none, and returns its URL.
func (s *Server) EnsureDatabase(ctx context.Context, name string) (string, error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))

	const duplicateDatabase = "42P04"
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || pgErr.Code != duplicateDatabase) {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return s.URL(name), nil
}

// Stop rolls back open transactions, closes connections and shuts the server down. If that takes
// longer than ten seconds, or if ctx ends, it stops the server immediately, as a crash would. It
// returns when no process is left, and removes a throwaway's data. Calls after the first do
// nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.proc != nil {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		s.proc.stop(ctx)
		s.proc = nil
	}
	if err := s.release(); err != nil {
		return fmt.Errorf("stop local PostgreSQL: %w", err)
	}
	return nil
}

// StopImmediate ends the server as a crash would, without a checkpoint, so that the next start
// recovers from the write-ahead log. The data stay; [Server.Restart] starts the server again.
func (s *Server) StopImmediate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopImmediate()
}

func (s *Server) stopImmediate() {
	if s.proc != nil {
		s.proc.quit()
		s.proc = nil
	}
}

// Restart starts the server again at the same address. A running server is stopped immediately
// first.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("restart local PostgreSQL: Stop was called")
	}
	s.stopImmediate()
	return s.run(ctx, s.port)
}
