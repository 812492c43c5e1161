package readback

import (
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestCompare holds what is said of each thing that an account may do to a note.
func TestCompare(t *testing.T) {
	t.Parallel()
	const odd = "Line \"one\" <b>, it's & so on.  \n\nÜber 😀\n"
	long := strings.Repeat("A line of an interview. ", 500)
	for _, test := range []struct {
		name, sent, shown string
		form              writeback.NoteForm
		kept              int
	}{
		{"as sent", odd, jazzhrtest.NoteAsSent.Of(odd), writeback.NoteWhole, 0},
		{"as HTML", odd, jazzhrtest.NoteHTML.Of(odd), writeback.NoteHTML, 0},
		{"on one line", odd, jazzhrtest.NoteOneLine.Of(odd), writeback.NoteRespaced, 0},
		{"trimmed", odd, jazzhrtest.NoteTrimmed.Of(odd), writeback.NoteRespaced, 0},
		{"with curly quotes", odd, jazzhrtest.NoteCurly.Of(odd), writeback.NoteRequoted, 0},
		{"stripped", odd, jazzhrtest.NoteStripped.Of(odd), writeback.NoteChanged, 0},
		{"cut at four bytes", odd + long, jazzhrtest.NoteThreeByte.Of(odd + long), writeback.NoteShortened, 37},
		{"cut", long, long[:5000], writeback.NoteCut, 5000},
		{"cut and as HTML", long + odd, jazzhrtest.NoteHTML.Of(long[:5000]), writeback.NoteCut, 5000},
		{"cut in an entity", long + odd, jazzhrtest.NoteHTML.Of(long[:4998]) + "&quo", writeback.NoteCut, 4998},
		{"cut in a break", long + odd, jazzhrtest.NoteHTML.Of(long[:4998]) + "<br /", writeback.NoteCut, 4998},
		{"shortened", long, long[:60], writeback.NoteShortened, 60},
		{"with more", odd, odd + "More", writeback.NoteChanged, 0},
		{"of somebody else", odd, "What", writeback.NoteChanged, 0},
		{"empty", odd, "", writeback.NoteShortened, 0},
	} {
		if form, kept := compare(test.sent, test.shown); form != test.form || kept != test.kept {
			t.Errorf("%s: %s %d", test.name, form, kept)
		}
	}
}

// TestFourByteIsLearnt holds what is said of characters of four bytes.
func TestFourByteIsLearnt(t *testing.T) {
	t.Parallel()
	const mark = "IV-MARK"
	for name, test := range map[string]struct {
		sent           string
		shown          []string
		fourByte, lost bool
	}{
		"none":                {"a " + mark, []string{"a " + mark}, false, false},
		"a recruiter's":       {"a " + mark, []string{"well 😀", "a " + mark}, true, false},
		"ours":                {"😀 " + mark, []string{"😀 " + mark}, true, false},
		"ours is lost":        {mark + " 😀 b", []string{mark + " "}, false, true},
		"ours is not there":   {"😀 " + mark, []string{"well"}, false, false},
		"ours is a question?": {mark + " 😀 b", []string{mark + " ? b"}, false, true},
	} {
		var comments []jazzhr.Comment
		for _, text := range test.shown {
			comments = append(comments, jazzhr.Comment{Text: text})
		}
		if got := (sent{text: test.sent, reference: mark}).seenIn(comments); got.fourByte != test.fourByte || got.lost != test.lost {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestFitsEveryAccount holds that a note that is composed without knowing anything of an account
// comes back with every word and both marks, whatever the account does to it.
func TestFitsEveryAccount(t *testing.T) {
	t.Parallel()
	score := 4.5
	note := writeback.Note{
		Score: &score, Summary: `"<b>" & <script>it's 5 <6</script> <<<x < y 😀 <`, URL: "https://example.com/?a=1&b=<2",
		Transcript: strings.Repeat("𝒳 <i>said</i> 'Über \"alles\"' &amp; went on, ", 2000),
	}.Fit(writeback.Kept{})
	for _, d := range jazzhrtest.Dimensions() {
		if d.Name != "a note read back" {
			continue
		}
		for _, value := range d.Values {
			form := jazzhrtest.NoteForm(value.Name)
			if value.Name == "plain" {
				form = jazzhrtest.NoteAsSent
			}
			for part := range note.PartCount() {
				sent := note.Part(part+1, "IV-MARK")
				if got, _ := compare(sent, form.Of(sent)); got == writeback.NoteCut || got == writeback.NoteChanged || got == writeback.NoteShortened {
					t.Errorf("%s: part %d is %s", value.Name, part+1, got)
				}
				if got := strings.Count(form.Of(sent), "IV-MARK"); got != 2 {
					t.Errorf("%s: part %d has %d marks", value.Name, part+1, got)
				}
			}
		}
	}
}
