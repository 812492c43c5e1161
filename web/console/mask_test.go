package console

import (
	"slices"
	"strings"
	"testing"
)

func TestLayOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, masked, open string }{
		"what is open": {
			`{"candidate":{"person":{"id":{"value":39011522},"name":{"given":"Ada"}}}}`,
			`{"candidate":{"person":{"id":{"value":39011522},"name":{"given":•••••}}}}`,
			`{"candidate":{"person":{"id":{"value":39011522},"name":{"given":"Ada"}}}}`,
		},
		"only where it belongs": {
			`{"positionTitle":"Ada","id":{"value":"ada@example.com"}}`, `{"positionTitle":•••••,"id":{"value":•••••}}`,
			`{"positionTitle":"Ada","id":{"value":"ada@example.com"}}`,
		},
		"in lists": {
			`{"candidate":{"profiles":[{"languageCode":"en","note":[1,true,null,""]},{"languageCode":"de"}]}}`,
			`{"candidate":{"profiles":[{"languageCode":"en","note":[•••••,•••••,null,""]},{"languageCode":"de"}]}}`,
			`{"candidate":{"profiles":[{"languageCode":"en","note":[1,true,null,""]},{"languageCode":"de"}]}}`,
		},
		"keys that are data": {`{"ada@example.com":{"a":[]},"b":{}}`, `{"•••••":{"a":[]},"b":{}}`, `{"ada@example.com":{"a":[]},"b":{}}`},
		"a key twice":        {`{"a":"x","a":"y"}`, `{"a":•••••,"a":•••••}`, `{"a":"x","a":"y"}`},
		"no object":          {`"ada"`, `•••••`, `"ada"`},
	} {
		for _, open := range []bool{false, true} {
			want := test.masked
			if open {
				want = test.open
			}
			text, cut, ok := layOut([]byte(test.body), open)
			if got := strings.NewReplacer("\n", "", "  ", "", ": ", ":").Replace(text); got != want || cut || !ok {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
	if text, _, _ := layOut([]byte(`{"a":[1,{"b":2}],"c":{}}`), true); text != "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {}\n}" {
		t.Errorf("laid out as %s", text)
	}
	if text, _, ok := layOut([]byte(`{"name":"Ada"`), false); ok || text != "" {
		t.Errorf("what is no JSON is shown: %s", text)
	}
	long := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	if text, cut, ok := layOut([]byte(`[`+strings.Repeat(`"x",`, layoutLimit)+`1]`), false); !cut || !ok || len(text) > layoutLimit+100 {
		t.Errorf("%d bytes, cut %v", len(text), cut)
	}
	if text, _, _ := layOut([]byte(long), false); len(text) > layoutLimit+100 {
		t.Errorf("what is nested deeply takes %d bytes", len(text))
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	for want, bodies := range map[string][2]string{
		"":        {`{"a":{"b":[1,2]},"c":null}`, `{"c":null,"a":{"b":[1,2]}}`},
		"a.b":     {`{"a":{"b":1}}`, `{"a":{"b":2}}`},
		"a.b c":   {`{"a":[{"b":1},{"b":2}]}`, `{"a":[{"b":1}],"c":"x"}`},
		"•••••.x": {`{"ada@example.com":{"x":1}}`, `{"ada@example.com":{"x":2}}`},
	} {
		if got := differences([]byte(bodies[0]), []byte(bodies[1])); strings.Join(got, " ") != want {
			t.Errorf("%v differ in %v, want %s", bodies, got, want)
		}
	}
	if got := differences([]byte("x"), []byte("{}")); !slices.Equal(got, nil) {
		t.Errorf("no JSON differs in %v", got)
	}
}
