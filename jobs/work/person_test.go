package work_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestCaseSaysHowManyPeopleAreRead holds the text that a person reads to the bound in the code.
func TestCaseSaysHowManyPeopleAreRead(t *testing.T) {
	t.Parallel()
	for _, info := range outcome.All() {
		if info.Code == outcome.TooManyMatches && info.Why != "" {
			if text := fmt.Sprintf("more than %d people of this name", work.MaxDetails); !strings.Contains(info.Why, text) {
				t.Errorf("%q does not say %q", info.Why, text)
			}
			return
		}
	}
	t.Error("nothing says what too many matches are")
}
