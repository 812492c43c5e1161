package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// TestPass holds how far a pass reads, and what it comes to.
func TestPass(t *testing.T) {
	t.Parallel()
	// Each page lists the days of its rows.
	pages := [][]string{
		{"2026-03-05", "2026-03-04", "2026-03-05"},
		{"2026-03-04", "", "2026-02-30", "tomorrow"},
		{"2026-03-03", "2026-03-03"},
		{"2026-03-02"},
	}
	for name, test := range map[string]struct {
		until     string
		from      int
		unchanged bool
		latest    string
		failAt    int
		read      []int
		newest    string
		cut       cut
		short     bool
		fresh     map[int]int // new rows, by page
		goOn      int         // where the next pass goes on
	}{
		"to the end":                            {read: []int{1, 2, 3, 4}, newest: "2026-03-05"},
		"until a page lies wholly before a day": {until: "2026-03-04", read: []int{1, 2, 3}, newest: "2026-03-05"},
		"a text that is no day may be of any":   {until: "2026-03-05", read: []int{1, 2, 3}, newest: "2026-03-05"},
		"from a page on":                        {from: 3, read: []int{3, 4}, newest: "2026-03-03"},
		"not at all if the list begins as ever": {unchanged: true, newest: "2026-03-05"},
		"a day to come says nothing":            {latest: "2026-03-04", read: []int{1, 2, 3, 4}, newest: "2026-03-04"},
		"nor does it hide older days":           {latest: "2026-03-03", read: []int{1, 2, 3, 4}, newest: "2026-03-03"},
		"a page that fails ends it":             {failAt: 3, read: []int{1, 2}, newest: "2026-03-05", goOn: 3},
		"the first page fails":                  {failAt: 1},
		"a short one ends without news":         {short: true, fresh: map[int]int{1: 1}, read: []int{1, 2}, newest: "2026-03-05"},
		"one that was stopped goes on":          {cut: cut{4, "2026-03-04"}, read: []int{1, 4}, newest: "2026-03-04"},
		"below what has come since":             {cut: cut{4, "2026-03-04"}, fresh: map[int]int{1: 1}, read: []int{1, 2, 4}, newest: "2026-03-04"},
		"and is not short":                      {cut: cut{2, "2026-03-04"}, short: true, read: []int{1, 2, 3, 4}, newest: "2026-03-04"},
		"or is stopped again":                   {cut: cut{3, "2026-03-04"}, failAt: 4, read: []int{1, 3}, newest: "2026-03-05", goOn: 4},
		"at the first page":                     {cut: cut{3, "2026-03-04"}, failAt: 1},
	} {
		var kept []int
		failed := errors.New("JazzHR is away")
		p := pass[string]{
			name: "days", from: test.from, latest: test.latest,
			of:    func(day string) (string, string) { return day, day },
			until: func(string) string { return test.until },
			read: func(_ context.Context, page int) (jazzhr.Page[string], error) {
				if page == test.failAt {
					return jazzhr.Page[string]{}, failed
				}
				return jazzhr.Page[string]{Items: pages[page-1], Last: page == len(pages)}, nil
			},
			keep: func(_ context.Context, _ []string, page int, _ string) (int, error) {
				kept = append(kept, page)
				return test.fresh[page], nil
			},
			cut: test.cut, short: test.short,
		}
		if p.latest == "" {
			p.latest = "2026-03-06"
		}
		if test.unchanged {
			p.head = p.headOf(pages[0])
		}
		done, err := p.run(t.Context())
		if (test.failAt > 0) != errors.Is(err, failed) {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(kept, test.read) || done.newest != test.newest || done.unchanged != test.unchanged || done.cut.page != test.goOn {
			t.Errorf("%s: %s", name, fmt.Sprint(kept, done.newest, done.unchanged, done.cut))
		}
	}
}
