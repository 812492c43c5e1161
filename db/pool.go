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

// Open returns a pool of at most size connections and has asked the database once. name shows in pg_stat_activity.
//
// It never returns an error that holds the URL's password.
func Open(ctx context.Context, databaseURL, name string, size int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %s", withoutPassword(err, databaseURL))
	}
	if strings.Contains(config.ConnConfig.Host, "@") {
		// A password with a raw "@" was cut in two, and its end would stand in the error of a host that is not found.
		return nil, errors.New("database URL: the password holds an @: write it as %40")
	}
	config.MaxConns = int32(size)
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.RuntimeParams["application_name"] = name
	// A connection whose process stalled inside a transaction must not hold locks and old rows for ever.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	// What is read is read by index, and mostly from memory. At the server's default of 4 the planner reads a whole table to find
	// ten thousand rows by their ids, as River's deletion of finished jobs does twice a minute: 3.6 s with 1.2 million of them.
	config.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap()) // else each id is written as text and parsed again, on either side
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
		// What can't be parsed can't be searched for its password.
		return "not a valid connection string (postgres://user:password@host:port/database)"
	}
	return text
}
