package site

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNonceIsFreshAndOnEveryScript(t *testing.T) {
	server := newServer(t)
	seen := map[string]bool{}
	for range 2 {
		response, body := get(t, server, "/security/nonce", nil)
		policy := response.Header.Get("Content-Security-Policy")
		match := regexp.MustCompile(`script-src 'nonce-([0-9a-f]{32})' 'strict-dynamic'`).FindStringSubmatch(policy)
		if match == nil {
			t.Fatalf("policy %q has no nonce with strict-dynamic", policy)
		}
		if seen[match[1]] {
			t.Error("the nonce was used twice")
		}
		seen[match[1]] = true
		scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(body, -1)
		if len(scripts) != 2 {
			t.Fatalf("%d scripts, want 2", len(scripts))
		}
		for _, script := range scripts {
			if !strings.Contains(script, `nonce="`+match[1]+`"`) {
				t.Errorf("%s lacks the nonce", script)
			}
		}
	}
}

func TestHashAllowsThePagesOneScript(t *testing.T) {
	response, body := get(t, newServer(t), "/security/hash", nil)
	scripts := regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`).FindAllStringSubmatch(body, -1)
	if len(scripts) != 1 {
		t.Fatalf("%d scripts, want 1", len(scripts))
	}
	sum := sha256.Sum256([]byte(scripts[0][1]))
	want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
		t.Errorf("policy %q lacks %q", policy, want)
	}
}

func TestTwoPoliciesAreTwoLines(t *testing.T) {
	response, _ := get(t, newServer(t), "/security/two", nil)
	want := []string{"default-src 'self'; img-src *", "script-src 'self'; object-src 'none'; frame-ancestors 'self'"}
	if got := response.Header.Values("Content-Security-Policy"); !slices.Equal(got, want) {
		t.Errorf("policies %q, want %q", got, want)
	}
}

// Pages with a policy carry no inline style and no event handler, which their
// own policies would block.
func TestPagesObeyTheirPolicies(t *testing.T) {
	server := newServer(t)
	forbidden := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=`)
	for _, p := range policyPages() {
		_, body := get(t, server, p.path, nil)
		if found := forbidden.FindString(body); found != "" {
			t.Errorf("%s holds %q", p.path, found)
		}
	}
}

func TestReportsAreTaken(t *testing.T) {
	response, _ := do(t, newServer(t), http.MethodPost, "/csp-report", nil, strings.NewReader("{}"))
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("status %d, want 204", response.StatusCode)
	}
}
