package jobs_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// clockNow is the run's clock.
func (tr *trial) clockNow() time.Time { return time.Now().Add(time.Duration(tr.ahead.Load())) }

// after has something happen on the run's clock.
func (tr *trial) after(d time.Duration, what string, do func()) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.later = append(tr.later, event{at: tr.clockNow().Add(d), what: what, do: do})
}

// happen does what is due by now, and tells when the next is.
func (tr *trial) happen() (next time.Time) {
	tr.mu.Lock()
	now := tr.clockNow()
	var due []event
	tr.later = slices.DeleteFunc(tr.later, func(e event) bool {
		if e.at.After(now) {
			return false
		}
		due = append(due, e)
		return true
	})
	for _, e := range tr.later {
		if next.IsZero() || e.at.Before(next) {
			next = e.at
		}
	}
	tr.mu.Unlock()
	for _, e := range due {
		tr.log.Info("LATE", "what", e.what)
		e.do()
	}
	return next
}

var errSending = errors.New("a send is under way")

// jump lets time pass, for everyone: living nodes have beaten meanwhile, and no send is under way
// across it.
func (tr *trial) jump(ctx context.Context, d time.Duration) error {
	if time.Now().UnixNano() < tr.stepped.Load()+int64(2*sendTimeout) {
		return nil
	}
	err := db.InTx(ctx, tr.db.Pool, func(tx pgx.Tx) error {
		// Nobody begins a send from here on.
		if _, err := tx.Exec(ctx, `LOCK TABLE jazzhr.effects IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		var sending bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM jazzhr.effects
			WHERE state = 'sending' AND not_after > jazzhr.now() - interval '100 ms')`).Scan(&sending); err != nil {
			return err
		}
		if sending || tr.flying.Load() > 0 {
			return errSending
		}
		if _, err := tx.Exec(ctx, `UPDATE jazzhr.nodes SET beat_at = beat_at + $1::bigint * interval '1 microsecond'
			WHERE node_id = ANY($2)`, d.Microseconds(), tr.living()); err != nil {
			return err
		}
		if err := tr.offset(ctx, tx, d); err != nil {
			return err
		}
		tr.ahead.Add(int64(d)) // a moment before the database's: what lags is then shown rather too early
		return nil
	})
	if errors.Is(err, errSending) {
		return nil
	}
	if err == nil {
		tr.log.Info("JUMP", "by", d.Round(time.Millisecond).String())
	}
	return err
}

// step sets the clock of the database's server, as an administrator does or a failover to another:
// nobody else's. Jumps wait until whoever is sending has reached its deadline, which no such step
// moves, and until the nodes have beaten.
func (tr *trial) step(d time.Duration) {
	tr.stepped.Store(time.Now().UnixNano())
	if err := dbtest.Step(context.Background(), tr.db.Pool, d); err != nil {
		tr.log.Info("step", "error", err.Error())
		return
	}
	tr.log.Info("STEP", "by", d.String())
}

func (tr *trial) offset(ctx context.Context, conn gen.DBTX, d time.Duration) error {
	_, err := conn.Exec(ctx, `UPDATE dbtest.clock SET ahead = ahead + $1::bigint * interval '1 microsecond'`, d.Microseconds())
	return err
}

// durationShare is a share of the quiet period.
func durationShare(share float64) time.Duration { return time.Duration(share * float64(quietPeriod)) }
