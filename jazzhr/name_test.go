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
		" Kenny.Jones+Work@Example.COM\n":   "kenny.jones+work@example.com",
		"":                                  "",
		"ada\u200b@\ufeffexample\u00ad.com": "ada@example.com",
		"\u202aada@example.com\u202c":       "ada@example.com",
		"ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ":           "ada@example.com",
		"jose\u0301@example.com":    "jos\u00e9@example.com",
		"ada@B\u00fccher.example":   "ada@xn--bcher-kva.example",
		"ada@xn--bcher-kva.example": "ada@xn--bcher-kva.example",
		"none":                      "none",
		"@":                         "@",
	} {
		if got := NormalizeEmail(email); got != want {
			t.Errorf("%q: %q", email, got)
		}
	}
}

func TestNameFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		first, last           string
		otherFirst, otherLast string
		fits                  bool
	}{
		{"Ada", "Lovelace", "ADA", "lovelace", true},
		{"Zoë", "O'Neil", "Zoe", "ONeil", true},
		{"J.", "Smith", "John", "Smith", true},
		{"Robert", "Smith", "Rob", "Smith", true},
		{"Anna Maria", "López", "Anna", "Lopez", true},
		{"Anne", "Smith-Jones", "Anne", "Smith Jones", true},
		{"Alice", "Young", "Bob", "Young", false},
		{"John", "Smith", "James", "Smith", false},
		{"Ada", "Lovelace", "Ada", "King", false},
		{"Ada", "King", "Ada", "Lovelace King", true}, // a middle name
		{"", "Smith", "John", "Smith", false},
		{"John", "Smith", "", "Smith", false},
		{"", "", "", "", false},
		{"Ada", "", "Ada", "", true},
	} {
		if got := NameFits(FoldName(test.otherFirst, test.otherLast), test.first, test.last); got != test.fits {
			t.Errorf("%s %s and %s %s: %v", test.first, test.last, test.otherFirst, test.otherLast, got)
		}
	}
}

func TestSearchName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ first, last, want string }{
		{"Ada", "Lovelace", "velace"},
		{"Zoe", "O'Neil", "eil"},
		{"Zoe", "ONeil", "eil"},
		{"Anne", "Smith-Jones", "mith"},
		{"Anne", "van der  Berg", "erg"},
		{"Jörg", "Müller", "ler"},
		{"Jo", "Li", "Li"},
		{"Anna", "Ёлкин", "nna"},
		{"李", "小龙", "小龙"},
		{"李", "", "李"},
	} {
		if got := SearchName(test.first, test.last); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.first, test.last, got, test.want)
		}
	}
}
