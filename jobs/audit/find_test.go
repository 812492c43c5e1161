package audit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// TestMarks holds that a reference is read out of whatever a note has become, once.
func TestMarks(t *testing.T) {
	t.Parallel()
	const one, two = "IV-ABCDEFGHIJKLMNOP", "IV-234567ABCDEFGHIJ"
	for text, want := range map[string][]string{
		"Intrvio interview [" + one + "]\n\nGood.\n\n[" + one + "]":                     {one},
		"Intrvio interview [<b>IV-ABCDEFGH</b>IJKLMNOP]<br />\n[IV-ABCDEFGH\nIJKLMNOP]": {one},
		"Intrvio interview &#91;IV&#45;ABCDEFGHIJKLMNOP&#93;":                           {one},
		"See " + two + " and <" + one + ">":                                             {two, one},
		"IV-ABCDEFGHIJKLMN0P IV-abcdefghijklmnop IV-ABC":                                nil,
	} {
		if got := marks(text); !slices.Equal(got, want) {
			t.Errorf("%q holds %q, want %q", text, got, want)
		}
	}
}

// TestManyFindings are all counted, and not all kept: of ours all are, and the event lists some.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	const many = maxTheirs + 200
	var d Audit
	for i := range 2 * many {
		d.Findings = append(d.Findings, Finding{
			Ours:      i%2 == 1,
			Duplicate: intrvio.Duplicate{Kind: intrvio.DuplicateNote, IDs: []string{fmt.Sprint("c", i), "b", "a"}},
		})
	}
	d.sum()
	if d.Ours.Notes != 2*many || d.Theirs.Notes != 2*many || len(d.Findings) != many+maxTheirs {
		t.Errorf("%d findings count %v of ours and %v", len(d.Findings), d.Ours, d.Theirs)
	}
	for i, finding := range d.Findings {
		if finding.Ours != (i < many) || !slices.IsSorted(finding.IDs) {
			t.Fatalf("finding %d is %+v", i, finding)
		}
	}
	data, ok := d.event().Data.(intrvio.DuplicatesFound)
	if !ok || len(data.Findings) != intrvio.MaxFindings || data.Ours.Notes != 2*many {
		t.Errorf("the event lists %d", len(data.Findings))
	}
}
