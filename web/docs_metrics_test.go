package web_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/web"
)

// jobMetrics begin the names of metrics that the worker processes register, not the web server.
var jobMetrics = []string{"jazzhr_api_", "jazzhr_job_", "jazzhr_sync_"}

var (
	// A metric's name, its labels, and the star of those that are read from the database.
	metricRow  = regexp.MustCompile("^\\| `(jazzhr_\\w+)(?:\\{([\\w,]+)\\})?`( \\*)? \\|")
	metricDesc = regexp.MustCompile(`fqName: "(jazzhr_\w+)".* variableLabels: \{([\w,]*)\}`)
)

// TestDocsListTheMetrics holds the table of metrics in docs/operations.md to what the web server
// registers: names, labels, and which are read from the database.
func TestDocsListTheMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	start(t, func(c *web.Config) { c.Registry = registry })
	descs := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descs)
		close(descs)
	}()
	var registered []string
	for desc := range descs {
		if match := metricDesc.FindStringSubmatch(desc.String()); match != nil {
			registered = append(registered, match[1]+"{"+match[2]+"}")
		}
	}
	if len(registered) == 0 {
		t.Fatal("no metrics")
	}

	var listed []string
	for _, row := range tableOf(t, "operations.md", "| metric | meaning | red when | what to do |") {
		match := metricRow.FindStringSubmatch(row)
		if match == nil {
			t.Errorf("docs/operations.md: a row of no metric: %s", row)
			continue
		}
		name, stored := match[1], match[3] != ""
		if slices.ContainsFunc(jobMetrics, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		listed = append(listed, name+"{"+match[2]+"}")
		if stored == strings.HasPrefix(name, "jazzhr_http_") {
			t.Errorf("docs/operations.md: the star of %s is wrong", name)
		}
	}
	slices.Sort(registered)
	slices.Sort(listed)
	if !slices.Equal(listed, registered) {
		t.Errorf("docs/operations.md lists\n%q, the web server registers\n%q", listed, registered)
	}
}
