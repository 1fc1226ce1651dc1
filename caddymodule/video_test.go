package caddymodule_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// videoSecret looks like Zoom's: mixed case, not hexadecimal.
const videoSecret = "Qz3VideoSecret-Xk9mZqWp7LrTn2bH" //nolint:gosec // made up

// TestVideoTokens runs the block with the environment of Zoom's sample, and shows
// that the secret leaves the process nowhere.
func TestVideoTokens(t *testing.T) {
	t.Setenv("ZOOM_VIDEO_SDK_KEY", "VideoKey00")
	t.Setenv("ZOOM_VIDEO_SDK_SECRET", videoSecret)
	s := startSite(t, serveHTML(page), `
	cobrowse {
		origins {origin}
		video_tokens {
			customers help-[0-9]+
			token_ttl 45m
		}
		owasp_headers
	}
	reverse_proxy {up}`)

	got := s.postToken("/_cobrowse/video/token", `{"role":0,"sessionName":"help-7"}`)
	var reply struct{ Signature string }
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || got.status != http.StatusOK {
		t.Fatalf("status %d, %s", got.status, got.body)
	}
	var claims struct {
		Key  string `json:"app_key"`
		Name string `json:"tpc"`
		Iat  int64  `json:"iat"`
		Exp  int64  `json:"exp"`
	}
	if err := json.Unmarshal(verified(t, reply.Signature, videoSecret), &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Key != "VideoKey00" || claims.Name != "help-7" || claims.Exp-claims.Iat != 2700 {
		t.Errorf("claims %+v", claims)
	}
	for body, reason := range map[string]string{
		`{"role":0,"sessionName":"board"}`:  "Customers may not attend",
		`{"role":1,"sessionName":"help-7"}`: "Role 1 is closed",
	} {
		if got := s.postToken("/_cobrowse/video/token", body); got.status != http.StatusForbidden || !strings.Contains(got.body, reason) {
			t.Errorf("%s: status %d, %s", body, got.status, got.body)
		}
	}
	if got := s.get("/"); got.header.Get("Referrer-Policy") != "same-origin" || got.header.Get("Content-Security-Policy") != "base-uri http: https:" {
		t.Errorf("owasp_headers: %v", got.header)
	}
	resp, err := http.Get(s.admin("/config/"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var config json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&config); err != nil || strings.Contains(string(config), videoSecret) {
		t.Errorf("/config/ shows the secret, or is none: %v", err)
	}

	t.Setenv("ZOOM_VIDEO_SDK_SECRET", "")
	if got := s.refused("cobrowse {\nvideo_tokens {\nagents\n}\n}"); !strings.Contains(got, "environment variable ZOOM_VIDEO_SDK_SECRET is not set") {
		t.Error(got)
	}
}

// verified checks a token's HMAC with nothing but the standard library, and returns
// its claims.
func verified(t *testing.T, signed, secret string) []byte {
	t.Helper()
	end := strings.LastIndexByte(signed, '.')
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed[:max(end, 0)]))
	if signed[end+1:] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
		t.Fatalf("%s is not signed with this secret", signed)
	}
	_, encoded, _ := strings.Cut(signed[:end], ".")
	claims, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}
