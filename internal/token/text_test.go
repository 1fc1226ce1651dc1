package token

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFitUserID(t *testing.T) {
	long := strings.Repeat("x", 36)
	tests := []struct{ name, id, want string }{
		{"empty", "", ""},
		{"as it is", "anna@shop.example", "anna@shop.example"},
		{"35 units", long[:35], long[:35]},
		{"36 units", long, "sha256-"},
		{"control", "a\nb", "sha256-"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := FitUserID(test.id)
			if test.want == "sha256-" {
				// A digest: its value is of no interest, its properties are.
				if !strings.HasPrefix(got, "sha256-") || len(got) != MaxUserID || got == FitUserID(test.id+"x") || got != FitUserID(test.id) {
					t.Errorf("FitUserID(%q) = %q", test.id, got)
				}
				return
			}
			if got != test.want {
				t.Errorf("FitUserID(%q) = %q, want %q", test.id, got, test.want)
			}
		})
	}
}

func TestFitUserName(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"as it is", "Anna Ö. 会", "Anna Ö. 会"},
		{"only controls", "\r\n\u202e", ""},
		{"controls inside", " An\u202ena\r\nX:\u2028 y ", "AnnaX: y"},
		{"80 units", strings.Repeat("😀", 40), strings.Repeat("😀", 40)},
		{"cut between characters", strings.Repeat("😀", 39) + "x😀", strings.Repeat("😀", 39) + "x"},
		{"space at the cut", strings.Repeat("x", 79) + " yz", strings.Repeat("x", 79)},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := FitUserName(test.in); got != test.want {
				t.Errorf("FitUserName(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

// FuzzFit: whatever an identity provider calls somebody can be signed.
func FuzzFit(f *testing.F) {
	for _, seed := range []string{"", "anna", "\u202e", "a\xff", strings.Repeat("😀", 99), "\u2028 \u2029", strings.Repeat(" ", 90)} {
		f.Add(seed)
	}
	m, err := New(Config{Key: testKey, Secrets: []string{testSecret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		grant := Grant{Role: RoleAgent, UserID: FitUserID(s), UserName: FitUserName(s), Lifetime: MinLifetime}
		if (grant.UserID == "") != (s == "") {
			t.Fatalf("FitUserID(%q) = %q", s, grant.UserID)
		}
		claims, err := m.Verify(mustMint(t, m, grant))
		if err != nil {
			t.Fatal(err)
		}
		if grant.UserName != "" && claims.UserName != grant.UserName {
			t.Fatalf("name %q became %q", grant.UserName, claims.UserName)
		}
		if !utf8.ValidString(grant.UserName) {
			t.Fatalf("FitUserName(%q) = %q", s, grant.UserName)
		}
	})
}
