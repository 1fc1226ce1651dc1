package session

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanPage(t *testing.T) {
	for page, want := range map[string]string{
		"":                                   "/",
		"/":                                  "/",
		"/a/b?token=x#y":                     "/a/b",
		"/a#b?c":                             "/a",
		"https://u:p@bank.test/a/b?c":        "/a/b",
		"https://bank.test":                  "/",
		"javascript:alert(1)":                "/",
		"a/b":                                "/",
		"http://[":                           "/",
		"/a\r\nSet-Cookie: x":                "/aSet-Cookie: x",
		"/\u202egnp.exe":                     "/gnp.exe",
		"/" + strings.Repeat("a", 999):       "/" + strings.Repeat("a", MaxPage-1),
		"/a" + strings.Repeat("\u00e4", 999): "/a" + strings.Repeat("\u00e4", (MaxPage-2)/2),
		"/\xff":                              "/\uFFFD",
	} {
		if got := cleanPage(page); got != want {
			t.Errorf("%.60q: %q, want %q", page, got, want)
		}
	}
}

// FuzzTexts: what people read is harmless and short, whatever it was.
func FuzzTexts(f *testing.F) {
	f.Add("/a?b#c")
	f.Add("https://bank.test/\u2028")
	f.Add(strings.Repeat("😀", 300))
	f.Fuzz(func(t *testing.T, s string) {
		page := cleanPage(s)
		if len(page) > MaxPage || !strings.HasPrefix(page, "/") || strings.ContainsAny(page, "?#\x00\r\n\u2028\u202e") || !utf8.ValidString(page) {
			t.Errorf("page %q", page)
		}
		name := clean(s, MaxName)
		if len([]rune(name)) > MaxName || name != clean(name, MaxName) || !utf8.ValidString(name) {
			t.Errorf("name %q", name)
		}
		if code := cleanCode(s); len(code) > 40 || strings.ContainsAny(code, "<>\"' \n") {
			t.Errorf("code %q", code)
		}
		for _, mode := range []PINMode{PINZoom, PINBYOP} {
			pin, err := mode.normalise(s)
			if err != nil && (!errors.Is(err, ErrInvalid) || pin != "") {
				t.Errorf("%s: %q, %v", mode, pin, err)
			}
			if again, err2 := mode.normalise(pin); err == nil && (err2 != nil || again != pin || len(pin) > maxBYOP) {
				t.Errorf("%s: %q, and then %q, %v", mode, pin, again, err2)
			}
		}
	})
}

func TestNormalisePIN(t *testing.T) {
	tests := []struct {
		mode     PINMode
		pin      string
		want     string
		accepted bool
	}{
		{PINZoom, "123456", "123456", true},
		{PINZoom, " 123-456 ", "123456", true},
		{PINZoom, "12345", "", false},
		{PINZoom, "1234567", "", false},
		{PINZoom, "12345a", "", false},
		{PINZoom, "", "", false},
		{PINZoom, "١٢٣٤٥٦", "", false},
		{PINZoom, strings.Repeat(" ", 100) + "123456", "", false},
		{PINBYOP, "abc-123", "ABC123", true},
		{PINBYOP, "A", "A", true},
		{PINBYOP, "ABCDEFGHIJ", "ABCDEFGHIJ", true},
		{PINBYOP, "ABCDEFGHIJK", "", false},
		{PINBYOP, "Ä", "", false},
		{PINBYOP, "ſ", "", false}, // whose upper case is S
		{PINBYOP, "", "", false},
	}
	for _, test := range tests {
		if got, err := test.mode.normalise(test.pin); got != test.want || (err == nil) != test.accepted {
			t.Errorf("%s %q: %q, %v", test.mode, test.pin, got, err)
		}
	}
}

func TestMintPIN(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	counts := map[rune]int{}
	for r := bytes.NewReader(every); r.Len() > 0; {
		pin, err := mintPIN(r)
		if err != nil {
			t.Fatal(err)
		}
		if normal, err := PINBYOP.normalise(pin); err != nil || normal != pin {
			t.Errorf("%q: %v", pin, err)
		}
		for _, c := range pin {
			counts[c]++
		}
	}
	for c, n := range counts { // each character is as likely as the others
		if n != 256/len(pinAlphabet) {
			t.Errorf("%c came %d times", c, n)
		}
	}
	if _, err := mintPIN(bytes.NewReader(nil)); err == nil {
		t.Error("made a PIN without randomness")
	}
}

func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1":            "192.0.2.1",
		"::ffff:192.0.2.1":     "192.0.2.1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "unknown",
	} {
		parsed, _ := netip.ParseAddr(addr)
		if got := network(parsed); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
