package console

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
)

// pageRows is how many rows a page of a list shows.
const pageRows = 50

// actionText says what was done. It follows the name of who did it.
func actionText(kind record.Kind) string {
	for _, info := range record.Kinds() {
		if info.Kind == kind {
			return info.Words
		}
	}
	return string(kind)
}

func (k *Console) recordPage() page {
	return page{
		route: "/actions", file: "actions", section: "/actions", load: k.loadRecord,
		query: []string{"after", "tenant", "actor", "action", "from", "to"}, every: 2 * time.Second,
	}
}

// recordView is what the page shows.
type recordView struct {
	Actions []recordRow
	Pager   pager
	Kinds   []record.KindInfo
	// The filter, as it was typed.
	Tenant, Actor, From, To string
	Action                  record.Kind
	Problem                 string // why the filter is not understood; empty if it is
}

type recordRow struct {
	record.Named
	Words string
	Tone  tone
}

func newRecordRow(entry record.Named) recordRow {
	shown := recordRow{entry, actionText(entry.Action), good}
	switch entry.Outcome {
	case record.Done:
	case record.Refused:
		shown.Tone = warn
	case record.Failed:
		shown.Tone = bad
	}
	return shown
}

// filter returns what was typed as a filter, and says what of it is not understood.
func (v *recordView) filter() (f record.Filter, problem string) {
	f = record.Filter{Actor: v.Actor, Action: v.Action}
	if v.Tenant != "" {
		id, err := uuid.Parse(v.Tenant)
		if err != nil {
			return f, "Tenant: give the tenant’s id, as its page shows it."
		}
		f.Tenants = []uuid.UUID{id}
	}
	day := func(text string) (*time.Time, bool) {
		if text == "" {
			return nil, true
		}
		at, err := time.Parse(time.DateOnly, text)
		return &at, err == nil
	}
	var fromOK, toOK bool
	f.Since, fromOK = day(v.From)
	if f.Till, toOK = day(v.To); toOK && f.Till != nil {
		end := f.Till.AddDate(0, 0, 1) // with the day itself
		f.Till = &end
	}
	switch {
	case !fromOK:
		return f, "From: give a day, such as 2026-11-23."
	case !toOK:
		return f, "To: give a day, such as 2026-11-23."
	}
	return f, ""
}

func (k *Console) loadRecord(ctx context.Context, at place) (any, error) {
	before := uuid.Nil
	after, err := at.after()
	if err != nil {
		return nil, err
	}
	if after != "" {
		if before, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	shown := recordView{
		Kinds: record.Kinds(), Tenant: at.query.Get("tenant"), Actor: at.query.Get("actor"),
		Action: record.Kind(at.query.Get("action")), From: at.query.Get("from"), To: at.query.Get("to"),
	}
	f, problem := shown.filter()
	if shown.Problem = problem; problem != "" {
		return shown, nil
	}
	rows, err := record.Newest(ctx, k.config.Pool, f, before, pageRows+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = rows[pageRows-1].ID.String()
	}
	for _, row := range rows {
		shown.Actions = append(shown.Actions, newRecordRow(row))
	}
	shown.Pager = at.pages(next)
	return shown, nil
}
