package console

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocsSayHowLongSessionsLast holds the documentation to the lifetime of a session.
func TestDocsSayHowLongSessionsLast(t *testing.T) {
	t.Parallel()
	lasts := fmt.Sprintf("%d hours", int(sessionLifetime.Hours()))
	for file, text := range map[string]string{
		"http-api.md":   "A session lasts " + lasts + ".",
		"operations.md": "| " + lasts + " |",
	} {
		docs, err := os.ReadFile("../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(docs), text) {
			t.Errorf("docs/%s does not say: %s", file, text)
		}
	}
}
