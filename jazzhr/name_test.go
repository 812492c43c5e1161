package jazzhr

import "testing"

func TestFoldName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ first, last, want string }{
		{"Zoë", "Müller", "zoe muller"},
		{"  ANNE   marie ", "O’Neil-Smith", "anne marie oneil smith"},
		{"Anne-Marie", "O'Neil Smith", "anne marie oneil smith"},
		{"Jörg", "Weiß", "jorg weiss"},
		{"J.", "R.R.", "j r r"},
		{"ＫＥＮ", "ﬁn", "ken fin"},
		{"Иван", "Ёлкин", "иван елкин"},
		{"İlker", "Şen", "ilker sen"},
		{"", "Li", "li"},
		{"Li", "", "li"},
		{"李", "小龙", "李 小龙"},
		{"-", ".", ""},
		{"", "", ""},
	} {
		if got := FoldName(test.first, test.last); got != test.want {
			t.Errorf("%q %q: %q, want %q", test.first, test.last, got, test.want)
		}
	}
	// A precomposed and a decomposed name are equal.
	if FoldName("Jose\u0301", "x") != FoldName("Jos\u00e9", "x") {
		t.Error("a decomposed name differs from a precomposed one")
	}
}

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		" Kenny.Jones+Work@Example.COM\n": "kenny.jones+work@example.com",
		"":                                "",
	} {
		if got := NormalizeEmail(email); got != want {
			t.Errorf("%q: %q", email, got)
		}
	}
}
