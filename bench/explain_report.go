package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// report collects what explainCommand learns.
type report struct {
	queries []namedQuery
	out     string
	large   map[string]int64
	generic map[string]plan
	stats   map[string]*queryStats
	tables  []tableUse
	indexes []usedIndex
}

// add counts a statement of the log.
func (r *report) add(e executed) error {
	s := r.stats[e.name]
	if s == nil {
		s = &queryStats{scans: map[string]bool{}}
		r.stats[e.name] = s
	}
	s.add(e)
	return nil
}

// write returns the report as Markdown, and writes it beside the plans.
func (r *report) write() (string, error) {
	var text strings.Builder
	ours := map[string]bool{}
	var absent []string
	for _, query := range r.queries {
		ours[query.name] = true
		if r.stats[query.name] == nil {
			absent = append(absent, query.name)
		}
	}
	const header = "\n| query | calls | rows | looked at | blocks, p50 | most | of disk | ms, p50 | p99 | most | by |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n"
	text.WriteString("## The service's queries\n" + header)
	names := slices.Sorted(maps.Keys(r.stats))
	for _, name := range names {
		if ours[name] {
			r.line(&text, name)
		}
	}
	text.WriteString("\n## River's, and those without a name\n" + header)
	for _, name := range names {
		if !ours[name] {
			r.line(&text, name)
		}
	}
	_, _ = fmt.Fprintf(&text, "\n## Did not run\n\n%s\n", strings.Join(absent, ", "))
	text.WriteString("\n## Read a large table from end to end\n\n")
	for _, name := range slices.Sorted(maps.Keys(r.generic)) {
		if tables := r.generic[name].seqScans(r.large); len(tables) > 0 {
			_, _ = fmt.Fprintf(&text, "- %s, planned for any values: %s\n", name, strings.Join(tables, ", "))
		}
	}
	for _, name := range names {
		if tables := r.seqScansOf(name); len(tables) > 0 {
			_, _ = fmt.Fprintf(&text, "- %s, as it ran: %s\n", name, strings.Join(tables, ", "))
		}
	}
	r.writeTables(&text)
	if err := r.writePlans(); err != nil {
		return "", err
	}
	return text.String(), os.WriteFile(filepath.Join(r.out, "report.md"), []byte(text.String()), 0o600)
}

func (r *report) line(text *strings.Builder, name string) {
	s := r.stats[name]
	by := strings.Join(slices.Sorted(maps.Keys(s.scans)), ", ")
	_, _ = fmt.Fprintf(text, "| %s | %d | %.0f | %.0f | %.0f | %.0f | %.0f | %.2f | %.2f | %.1f | %s |\n",
		strings.ReplaceAll(name, "|", "\\|"), len(s.took), s.rows, s.scanned,
		quantile(s.blocks, 0.5), quantile(s.blocks, 1), quantile(s.read, 1),
		quantile(s.took, 0.5), quantile(s.took, 0.99), quantile(s.took, 1), by)
}

// seqScansOf returns the large tables that a query has ever read from end to end.
func (r *report) seqScansOf(name string) (tables []string) {
	for _, table := range slices.Sorted(maps.Keys(r.large)) {
		if r.stats[name].scans["Seq Scan "+table] {
			tables = append(tables, table)
		}
	}
	return tables
}

func (r *report) writeTables(text *strings.Builder) {
	text.WriteString("\n## Tables\n\n" +
		"| table | rows | MB | inserted | updated | in place (HOT) | deleted | dead rows, at most | vacuumed |\n" +
		"|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range r.tables {
		hot := "–"
		if t.updated > 0 {
			hot = fmt.Sprintf("%.0f %%", 100*float64(t.hot)/float64(t.updated))
		}
		_, _ = fmt.Fprintf(text, "| %s | %d | %d | %d | %d | %s | %d | %d | %d |\n",
			t.name, t.rows, t.size>>20, t.inserted, t.updated, hot, t.deleted, t.dead, t.vacuumed)
	}
	text.WriteString("\n## Indexes\n\n| index | MB | scans | |\n|---|---|---|---|\n")
	for _, u := range r.indexes {
		unused := ""
		switch {
		case u.scans > 0:
		case u.constraint:
			unused = "holds uniqueness"
		default:
			unused = "**unused**"
		}
		_, _ = fmt.Fprintf(text, "| %s | %d | %d | %s |\n", u.name, u.size>>20, u.scans, unused)
	}
}

var notInNames = regexp.MustCompile(`\W+`)

// writePlans writes, for each query, the plan that touched most blocks.
func (r *report) writePlans() error {
	for name, s := range r.stats {
		file := notInNames.ReplaceAllString(name, "_") + ".worst.json"
		if err := os.WriteFile(filepath.Join(r.out, "plans", file), s.worst.text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
