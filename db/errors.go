package db

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// Away reports whether an error means that the database can't be reached, is not ready or answers
// too late. It returns false if the database refused a statement.
func Away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgerrcode.IsConnectionException(e.Code) || pgerrcode.IsOperatorIntervention(e.Code) ||
			e.Code == pgerrcode.TooManyConnections
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok { // the connection was lost
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

// LogText returns an error's text for logs. The message of a Postgres error can quote values, so
// its SQLSTATE and constraint stand in its place.
func LogText(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		replacement := "SQLSTATE " + e.Code
		if e.ConstraintName != "" {
			replacement += ", constraint " + e.ConstraintName
		}
		text = strings.ReplaceAll(text, e.Error(), replacement)
	}
	return text
}
