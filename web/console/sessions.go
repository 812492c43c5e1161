package console

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/record"
)

const sessionsPath = "/console/sessions"

// shownSessions bounds how many sessions the page lists, the latest first.
const shownSessions = 200

func (k *Console) sessionsPage() page {
	return page{route: "/sessions", file: "sessions", section: "/actions", load: k.loadSessions, every: 5 * time.Second}
}

func (k *Console) loadSessions(ctx context.Context, _ place) (any, error) {
	rows, err := gen.New().SystemSessions(ctx, k.config.Pool, shownSessions)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return rows, nil
}

// endSession ends the session of somebody, on all processes at once.
func (k *Console) endSession(ctx context.Context, f form) (string, string, error) {
	id, err := f.id("session")
	if err != nil {
		return "", "", err
	}
	name := ""
	err = db.InTx(ctx, k.config.Pool, func(tx pgx.Tx) error {
		if name, err = gen.New().SystemEndSession(ctx, tx, id); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return record.Add(ctx, tx, record.Action{
			Who: f.who, What: record.SessionEnded, Target: id.String(), Detail: "of " + name,
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return sessionsPath, "That session has ended already.", nil
	}
	if err != nil {
		return "", "", err
	}
	return sessionsPath, "The session of " + name + " is ended.", nil
}
