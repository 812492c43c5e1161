package audit

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocsSayHowLongAuditsAreKept holds docs/operations.md to the retention of audits.
func TestDocsSayHowLongAuditsAreKept(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("| `audits` | ids only | %d days, the latest without end |", int(auditRetention.Hours()/24))
	if !strings.Contains(string(docs), text) {
		t.Errorf("docs/operations.md does not say: %s", text)
	}
}
