package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

const attentionPath = rootPath + "/attention"

// countedAtMost bounds what is counted for a figure: a count of more costs the database too much to be made all the time.
const countedAtMost = 10_000

func (k *Console) attentionPage() page {
	return page{route: "/attention", file: "attention", section: "/attention", load: k.loadAttention, every: 3 * time.Second}
}

// attention is what the page shows: what a person must decide.
type attention struct {
	Whose   whose
	Problem string   // that the list is narrowed to, or empty
	Choices []option // the problems to narrow it to
	Items   []attentionRow
	Total   string // of all tenants and problems
	Pager   pager
	Clear   string // the address of the whole list; empty if this is it
}

// option is one of a select.
type option struct {
	Value, Text string
	Chosen      bool
}

type attentionRow struct {
	gen.SystemAttentionRow
	Title string // the problem in words
	About string // what it is about
	Href  string
}

// itemHref is the address of the page of what needs a person.
func itemHref(tenant, item uuid.UUID) string {
	return fmt.Sprintf("%s/%s/%s", attentionPath, tenant, item)
}

func (k *Console) loadAttention(ctx context.Context, at place) (any, error) {
	shown := attention{Problem: at.query.Get("problem")}
	params := gen.SystemAttentionParams{MaxRows: pageRows + 1, Problem: nullable(shown.Problem)}
	after, err := at.after()
	if err != nil || !legible(shown.Problem) {
		return nil, errNotFound
	}
	if after != "" {
		if params.After, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	if shown.Whose, err = k.whose(ctx, at); err != nil {
		return nil, err
	}
	params.TenantIds = shown.Whose.IDs
	rows, err := gen.New().SystemAttention(ctx, k.config.Pool, params)
	if err != nil {
		return nil, fmt.Errorf("list what needs a person: %w", err)
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = rows[pageRows-1].ItemID.String()
	}
	shown.Pager = at.pages(next)
	for _, row := range rows {
		shown.Items = append(shown.Items, newAttentionRow(row))
	}
	if shown.Choices, shown.Total, err = k.attentionProblems(ctx, shown.Problem); err != nil {
		return nil, err
	}
	if shown.Problem != "" || shown.Whose.Text != "" {
		shown.Clear = attentionPath
	}
	return shown, nil
}

func newAttentionRow(row gen.SystemAttentionRow) attentionRow {
	shown := attentionRow{SystemAttentionRow: row, Href: itemHref(row.TenantID, row.ItemID)}
	shown.Title = problemOf(row.Type, row.Problem, stepObject(row.Step)).Title
	shown.About = "A webhook"
	if row.Type == queue.TypeWriteback {
		shown.About = strings.TrimSpace(row.FirstName + " " + row.LastName)
		if shown.About == "" {
			shown.About = "Interview " + row.InterviewID
		}
	}
	return shown
}

// stepObject is what a step writes, in a sentence.
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

// attentionProblems are the problems to narrow the list to, with how often each is there, and how many there are in all.
func (k *Console) attentionProblems(ctx context.Context, chosen string) (options []option, total string, err error) {
	rows, err := gen.New().SystemAttentionProblems(ctx, k.config.Pool, countedAtMost)
	if err != nil {
		return nil, "", fmt.Errorf("count what needs a person: %w", err)
	}
	found, all := map[string]int64{}, int64(0)
	for _, row := range rows {
		found[row.Problem] += row.Items
		all += row.Items
	}
	known := append(writebackProblems(), webhookProblems()...)
	for _, problem := range slices.Sorted(maps.Keys(found)) {
		if !slices.Contains(known, problem) && problem != "" {
			known = append(known, problem)
		}
	}
	for _, problem := range known {
		kind := queue.TypeWriteback
		if slices.Contains(webhookProblems(), problem) {
			kind = queue.TypeWebhook
		}
		text := problemOf(kind, problem, "the candidate").Title
		if problem == queue.ProblemUnreadable {
			text = "JazzHR, or a webhook, can’t be read"
		}
		if n := found[problem]; n > 0 {
			text = fmt.Sprintf("%s (%s)", text, atMost(n))
		}
		options = append(options, option{problem, text, problem == chosen})
	}
	return options, atMost(all), nil
}

// atMost shows a figure that was counted up to countedAtMost only.
func atMost(n int64) string {
	text, _ := count(min(n, countedAtMost)) // it is a number
	if n >= countedAtMost {
		text += "+"
	}
	return text
}
