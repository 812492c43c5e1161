package work

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/intrvio/jazzhr-worker/db"
)

// SameErrors is how often the work on a row may fail in the same way, one time after the other, for a
// reason of its own. River waits half a minute at most after each: ten times take less than three.
const SameErrors = 10

// run works on the row. A panic goes on to the middleware, which logs it, until it has come too often.
func (a *Attempt) run(ctx context.Context, row Row) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = panicError(fmt.Sprintf("panic of type %T", panicked)) // as the middleware calls it
			if !a.keepsFailing(err) {
				panic(panicked)
			}
		}
	}()
	return a.work(ctx, row)
}

// panicError is a panic as an error.
type panicError string

// Error gives the type of the panic's value, which may itself hold anything.
func (e panicError) Error() string { return string(e) }

// keepsFailing reports whether the work has failed in this way [SameErrors] times now.
func (a *Attempt) keepsFailing(err error) bool {
	if !isOwn(err) {
		return false
	}
	text, same := db.LogText(err), 1
	for _, before := range slices.Backward(a.failures) {
		if before != text {
			break
		}
		same++
	}
	return same >= SameErrors
}

// isOwn reports whether an error is for a reason of the row's own: its data, or a bug that its data
// meets. What the database can't do now, or for no row, is none.
func isOwn(err error) bool {
	if db.Away(err) || errors.Is(err, context.Canceled) {
		return false
	}
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return !ok || pgerrcode.IsDataException(refused.Code) || pgerrcode.IsIntegrityConstraintViolation(refused.Code) ||
		pgerrcode.IsProgramLimitExceeded(refused.Code) || pgerrcode.IsCardinalityViolation(refused.Code)
}
