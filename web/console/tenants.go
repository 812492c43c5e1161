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
	return page{
		route: "/tenants", file: "tenants", section: "/tenants", load: k.loadTenants, every: 5 * time.Second,
		query: []string{"q", "state", "sort", "after"},
	}
}

// choose marks the chosen one of some options.
func choose(chosen string, list ...option) []option {
	for i := range list {
		list[i].Chosen = list[i].Value == chosen
	}
	return list
}

// tenantStates returns the states by which tenants are counted and filtered, with their names.
func tenantStates() []option {
	return []option{
		{Value: string(tenant.Active), Text: "Active"},
		{Value: string(tenant.AwaitingVerify), Text: "Waiting for JazzHR"},
		{Value: string(tenant.Paused), Text: "Paused"},
		{Value: string(tenant.CredentialsRejected), Text: "Key refused"},
		{Value: string(tenant.Created), Text: "Not connected yet"},
		{Value: string(tenant.Disconnected), Text: "Disconnected"},
	}
}

// needsAttention is the filter for tenants that have cases.
const needsAttention = "attention"

func tenantSorts() []option {
	return []option{
		{Value: "name", Text: "Name"},
		{Value: "webhook", Text: "Latest webhook"},
		{Value: "quiet", Text: "Longest without a webhook"},
		{Value: "poll", Text: "Longest without a poll"},
		{Value: "waiting", Text: "Most waiting"},
		{Value: "attention", Text: "Most attention needed"},
		{Value: "new", Text: "Newest"},
	}
}

// tenantList is the data of the page.
type tenantList struct {
	Search        string
	States        []option
	Sorts         []option
	Counts        []stateCount
	NeedAttention stateCount
	Tenants       []tenantRow
	Pager         pager
	Filtered      bool // a search or a filter is on
}

// stateCount is the number of tenants in a state, with the address of their list.
type stateCount struct {
	Text    string
	Tenants int64
	Href    string
	Current bool
}

// tenantRow is a tenant in a list.
type tenantRow struct {
	gen.Tenant
	State  tenant.State
	Reason string
	figures
	Days []float64 // webhooks and writebacks together, by day
}

// figures are the current numbers of a tenant.
type figures struct {
	Writebacks, Webhooks, StageEntries int64 // open work
	Attention                          int64
	Missed                             int64   // webhooks missed in the last 7 days
	Used                               float64 // the share of the call budget, from 0 to 1
	ClosedUntil                        *time.Time
}

// Waiting returns the number of rows of open work.
func (f figures) Waiting() int64 { return f.Writebacks + f.Webhooks + f.StageEntries }

// Percent returns the used share of the call budget in percent.
func (f figures) Percent() int { return int(f.Used*100 + 0.5) }

// Total returns the sum of the numbers in the row's chart.
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
	if !slices.ContainsFunc(tenantSorts(), func(c option) bool { return c.Value == sort }) {
		sort = "name"
	}
	known := slices.ContainsFunc(tenantStates(), func(c option) bool { return c.Value == state })
	if !known && state != needsAttention {
		state = ""
	}
	if len(list.Search) > maxSearch || !isText(list.Search) {
		return nil, errNotFound
	}
	list.Filtered = list.Search != "" || state != ""
	list.Sorts = choose(sort, tenantSorts()...)
	list.States = choose(state, slices.Concat(
		[]option{{Text: "Any state"}, {Value: needsAttention, Text: "Needs attention"}}, tenantStates(),
	)...)
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

// cursorOf returns the sort key and the id of the tenant after which the list begins.
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

// countTenants counts the tenants in each state.
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
			href := at.href("state", s.Value, "after", "")
			list.Counts = append(list.Counts, stateCount{s.Text, n, href, s.Value == state})
		}
	}
	attention, err := q.SystemAttentionTenants(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("count tenants that need attention: %w", err)
	}
	list.NeedAttention = stateCount{
		"Need attention", attention, at.href("state", needsAttention, "after", ""), state == needsAttention,
	}
	return nil
}

// addFigures reads the numbers of a page of tenants.
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
			Writebacks: f.Writebacks, Webhooks: f.Webhooks, StageEntries: f.StageEntries,
			Attention: f.Attention, Missed: f.Missed,
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

// isText reports whether the database can store a text.
func isText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.ContainsRune(text, 0)
}
