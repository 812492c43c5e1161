package main

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers  string
		statuses []string
	}{
		"without a body":  {"HTTP/1.1 204 No Content\r\n\r\n", []string{"204"}},
		"one by one":      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\n", []string{"200", "503"}},
		"no number":       {"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", nil},
		"body is cut off": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", nil},
		"head is cut off": {"HTTP/1.1 200 OK\r\nContent-", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := bufio.NewReader(strings.NewReader(test.answers))
			for _, want := range test.statuses {
				if got, err := readAnswer(reader); got != want || err != nil {
					t.Errorf("status %q, error %v, want %q", got, err, want)
				}
			}
			if got, err := readAnswer(reader); err == nil {
				t.Errorf("status %q after the last answer", got)
			}
		})
	}
}

func TestAttemptsPerWork(t *testing.T) {
	t.Parallel()
	const metrics = `# TYPE jazzhr_job_attempts_total counter
jazzhr_job_attempts_total{kind="create_applicant",outcome="done"} 6
jazzhr_job_attempts_total{kind="create_applicant",outcome="waits_rate_limit"} 2
jazzhr_job_attempts_total{kind="write_notes",outcome="done"} 4
jazzhr_job_attempts_total{kind="write_notes",outcome="superseded"} 1
jazzhr_job_attempts_total{kind="link_applicant_to_job",outcome="lost_job"} 2
jazzhr_job_attempts_total{kind="poll_activities",outcome="ok"} 1000
`
	if got, err := attemptsPerWork(metrics); got != 1.5 || err != nil {
		t.Errorf("%g attempts, error %v, want 1.5", got, err)
	}
	if got, err := attemptsPerWork("nothing"); err == nil {
		t.Errorf("%g attempts where no step was worked", got)
	}
}

func TestReadTimes(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log.1")
	// client, transaction, microseconds, script, seconds, microseconds
	if err := os.WriteFile(name, []byte("0 1 654 0 1700000000 1\n\n0 2 1050 0 1700000000 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{time.Second, 654 * time.Microsecond, 1050 * time.Microsecond}
	if got, err := readTimes(name, []time.Duration{time.Second}); !slices.Equal(got, want) || err != nil {
		t.Errorf("%v, error %v, want %v", got, err, want)
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/tenants?limit=100":                                 "/v1/tenants",
		"/v1/tenants/0190b2f4-0000-7000-8000-000000000001/jobs": "/v1/tenants/*/jobs",
		"/webhooks/jazzhr/token-17":                             "/webhooks/jazzhr/*",
		"/console/river/api/jobs/100":                           "/console/river/api/jobs/100",
		"%zz":                                                   "?",
	} {
		if got := route(path); got != want {
			t.Errorf("the route of %s is %s, want %s", path, got, want)
		}
	}
}

func TestExportBody(t *testing.T) {
	t.Parallel()
	if got := len(exportBody()); got != 1300 {
		t.Errorf("the body has %d bytes", got)
	}
}
