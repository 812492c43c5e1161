package console

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

const attentionPath = rootPath + "/attention"

// countLimit bounds what is counted for a number on a page. To count more each time would cost the
// database too much.
const countLimit = 10_000

func (k *Console) attentionPage() page {
	return page{
		route: "/attention", file: "attention", section: "/attention", load: k.loadAttention, every: 3 * time.Second,
		query: []string{"tenant", "problem", "after"},
	}
}

// attention is the data of the page: a list of cases.
type attention struct {
	Filter   tenantFilter
	Problem  string   // that the list is filtered by, or empty
	Problems []option // to filter by
	Cases    []caseRow
	Total    string // the number of cases of all tenants and problems
	Pager    pager
	Clear    string // the address of the unfiltered list; empty if this is it
}

// option is an option of a select element.
type option struct {
	Value, Text string
	Chosen      bool
}

type caseRow struct {
	gen.SystemAttentionRow
	Title string // of the problem
	About string // the candidate, the webhook or the move
	Href  string
}

// caseHref returns the address of the page of a case.
func caseHref(tenantID, item uuid.UUID) string {
	return fmt.Sprintf("%s/%s/%s", attentionPath, tenantID, item)
}

func (k *Console) loadAttention(ctx context.Context, at place) (any, error) {
	shown := attention{Problem: at.query.Get("problem")}
	params := gen.SystemAttentionParams{MaxRows: pageRows + 1, Problem: db.NullText(shown.Problem)}
	after, err := at.after()
	if err != nil || !validSearch(shown.Problem) {
		return nil, errNotFound
	}
	if after != "" {
		if params.After, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	if shown.Filter, err = k.readTenantFilter(ctx, at); err != nil {
		return nil, err
	}
	params.TenantIds = shown.Filter.IDs
	rows, err := gen.New().SystemAttention(ctx, k.config.Pool, params)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = rows[pageRows-1].ItemID.String()
	}
	shown.Pager = at.pages(next)
	for _, row := range rows {
		shown.Cases = append(shown.Cases, newCaseRow(row))
	}
	if shown.Problems, shown.Total, err = k.problemOptions(ctx, shown.Problem); err != nil {
		return nil, err
	}
	if shown.Problem != "" || shown.Filter.Text != "" {
		shown.Clear = attentionPath
	}
	return shown, nil
}

func newCaseRow(row gen.SystemAttentionRow) caseRow {
	shown := caseRow{SystemAttentionRow: row, Href: caseHref(row.TenantID, row.ItemID)}
	shown.Title = caseInfo(row.Type, outcome.Code(row.Problem), stepObject(row.Step)).Title
	switch row.Type {
	case writeback.CaseWriteback:
		shown.About = cmp.Or(strings.TrimSpace(row.FirstName+" "+row.LastName), "Interview "+row.InterviewID)
	case writeback.CaseStageMove:
		shown.About = moveText(row.Stage)
	default:
		shown.About = "A webhook"
	}
	return shown
}

// stepObject names what a step writes.
func stepObject(step string) string {
	switch step {
	case queue.StepCreateApplicant:
		return "the candidate"
	case queue.StepLinkApplicantToJob:
		return "the link to the job"
	default:
		return "the note"
	}
}

// problemOptions returns the problems that the list can be filtered by, each with the number of its
// cases, and the number of all cases.
func (k *Console) problemOptions(ctx context.Context, chosen string) (options []option, total string, err error) {
	rows, err := gen.New().SystemAttentionProblems(ctx, k.config.Pool, countLimit)
	if err != nil {
		return nil, "", fmt.Errorf("count cases: %w", err)
	}
	counts, all := map[outcome.Code]int64{}, int64(0)
	for _, row := range rows {
		counts[outcome.Code(row.Problem)] += row.Items
		all += row.Items
	}
	known := caseOptions()
	for _, problem := range slices.Sorted(maps.Keys(counts)) { // of a newer release
		if problem != "" && !slices.ContainsFunc(known, func(i outcome.Info) bool { return i.Code == problem }) {
			known = append(known, outcome.Info{Code: problem, Meaning: string(problem)})
		}
	}
	for _, info := range known {
		text := sentence(info.Meaning)
		if n := counts[info.Code]; n > 0 {
			text = fmt.Sprintf("%s (%s)", text, cappedCount(n))
		}
		options = append(options, option{string(info.Code), text, string(info.Code) == chosen})
	}
	return options, cappedCount(all), nil
}

// cappedCount writes a number that was counted up to countLimit only.
func cappedCount(n int64) string {
	text, _ := count(min(n, countLimit)) // it is a number
	if n >= countLimit {
		text += "+"
	}
	return text
}
