// Package localpg runs a private PostgreSQL server for development and tests on Linux and macOS.
//
// The server's programs are those found on the machine (see [Find]); where there are none, they are downloaded. The
// server listens on 127.0.0.1 only, on a port that was free, with no Unix socket and a random password. It runs under
// the current user, or, because PostgreSQL refuses root, under an unprivileged account when the current user is root.
//
// # No process is left behind
//
// Each server is the child of a small shell script (see launcher) that holds the reading end of a pipe whose only
// writing end is in this process. Whatever ends this process, kill -9 too, closes the pipe, and the script shuts the
// server down. Linux's parent-death signal would do less: it is bound to a thread, is cleared by the change of user that
// root needs, and macOS has none.
//
// # Where the data is
//
// Below [Config.Dir], one cluster a major version of PostgreSQL (pg15, pg16, …), beside its password (pg15.password), the
// server's log and a lock. The lock is inherited by the server, so it is free only when no process of a server is left.
// If root started us and the unprivileged account can't reach Dir (a checkout below /root), all of these but the lock
// live in a folder of /var/tmp instead, and Dir/elsewhere is a symbolic link to it.
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
	// MinVersion is the oldest major version of PostgreSQL that is used.
	MinVersion = 14

	superuser = "jazzhr"

	// startTimeout bounds a start, recovery after a crash included.
	startTimeout = time.Minute
	// stopTimeout bounds a fast shutdown; an immediate one follows.
	stopTimeout = 10 * time.Second
)

// Config says how to run a server. The zero value is a throwaway server.
type Config struct {
	// Dir keeps the data for the next start; it is made if missing. Empty means a throwaway server: its data lives in a
	// temporary folder, is not synced to disk, and is removed when the server stops or this process ends.
	Dir string

	// Settings are server settings beyond those this package needs, such as max_connections.
	Settings map[string]string

	// Log takes progress lines meant for a person, such as that a download begins. Nil discards them.
	Log func(line string)

	// RepositoryURL is the Maven repository that PostgreSQL is downloaded from when the machine has none. Empty means
	// Maven Central.
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
	closed bool     // Stop was called: the lock and a throwaway's data are gone
}

// Start starts a server and returns when it answers queries. ctx bounds the start only; call [Server.Stop] to stop it.
//
// The error is one line for a person. It is [ErrInUse] when another server runs on Dir, and [ErrNoServer] when PostgreSQL
// can neither be found nor downloaded.
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

// prepare takes the lock and makes the cluster if there is none.
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

// release gives up what Start took. The server must not be running.
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

// URL returns a connection string for the named database, as the server's superuser. It stays valid over
// [Server.Restart].
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

// Stop shuts the server down: open transactions are rolled back and connections closed. When that takes longer than ten
// seconds, or ctx ends, it shuts down immediately, as after a crash. It returns when no process is left. A throwaway's
// data is removed. Calls after the first do nothing.
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

// StopImmediate ends the server as a crash would: without a checkpoint, so that the next start recovers from its log. The
// data stays; [Server.Restart] starts it again.
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

// Restart starts the server again at the same address, after an immediate shutdown if it is running.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("restart local PostgreSQL: the server was stopped for good")
	}
	s.stopImmediate()
	return s.run(ctx, s.port)
}
