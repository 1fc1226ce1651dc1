package site

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestCharsets(t *testing.T) {
	tests := []struct {
		path, contentType string
		encoding          encoding.Encoding
		prefix            string // bytes
		text              string // once decoded
	}{
		{"/about", "text/html", encoding.Nop, "<!DOCTYPE", "in 1874 – and wrote it down"},
		{"/fr/succursales", "text/html", charmap.Windows1252, "<!DOCTYPE", "Hélène et François Lebœuf"},
		{"/intl/greek", "text/html", unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), "\xff\xfe<\x00!\x00", "Καλώς ήρθατε"},
		{"/intl/japanese", "text/html; charset=utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "\x00<\x00!", "ようこそ"},
	}
	server := newServer(t)
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			response, body := get(t, server, tt.path, nil)
			if got := response.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			if !strings.HasPrefix(body, tt.prefix) {
				t.Errorf("body begins with % x, want % x", body[:len(tt.prefix)], tt.prefix)
			}
			text, err := tt.encoding.NewDecoder().String(body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, tt.text) {
				t.Errorf("decoded body lacks %q", tt.text)
			}
		})
	}
}

// The page is in danger only if its declaration is inside the window that
// browsers look at, yet so near its end that some 100 bytes push it out.
func TestAboutDeclaresItsCharsetAtTheEndOfTheWindow(t *testing.T) {
	_, body := get(t, newServer(t), "/about", nil)
	at := strings.Index(body, declaration)
	if end := at + len(declaration); end != declarationEnd {
		t.Fatalf("the declaration ends at byte %d, want %d", end, declarationEnd)
	}
	if strings.Contains(body[:at], "charset") {
		t.Error("something before the declaration names a charset")
	}
}

func TestSuccursalesIsNotUTF8(t *testing.T) {
	_, body := get(t, newServer(t), "/fr/succursales", nil)
	if utf8.ValidString(body) {
		t.Error("the page is valid UTF-8: it would look right in the wrong encoding")
	}
	if !strings.Contains(body, "charset=windows-1252") {
		t.Error("the page does not declare windows-1252")
	}
}
