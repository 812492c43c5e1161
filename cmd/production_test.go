package cmd_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestProductionBuild holds that the program that is deployed links none of what only tests and the
// demo need: simulators, and a database server that it would download and start.
func TestProductionBuild(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", "production", "-deps", "./jazzhr-worker").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "github.com/riverqueue/river\n") {
		t.Fatalf("go list prints %.200s", out)
	}
	for dependency := range strings.Lines(string(out)) {
		for _, unwanted := range []string{"jazzhrtest", "intrviotest", "localpg", "dbtest", "embedded-postgres", "stretchr", "goleak"} {
			if strings.Contains(dependency, unwanted) {
				t.Errorf("the production build links %s", dependency)
			}
		}
	}
}
