package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestDocsNameTestsThatExist holds that each test that a document names as proof is there: a claim
// whose test was renamed or removed is none.
func TestDocsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	defined := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range defined.FindAllStringSubmatch(string(text), -1) {
			there[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)[`/]").FindAllStringSubmatch(string(text), -1) {
			if named++; !there[match[1]] {
				t.Errorf("%s names %s, which is not there", doc, match[1])
			}
		}
	}
	if named < 50 {
		t.Errorf("the documents name %d tests", named)
	}
}
