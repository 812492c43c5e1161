package db

import (
	"context"
	"fmt"
	"time"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// NullText returns a text as a column that may be null stores it: an empty text is null.
func NullText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Text returns the text of a column that may be null: null is empty.
func Text(column *string) string {
	if column == nil {
		return ""
	}
	return *column
}

// UTC returns the time of a column that may be null, as the API shows it.
func UTC(column *time.Time) *time.Time {
	if column == nil {
		return nil
	}
	utc := column.UTC()
	return &utc
}

// Now returns the database's time, which is the same for all processes. A test can move it.
func Now(ctx context.Context, conn gen.DBTX) (time.Time, error) {
	now, err := gen.New().SystemDatabaseNow(ctx, conn)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's time: %w", err)
	}
	return now, nil
}
