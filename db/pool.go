package db

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// Schema is the Postgres schema that holds every table of the service, River's included.
const Schema = "jazzhr"

// Open returns a pool of at most size connections, after it has reached the database once. name is
// shown in pg_stat_activity. No error holds the URL's password.
func Open(ctx context.Context, databaseURL, name string, size int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %s", withoutPassword(err, databaseURL))
	}
	if strings.Contains(config.ConnConfig.Host, "@") {
		// A raw "@" cuts the password in two. Its end would show in the error about an unknown
		// host.
		return nil, errors.New("database URL: the password holds an @: write it as %40")
	}
	config.MaxConns = int32(size)
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.RuntimeParams["application_name"] = name
	// A process that stalls inside a transaction must not keep its locks, and old rows alive, for
	// ever.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	// Rows are read by index, mostly from memory. At the server's default of 4 the planner reads a
	// whole table to find ten thousand rows by their IDs, as River does twice a minute to delete
	// finished jobs. That took 3.6 s with 1.2 million of them.
	config.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap()) // without it, each ID is sent as text
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %s", withoutPassword(err, databaseURL))
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach database: %s", withoutPassword(err, databaseURL))
	}
	return pool, nil
}

func withoutPassword(err error, databaseURL string) string {
	text := err.Error()
	if parsed, parseErr := url.Parse(databaseURL); parseErr == nil {
		if password, ok := parsed.User.Password(); ok && password != "" {
			text = strings.ReplaceAll(text, password, "xxxxx")
		}
	} else {
		// The password of a URL that can't be parsed can't be found and removed.
		return "not a valid connection string (postgres://user:password@host:port/database)"
	}
	return text
}
