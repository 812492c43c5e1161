package record

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Format is how an export is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// Export writes the entries of a filter, the oldest first, page by page. It takes no actor and no
// action: what is left out of an export can be left out by whoever reads it. It returns how many
// entries it wrote.
func Export(ctx context.Context, conn gen.DBTX, w io.Writer, format Format, f Filter) (n int, err error) {
	write, flush := jsonWriter(w)
	if format == CSV {
		if write, flush, err = csvWriter(w); err != nil {
			return 0, err
		}
	}
	params := gen.SystemActionsAfterParams{After: uuid.Nil, Since: f.Since, Until: f.Till, Tenants: f.Tenants, MaxRows: chainRows}
	for {
		rows, err := gen.New().SystemActionsAfter(ctx, conn, params)
		if err != nil {
			return n, fmt.Errorf("export the record: %w", err)
		}
		for _, row := range rows {
			if err := write(EntryOf(row)); err != nil {
				return n, fmt.Errorf("export the record: %w", err)
			}
			n++
		}
		if err := flush(); err != nil {
			return n, fmt.Errorf("export the record: %w", err)
		}
		if len(rows) < chainRows {
			return n, nil
		}
		params.After = rows[len(rows)-1].ActionID
	}
}

func jsonWriter(w io.Writer) (write func(Entry) error, flush func() error) {
	return func(e Entry) error {
		line, err := e.line()
		if err != nil {
			return err
		}
		_, err = w.Write(line)
		return err
	}, func() error { return nil }
}

func csvWriter(w io.Writer) (write func(Entry) error, flush func() error, err error) {
	table := csv.NewWriter(w)
	err = table.Write([]string{
		"position", "id", "at", "actor_kind", "actor", "actor_id", "address", "request_id", "tenant_id", "action", "target",
		"outcome", "detail", "changes", "times", "hash",
	})
	return func(e Entry) error {
			tenant := ""
			if e.TenantID != nil {
				tenant = e.TenantID.String()
			}
			fields := []string{
				strconv.FormatInt(e.Position, 10), e.ID.String(), e.At.Format(time.RFC3339Nano), string(e.ActorKind), e.Actor,
				e.ActorID, e.Address, e.RequestID, tenant, string(e.Action), e.Target, string(e.Outcome), e.Detail, e.Changes,
				strconv.Itoa(int(e.Times)), e.Hash,
			}
			for i := range fields {
				fields[i] = cell(fields[i])
			}
			return table.Write(fields)
		}, func() error {
			table.Flush()
			return table.Error()
		}, err
}

// cell keeps a text from being a formula in a spreadsheet.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
