package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// layoutLimit bounds the text of a body that is shown, in bytes.
const layoutLimit = 200_000

// unmaskedPaths returns the values of an export that are not personal data: JazzHR's ids, jobs,
// stages, dates. Everything else is masked, and so is whatever JazzHR may add to its exports.
func unmaskedPaths() []string {
	return []string{
		"candidate.person.id.value", "candidate.person.id.schemeId", "candidate.person.id.schemeAgencyId",
		"candidate.person.applyDate",
		"candidate.profiles.languageCode",
		"candidate.profiles.profileId.value", "candidate.profiles.profileId.schemeId",
		"candidate.profiles.profileId.schemeAgencyId",
		"candidate.profiles.associatedPositionOpenings.positionOpeningId.value",
		"candidate.profiles.associatedPositionOpenings.positionOpeningId.schemeId",
		"candidate.profiles.associatedPositionOpenings.positionOpeningId.schemeAgencyId",
		"candidate.profiles.associatedPositionOpenings.positionTitle",
		"candidate.profiles.associatedPositionOpenings.positionUri",
		"candidate.profiles.associatedPositionOpenings.candidateStatus.name",
		"candidate.profiles.associatedPositionOpenings.candidateStatus.category",
		"candidate.profiles.associatedPositionOpenings.candidateStatus.transitionDateTime",
		"candidate.profiles.attachments.id.value", "candidate.profiles.attachments.id.schemeId",
		"candidate.profiles.attachments.id.schemeAgencyId",
	}
}

// unmaskedHeaders returns the headers of a webhook that say nothing about a person. The header Link
// is not one: it leads to a profile.
func unmaskedHeaders() []string {
	return []string{"User-Agent", "X-JazzHR-Event", "X-JazzHR-Export-Context", "X-JazzHR-UUID"}
}

const mask = "•••••"

// plainKey matches a key of JSON that is a name and not data.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// layout writes JSON for people: in its own order, one value a line, with personal data masked.
type layout struct {
	text     strings.Builder
	unmasked bool // nothing is masked
	decoder  *json.Decoder
	nesting  []nest
}

// nest is an object or array that is being written.
type nest struct {
	array bool
	count int
	key   string // of the current member
	named bool   // the key is read, and its value comes next
}

// layOut writes a body for people, unmasked if open is set. cut reports that the body is too long
// to show in full. ok is false if it is not JSON.
func layOut(body []byte, open bool) (text string, cut, ok bool) {
	if !json.Valid(body) {
		return "", false, false
	}
	l := layout{unmasked: open, decoder: json.NewDecoder(bytes.NewReader(body))}
	l.decoder.UseNumber()
	for l.text.Len() < layoutLimit {
		token, err := l.decoder.Token()
		if err != nil { // the end, since the body is valid
			return l.text.String(), false, true
		}
		l.token(token)
	}
	return l.text.String(), true, true
}

func (l *layout) token(token json.Token) {
	if delim, is := token.(json.Delim); is && (delim == '}' || delim == ']') {
		last := l.nesting[len(l.nesting)-1]
		l.nesting = l.nesting[:len(l.nesting)-1]
		if last.count > 0 {
			l.line()
		}
		l.text.WriteRune(rune(delim))
		return
	}
	if in := l.in(); in != nil && !in.array && !in.named {
		key, _ := token.(string) // keys are strings
		l.separate(in)
		in.key, in.named = key, true
		if !l.unmasked && !plainKey.MatchString(key) {
			key = mask
		}
		l.text.WriteString(quoted(key) + ": ")
		return
	}
	if in := l.in(); in != nil {
		if in.array {
			l.separate(in)
		}
		in.named = false
	}
	if delim, is := token.(json.Delim); is {
		l.text.WriteRune(rune(delim))
		l.nesting = append(l.nesting, nest{array: delim == '['})
		return
	}
	l.value(token)
}

func (l *layout) in() *nest {
	if len(l.nesting) == 0 {
		return nil
	}
	return &l.nesting[len(l.nesting)-1]
}

func (l *layout) separate(in *nest) {
	if in.count > 0 {
		l.text.WriteByte(',')
	}
	in.count++
	l.line()
}

func (l *layout) line() {
	l.text.WriteString("\n" + strings.Repeat("  ", min(len(l.nesting), 40)))
}

// value writes a value, or the mask in its place. Empty values are shown: support asks for them.
func (l *layout) value(token json.Token) {
	text := "null"
	switch v := token.(type) {
	case string:
		text = quoted(v)
	case json.Number:
		text = v.String()
	case bool:
		text = strconv.FormatBool(v)
	}
	if !l.unmasked && text != "null" && text != `""` && !slices.Contains(unmaskedPaths(), l.path()) {
		text = mask
	}
	l.text.WriteString(text)
}

func (l *layout) path() string {
	keys := make([]string, 0, len(l.nesting))
	for _, n := range l.nesting {
		if !n.array {
			keys = append(keys, n.key)
		}
	}
	return strings.Join(keys, ".")
}

func quoted(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)                 // templates escape
	if err := encoder.Encode(text); err != nil { // strings always encode
		return mask
	}
	return strings.TrimSpace(out.String())
}

// differences returns the paths at which two bodies of JSON differ, or nil if one is not JSON.
func differences(a, b []byte) []string {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return nil
	}
	here, there := map[string][]string{}, map[string][]string{}
	flatten("", x, here)
	flatten("", y, there)
	var paths []string
	for path := range here {
		if !slices.Equal(here[path], there[path]) {
			paths = append(paths, path)
		}
	}
	for path := range there {
		if _, both := here[path]; !both {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func flatten(path string, value any, into map[string][]string) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if !plainKey.MatchString(key) {
				key = mask
			}
			flatten(strings.TrimPrefix(path+"."+key, "."), member, into)
		}
	case []any:
		for _, member := range v {
			flatten(path, member, into)
		}
	default:
		into[path] = append(into[path], fmt.Sprintf("%T %v", v, v))
	}
}
