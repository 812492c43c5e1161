package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, err := db.Open(t.Context(), database.URL, "a name", 3)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if size := pool.Config().MaxConns; size != 3 {
		t.Errorf("the pool opens up to %d connections", size)
	}
	for setting, want := range map[string]string{"application_name": "a name", "idle_in_transaction_session_timeout": "1min"} {
		var got string
		if err := pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, error %v", setting, got, err)
		}
	}
}

// TestOpenHidesPassword lets Open fail in different ways, with connection strings of each form.
func TestOpenHidesPassword(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nobody listens":         "postgres://user:hunter2secret@127.0.0.1:1/db",
		"nobody listens, quoted": "postgres://user:hunter2%40secret@127.0.0.1:1/db",
		"at in the password":     "postgres://user:hunter2@secret@127.0.0.1:1/db",
		"in the query":           "postgres://user@127.0.0.1:1/db?password=hunter2secret",
		"keywords":               "host=127.0.0.1 port=1 user=user password=hunter2secret dbname=db",
		"keywords and an error":  "host=127.0.0.1 port=x user=user password=hunter2secret",
		"keywords without end":   "host=127.0.0.1 password='hunter2secret",
		"no port":                "postgres://user:hunter2secret@127.0.0.1:port/db",
		"no address":             "postgres://user:hunter2secret@[::1/db",
		"bad escape":             "postgres://user:hunter2%zzsecret@127.0.0.1/db",
		"space":                  "postgres://user:hunter2 secret@127.0.0.1:1/db",
		"unknown setting":        "postgres://user:hunter2secret@127.0.0.1:1/db?sslmode=perhaps",
		"other scheme":           "mysql://user:hunter2secret@127.0.0.1:1/db",
		"no scheme":              "user:hunter2secret@127.0.0.1:1/db",
		"slash in the password":  "postgres://user:hunter2/secret@127.0.0.1:1/db",
		"hash in the password":   "postgres://user:hunter2#secret@127.0.0.1:1/db",
	}
	for name, url := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, err := db.Open(t.Context(), url, "test", 1)
			if err == nil {
				pool.Close()
				t.Fatal("it could be opened")
			}
			for _, part := range []string{"hunter2", "secret"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error holds the password: %v", err)
				}
			}
		})
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if pool, err := db.Open(ctx, database.URL, "test", 1); err == nil {
		pool.Close()
		t.Error("it was opened after its context had ended")
	}
}
