package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDocsListEveryFlag checks that docs/simulator.md lists every flag with its default, and no
// other flag.
func TestDocsListEveryFlag(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(new(options), kong.Name("jazzhr-sim"))
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	for _, flag := range parser.Model.Flags {
		row := fmt.Sprintf("\n| `--%s` | ", flag.Name)
		switch {
		case flag.Name == "help":
			continue
		case flag.Tag.Negatable != "": // on by default
			row = fmt.Sprintf("\n| `--no-%s` | | ", flag.Name)
		case flag.HasDefault:
			row += "`" + flag.Default + "` | "
		default:
			row += "| "
		}
		flags++
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/simulator.md has no row %q", row)
		}
	}
	if rows := strings.Count(string(text), "\n| `--"); rows != flags {
		t.Errorf("docs/simulator.md lists %d flags, the program has %d", rows, flags)
	}
}
