package work_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestFinding10KeepsFailing holds when the work on a row is given up because it fails: at the tenth
// equal failure in a row for a reason of its own, and never because of what passes.
func TestFinding10KeepsFailing(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	data, shape := fmt.Errorf("store: %w", &pgconn.PgError{Code: "22P05"}), errors.New("decode note: unexpected end")
	const panics = "panic of type string"
	for name, test := range map[string]struct {
		before []string
		fails  error // nil panics
		gaveUp bool
	}{
		"the first time":                {fails: data},
		"the ninth time":                {before: slices.Repeat([]string{db.LogText(data)}, 8), fails: data},
		"the tenth time":                {before: slices.Repeat([]string{db.LogText(data)}, 9), fails: data, gaveUp: true},
		"not by the database":           {before: slices.Repeat([]string{shape.Error()}, 9), fails: shape, gaveUp: true},
		"in another way before":         {before: append(slices.Repeat([]string{db.LogText(data)}, 9), "another"), fails: data},
		"in another way at first":       {before: append([]string{"another"}, slices.Repeat([]string{db.LogText(data)}, 9)...), fails: data, gaveUp: true},
		"a panic, the ninth time":       {before: slices.Repeat([]string{panics}, 8)},
		"a panic, the tenth time":       {before: slices.Repeat([]string{panics}, 9), gaveUp: true},
		"transactions meet":             transient("40001"),
		"a deadlock":                    transient("40P01"),
		"the database shuts down":       transient("57P01"),
		"the disk is full":              transient("53100"),
		"a lock is held":                transient("55P03"),
		"the schema is another":         transient("42P01"),
		"the connection is lost":        {before: slices.Repeat([]string{io.ErrUnexpectedEOF.Error()}, 20), fails: io.ErrUnexpectedEOF},
		"a statement takes too long":    {before: slices.Repeat([]string{context.DeadlineExceeded.Error()}, 20), fails: context.DeadlineExceeded},
		"a call elsewhere is cancelled": {before: slices.Repeat([]string{context.Canceled.Error()}, 20), fails: context.Canceled},
	} {
		i := item{}
		i.row.Tenant = f.Row(t, f.Tenant(t))
		var gaveUp outcome.Code
		panicked, err := func() (panicked bool, err error) {
			defer func() { panicked = recover() != nil }()
			return false, attempt(t, f, i, test.before...).Do(t.Context(), work.Item{
				Load: func(context.Context) (work.Row, error) { return i.row, nil },
				Run: func(context.Context) error {
					if test.fails == nil {
						panic("a bug")
					}
					return test.fails
				},
				GiveUp: func(_ context.Context, why outcome.Code) error { gaveUp = why; return nil },
			})
		}()
		if is := gaveUp == outcome.KeepsFailing; is != test.gaveUp || is == (err != nil || panicked) {
			t.Errorf("%s: given up because %q, error %v, panicked %v", name, gaveUp, err, panicked)
		}
	}
}

// TestKeepsFailingToEnd holds that a row is left to a person too whose work only waits for JazzHR, but
// that can't be handed back, or given up after three days, because of its data.
func TestKeepsFailingToEnd(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	refused := fmt.Errorf("store: %w", &pgconn.PgError{Code: "22P05"})
	for name, since := range map[string]time.Duration{"handed back": time.Minute, "given up": 4 * 24 * time.Hour} {
		for failures, want := range map[int]outcome.Code{8: "", 9: outcome.KeepsFailing} {
			i := item{}
			i.row.Tenant, i.row.GiveUpFrom = f.Row(t, f.Tenant(t)), time.Now().Add(-since)
			var gaveUp outcome.Code
			err := attempt(t, f, i, slices.Repeat([]string{db.LogText(refused)}, failures)...).Do(t.Context(), work.Item{
				Load: func(context.Context) (work.Row, error) { return i.row, nil },
				Run:  func(context.Context) error { return work.ErrUnreadable },
				GiveUp: func(_ context.Context, why outcome.Code) error {
					if why != outcome.KeepsFailing {
						return refused
					}
					gaveUp = why
					return nil
				},
				HandBack: func(context.Context, db.TenantTx, time.Time, work.Wait) error { return refused },
			})
			if gaveUp != want || (err == nil) != (want != "") {
				t.Errorf("%s after %d failures: given up because %q, error %v", name, failures, gaveUp, err)
			}
		}
	}
}

// transient is a failure that Postgres has answered with for a long time.
func transient(code string) struct {
	before []string
	fails  error
	gaveUp bool
} {
	err := &pgconn.PgError{Code: code}
	return struct {
		before []string
		fails  error
		gaveUp bool
	}{before: slices.Repeat([]string{db.LogText(err)}, 20), fails: err}
}

// failed are the errors of attempts as River keeps them.
func failed(texts []string) (errs []rivertype.AttemptError) {
	for n, text := range texts {
		errs = append(errs, rivertype.AttemptError{Attempt: n + 1, Error: text})
	}
	return errs
}
