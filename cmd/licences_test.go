package cmd_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

var writeNotice = flag.Bool("notice", false, "write NOTICE, instead of holding it to the modules that are linked")

// licences are those under which a module may be linked: each allows to ship the program as it is.
// Those with which it would have to be published are not among them.
var licences = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PostgreSQL"}

// TestLicences holds that every module that the deployed program links has a licence that allows it,
// and that NOTICE names each with the text of its licence, as they ask for.
func TestLicences(t *testing.T) {
	t.Parallel()
	var notice strings.Builder
	notice.WriteString("jazzhr-worker links these modules. Made by: go test ./cmd -run TestLicences -notice\n")
	for _, m := range linkedModules(t) {
		text, err := licenceOf(m.Dir)
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, match := range licensecheck.Scan(text).Match {
			if !slices.Contains(licences, match.ID) {
				t.Errorf("%s is under %s, which is not among the licences that may be linked", m.Path, match.ID)
			}
			if !strings.Contains(names, match.ID) {
				names = strings.TrimPrefix(names+", "+match.ID, ", ")
			}
		}
		if names == "" {
			t.Errorf("%s has no licence that is known: read %s", m.Path, m.Dir)
		}
		fmt.Fprintf(&notice, "\n%s\n%s %s (%s)\n\n%s\n", strings.Repeat("-", 80), m.Path, m.Version, names, strings.TrimSpace(string(text)))
	}
	if *writeNotice {
		if err := os.WriteFile("../NOTICE", []byte(notice.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if stored, err := os.ReadFile("../NOTICE"); err != nil || string(stored) != notice.String() {
		t.Errorf("NOTICE is not of the modules that are linked (%v): go test ./cmd -run TestLicences -notice", err)
	}
}

type linkedModule struct{ Path, Version, Dir string }

// linkedModules returns the modules of which the production build links a package, in order.
func linkedModules(t *testing.T) []linkedModule {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "production", "-deps", "-json=Module", "./jazzhr-worker")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]linkedModule{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var listed struct {
			Module *struct {
				linkedModule
				Main bool
			}
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if listed.Module != nil && !listed.Module.Main {
			modules[listed.Module.Path] = listed.Module.linkedModule
		}
	}
	if len(modules) < 10 {
		t.Fatalf("%d modules are linked", len(modules))
	}
	return slices.SortedFunc(maps.Values(modules), func(a, b linkedModule) int { return strings.Compare(a.Path, b.Path) })
}

// licenceOf returns the text of a module's licence, or nothing if it has none.
func licenceOf(dir string) ([]byte, error) {
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			continue
		}
		return os.ReadFile(files[0])
	}
	return nil, nil
}
