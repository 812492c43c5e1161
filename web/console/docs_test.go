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

// TestDocsListTheRoles holds the table of roles to the code, and prints it as it has to be.
func TestDocsListTheRoles(t *testing.T) {
	t.Parallel()
	table := "<!-- roles -->\n| role | may, beyond the roles above it |\n|---|---|\n"
	for _, r := range Roles() {
		table += "| " + r.Name + " | " + r.Meaning + " |\n"
	}
	table += "<!-- /roles -->"
	docs, err := os.ReadFile("../../docs/console.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(docs), table) {
		t.Errorf("docs/console.md has to have:\n%s", table)
	}
}
