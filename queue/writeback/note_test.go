package writeback_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// prose generates texts of words, lines and long runs without a place to cut, with characters of
// one to four bytes.
func prose() *rapid.Generator[string] {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("aé漢😀 \n\r\t.")), 0, 40, -1)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat(strings.Join(rapid.SliceOfN(word, 0, 12).Draw(t, "words"), " "),
			rapid.IntRange(1, 60).Draw(t, "times"))
	})
}

// checkCut checks what is true of any text that was cut.
func checkCut(t interface{ Fatalf(string, ...any) }, text string, limit int) {
	pieces := writeback.Cut(text, limit)
	if strings.Join(pieces, "") != text {
		t.Fatalf("the %d pieces joined are not the text", len(pieces))
	}
	for i, piece := range pieces {
		length := utf8.RuneCountInString(piece)
		if length > limit {
			t.Fatalf("piece %d has %d characters, more than %d", i+1, length, limit)
		}
		if piece == "" && text != "" {
			t.Fatalf("piece %d of %d is empty", i+1, len(pieces))
		}
		if utf8.ValidString(text) && !utf8.ValidString(piece) {
			t.Fatalf("piece %d begins or ends within a character", i+1)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkCut(t, prose().Draw(t, "text"), rapid.IntRange(1, 200).Draw(t, "limit"))
	})
}

func FuzzCut(f *testing.F) {
	f.Add("", 1)
	f.Add("two words", 4)
	f.Add("a line\nand another\n", 10)
	f.Add("漢字😀", 2)
	f.Add("\xff\xfe broken", 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit >= 1 {
			checkCut(t, text, limit)
		}
	})
}

func TestCutPlaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		limit int
		want  []string
	}{
		"short enough":                {"abc", 3, []string{"abc"}},
		"after a line":                {"one two\nthree four", 12, []string{"one two\n", "three four"}},
		"after a word":                {"one two three", 9, []string{"one two ", "three"}},
		"within a word without space": {"abcdefgh", 3, []string{"abc", "def", "gh"}},
		"not after an early space":    {"a bcdefghij", 6, []string{"a bcde", "fghij"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := writeback.Cut(test.text, test.limit); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
				t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
			}
		})
	}
}

func TestNoteParts(t *testing.T) {
	t.Parallel()
	reference := writeback.Reference(uuid.New(), "interview", 1, 1)
	rapid.Check(t, func(t *rapid.T) {
		note := writeback.Note{
			Summary:    prose().Draw(t, "summary"),
			Transcript: strings.Repeat(prose().Draw(t, "transcript"), rapid.IntRange(0, 4).Draw(t, "times")),
			URL:        "https://intrvio.example/i/1",
		}
		parts := note.PartCount()
		var whole strings.Builder
		for part := 1; part <= parts; part++ {
			text := note.Part(part, reference)
			if length := utf8.RuneCountInString(text); length > writeback.NotePartLimit {
				t.Fatalf("part %d has %d characters", part, length)
			}
			first, rest, _ := strings.Cut(text, "\n\n")
			end := strings.LastIndex(rest, "\n\n")
			if last := rest[end+2:]; !strings.Contains(first, reference) || !strings.Contains(last, reference) {
				t.Fatalf("the reference is not in the first and last line of part %d: %q … %q", part, first, last)
			}
			if numbered := strings.Contains(first, fmt.Sprintf("part %d of %d", part, parts)); numbered != (parts > 1) {
				t.Fatalf("part %d of %d is headed %q", part, parts, first)
			}
			whole.WriteString(rest[:end])
		}
		if !strings.HasSuffix(whole.String(), note.Transcript) || !strings.Contains(whole.String(), note.Summary) {
			t.Fatalf("something is missing in the %d parts", parts)
		}
	})
}

func TestNoteText(t *testing.T) {
	t.Parallel()
	score, scale := 7.5, 10.0
	note := writeback.Note{
		Score: &score, Scale: &scale, Summary: "Calm.", Transcript: "Q: Hello?\nA: Hello.",
		URL: "https://intrvio.example/i/1",
	}
	const want = `Intrvio interview [IV-REF]

Score: 7.5 of 10

Summary: Calm.

Full interview: https://intrvio.example/i/1

Transcript

Q: Hello?
A: Hello.

[IV-REF]`
	if got := note.Part(1, "IV-REF"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got := (writeback.Note{Score: &score}).Part(1, "IV-REF")
	if got != "Intrvio interview [IV-REF]\n\nScore: 7.5\n\n[IV-REF]" {
		t.Errorf("a score alone is written as %q", got)
	}
}

// TestReference checks that references stay those that stand in customers' accounts. A note whose
// reference changed would not be found there, and would be written again.
func TestReference(t *testing.T) {
	t.Parallel()
	tenant := uuid.MustParse("0190a8d2-7c3e-7f00-8000-000000000001")
	other := uuid.MustParse("0190a8d2-7c3e-7f00-8000-000000000002")
	tests := []struct {
		tenant         uuid.UUID
		interview      string
		revision, part int
		want           string
	}{
		{tenant, "interview-1", 1, 1, "IV-SIR6DJTLZ2B3XFIY"},
		{tenant, "interview-1", 1, 2, "IV-BEZ2W35YKAI6P6R3"},
		{tenant, "interview-1", 2, 1, "IV-GAKBJQH6OFVXSI67"},
		{tenant, "interview-11", 1, 1, "IV-YHC6YIAG4HDK4GWL"},
		{other, "interview-1", 1, 1, "IV-WF4WTO2RVEKDH5PM"},
	}
	for _, test := range tests {
		if got := writeback.Reference(test.tenant, test.interview, test.revision, test.part); got != test.want {
			t.Errorf("Reference(%s, %s, %d, %d) = %s, want %s",
				test.tenant, test.interview, test.revision, test.part, got, test.want)
		}
	}
}

func TestReferencesDiffer(t *testing.T) {
	t.Parallel()
	type key struct {
		tenant         uuid.UUID
		interview      string
		revision, part int
	}
	tenants := [...]uuid.UUID{uuid.New(), uuid.New()}
	seen := map[string]key{}
	rapid.Check(t, func(t *rapid.T) {
		k := key{
			tenant:    tenants[rapid.IntRange(0, 1).Draw(t, "tenant")],
			interview: rapid.StringOf(rapid.RuneFrom([]rune("12\x00 "))).Draw(t, "interview"),
			revision:  rapid.IntRange(1, 30).Draw(t, "revision"),
			part:      rapid.IntRange(1, 30).Draw(t, "part"),
		}
		reference := writeback.Reference(k.tenant, k.interview, k.revision, k.part)
		if before, taken := seen[reference]; taken && before != k {
			t.Fatalf("%v and %v share reference %s", before, k, reference)
		}
		seen[reference] = k
	})
}
