package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// chartDays is how many days, today included, the charts of tenants go back.
const chartDays = 14

// maxSearch is the most bytes that somebody may search for.
const maxSearch = 200

func (k *Console) tenantsPage() page {
	return page{route: "/tenants", file: "tenants", section: "/tenants", load: k.loadTenants, every: 5 * time.Second}
}

// selectable is one of the values of a field to choose from.
type selectable struct {
	Value, Text string
	Chosen      bool
}

func choose(chosen string, list ...selectable) []selectable {
	for i := range list {
		list[i].Chosen = list[i].Value == chosen
	}
	return list
}

// tenantStates are the states by which tenants are counted and filtered, with how they are named.
func tenantStates() []selectable {
	return []selectable{
		{Value: string(tenant.Active), Text: "Active"},
		{Value: string(tenant.AwaitingVerify), Text: "Waiting for JazzHR"},
		{Value: string(tenant.Paused), Text: "Paused"},
		{Value: string(tenant.CredentialsRejected), Text: "Key refused"},
		{Value: string(tenant.Created), Text: "Not connected yet"},
		{Value: string(tenant.Disconnected), Text: "Disconnected"},
	}
}

// needsAttention filters for tenants of whom a person must decide something.
const needsAttention = "attention"

func tenantSorts() []selectable {
	return []selectable{
		{Value: "name", Text: "Name"},
		{Value: "webhook", Text: "Latest webhook"},
		{Value: "quiet", Text: "Longest without a webhook"},
		{Value: "poll", Text: "Longest without a poll"},
		{Value: "waiting", Text: "Most waiting"},
		{Value: "attention", Text: "Most attention needed"},
		{Value: "new", Text: "Newest"},
	}
}

// tenantList is what the page shows.
type tenantList struct {
	Search  string
	States  []selectable
	Sorts   []selectable
	Counts  []stateCount
	Needy   stateCount
	Tenants []tenantRow
	Pager   pager
	Narrow  bool // a search or a filter is on
}

// stateCount is how many tenants are in a state, and leads to them.
type stateCount struct {
	Text    string
	Tenants int64
	Href    string
	Current bool
}

// tenantRow is a tenant as lists show it.
type tenantRow struct {
	gen.Tenant
	State  tenant.State
	Reason string
	figures
	Days []float64 // webhooks and writebacks together, by day
}

// figures are a tenant's numbers of this moment.
type figures struct {
	Writebacks, Webhooks, StageEntries int64 // that wait or are worked on
	Attention                          int64
	Missed                             int64   // webhooks of the last 7 days that should have come
	Used                               float64 // the share of the call budget, from 0 to 1
	ClosedUntil                        *time.Time
}

// Waiting is what waits or is worked on, of all kinds.
func (f figures) Waiting() int64 { return f.Writebacks + f.Webhooks + f.StageEntries }

// Percent is the share of the call budget in whole percent.
func (f figures) Percent() int { return int(f.Used*100 + 0.5) }

// Total sums up what the row's chart shows.
func (r tenantRow) Total() int64 {
	total := 0.0
	for _, n := range r.Days {
		total += n
	}
	return int64(total)
}

func (k *Console) loadTenants(ctx context.Context, at place) (any, error) {
	list := tenantList{Search: strings.TrimSpace(at.query.Get("q"))}
	state, sort := at.query.Get("state"), at.query.Get("sort")
	if !slices.ContainsFunc(tenantSorts(), func(c selectable) bool { return c.Value == sort }) {
		sort = "name"
	}
	known := slices.ContainsFunc(tenantStates(), func(c selectable) bool { return c.Value == state })
	if !known && state != needsAttention {
		state = ""
	}
	if len(list.Search) > maxSearch || !isText(list.Search) {
		return nil, errNotFound
	}
	list.Narrow = list.Search != "" || state != ""
	list.Sorts = choose(sort, tenantSorts()...)
	list.States = choose(state, slices.Concat([]selectable{{Text: "Any state"}, {Value: needsAttention, Text: "Needs attention"}}, tenantStates())...)
	if err := k.countTenants(ctx, at, state, &list); err != nil {
		return nil, err
	}
	key, id, err := cursorOf(at)
	if err != nil {
		return nil, err
	}
	rows, err := gen.New().SystemTenantList(ctx, k.config.Pool, gen.SystemTenantListParams{
		Sort: sort, State: state, Search: list.Search, AfterKey: key, AfterID: id, MaxRows: pageRows + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		last := rows[pageRows-1]
		next = last.SortKey + "\x00" + last.Tenant.TenantID.String()
	}
	list.Pager = at.pages(next)
	for _, row := range rows {
		shown := tenantRow{Tenant: row.Tenant}
		shown.State, shown.Reason = tenant.StateOf(row.Tenant)
		list.Tenants = append(list.Tenants, shown)
	}
	return list, k.addFigures(ctx, list.Tenants)
}

// cursorOf is the sort key and id of the tenant after which the list begins.
func cursorOf(at place) (key string, id uuid.UUID, err error) {
	after, err := at.after()
	if err != nil || after == "" {
		return "", uuid.Nil, err
	}
	key, text, _ := strings.Cut(after, "\x00")
	if id, err = uuid.Parse(text); err != nil || !isText(key) {
		return "", uuid.Nil, errNotFound
	}
	return key, id, nil
}

// countTenants counts tenants by state, each count with a link to those.
func (k *Console) countTenants(ctx context.Context, at place, state string, list *tenantList) error {
	q := gen.New()
	rows, err := q.SystemTenantStates(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("count tenants: %w", err)
	}
	counts := map[string]int64{}
	for _, row := range rows {
		counts[row.State] = row.Tenants
	}
	for _, s := range tenantStates() {
		if n := counts[s.Value]; n > 0 || s.Value == string(tenant.Active) {
			list.Counts = append(list.Counts, stateCount{s.Text, n, at.href("state", s.Value, "after", ""), s.Value == state})
		}
	}
	needy, err := q.SystemAttentionTenants(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("count tenants that need attention: %w", err)
	}
	list.Needy = stateCount{"Need attention", needy, at.href("state", needsAttention, "after", ""), state == needsAttention}
	return nil
}

// addFigures reads the numbers of tenants, for a page of them at a time.
func (k *Console) addFigures(ctx context.Context, rows []tenantRow) error {
	ids := make([]uuid.UUID, len(rows))
	at := map[uuid.UUID]*tenantRow{}
	for i := range rows {
		ids[i] = rows[i].TenantID
		at[ids[i]] = &rows[i]
	}
	q := gen.New()
	burst, perSecond := queue.BudgetOf(k.config.CallsPerMinute)
	found, err := q.SystemTenantFigures(ctx, k.config.Pool, gen.SystemTenantFiguresParams{
		TenantIds: ids, MatchWindow: k.config.TriggerMatchWindow, Burst: burst, PerSecond: perSecond,
	})
	if err != nil {
		return fmt.Errorf("read tenants' figures: %w", err)
	}
	for _, f := range found {
		row := at[f.TenantID]
		row.figures = figures{
			Writebacks: f.Writebacks, Webhooks: f.Webhooks, StageEntries: f.StageEntries, Attention: f.Attention, Missed: f.Missed,
			Used: 1 - max(f.CallsLeft, 0)/burst,
		}
		if f.ClosedSeconds > 0 {
			until := time.Now().Add(time.Duration(f.ClosedSeconds * float64(time.Second))).Truncate(time.Second)
			row.ClosedUntil, row.Used = &until, 1
		}
	}
	days, err := q.SystemTenantDays(ctx, k.config.Pool, ids, chartDays)
	if err != nil {
		return fmt.Errorf("read tenants' days: %w", err)
	}
	for _, day := range days {
		row := at[day.TenantID]
		row.Days = append(row.Days, float64(day.Webhooks+day.Writebacks))
	}
	return nil
}

// isText reports whether the database can take a text.
func isText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.ContainsRune(text, 0)
}
