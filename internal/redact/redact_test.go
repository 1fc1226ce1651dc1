package redact

import "testing"

func TestAddress(t *testing.T) {
	for _, test := range []struct{ name, page, want string }{
		{"path", "/a/b", "/a/b"},
		{"query", "/a?token=1", "/a"},
		{"fragment", "/a#token=1", "/a"},
		{"fragment before query", "/a#b?c", "/a"},
		{"path parameter", "/a;jsessionid=1F/b;x=1", "/a/b"},
		{"user information", "https://u:p@shop.example/a", "https://shop.example/a"},
		{"user information twice", "https://u@p@shop.example/a", "https://shop.example/a"},
		{"at sign in the path", "https://shop.example/@anna", "https://shop.example/@anna"},
		{"scheme-relative", "//u:p@shop.example/a", "//shop.example/a"},
		{"double slash in the path", "/a//b@c", "/a//b@c"},
		{"authority alone", "https://u:p@shop.example", "https://shop.example"},
		{"no address", "%zz?x", "%zz"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Address(test.page); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"as it is", "Mia Müller", 80, "Mia Müller"},
		{"exactly the limit", "four", 4, "four"},
		{"control, bidirectional, invalid", "a\x1b[2J\u202eb\xff", 80, "a\uFFFD[2J\uFFFDb\uFFFD"},
		{"cut between characters", "éééé", 7, "éé…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Text(test.text, test.limit); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
