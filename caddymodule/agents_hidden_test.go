package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// TestAgentSecretsStayHidden looks for the secrets of providers in everything
// that Caddy says, with logs at their most verbose.
func TestAgentSecretsStayHidden(t *testing.T) {
	t.Setenv("COBROWSE_TEST_CLIENT_SECRET", optest.ClientSecret)
	t.Setenv("COBROWSE_TEST_JWT_SECRET", jwtSecret)
	logFile := filepath.Join(t.TempDir(), "log")
	s := startSiteWith(t, serveHTML(page), "log {\n output file "+logFile+"\n level DEBUG\n }", "http", "reverse_proxy {up}")
	up := s.block[strings.LastIndex(s.block, " ")+1:]
	op := optest.Start(t, s.url("/_cobrowse/callback"))
	place := strings.NewReplacer("{up}", up, "{origin}", s.origin())
	blocks := map[string]string{
		"oidc": place.Replace(oidcBlock(op, "agents", "")),
		"jwt":  place.Replace("cobrowse {\norigins {origin}\nagents jwt {\nsecret {env.COBROWSE_TEST_JWT_SECRET}\nissuer https://login.example\naudience desk\n}\n}\nreverse_proxy {up}"),
	}
	out := outputs{}
	for name, block := range blocks {
		s.reload(block)
		for _, path := range []string{"/konto", "/_cobrowse/desk", "/_cobrowse/login", "/_cobrowse/callback", "/_cobrowse/callback?state=x&code=y"} {
			out.answer(name+" GET "+path, s.get(path))
		}
		out.answer(name+" logout", s.do(http.MethodPost, "/_cobrowse/logout", "", "Origin: "+s.origin()))
		out.answer(name+" join", s.join("Authorization: Bearer a.b.c", "Cookie: cobrowse=x"))
		for _, path := range []string{"/config/", "/metrics", "/cobrowse/status", "/debug/vars"} {
			out[name+" "+path] = s.adminGet(path)
		}
		adapted, _, err := adapt(t, s.caddyfile(block))
		if err != nil {
			t.Fatal(err)
		}
		out[name+" adapt"] = adapted
	}
	op.Down.Store(true)
	s.reload(blocks["oidc"])
	out.answer("the provider is down", s.get("/_cobrowse/login"))
	for _, wrong := range []string{
		"agents oidc {\nissuer http://a\nclient_id b\nclient_secret {env.COBROWSE_TEST_CLIENT_SECRET}\nallow_any_user\n}",
		"agents oidc {\nissuer https://a\nclient_id b\nclient_secret \" {env.COBROWSE_TEST_CLIENT_SECRET}\"\nallow_any_user\n}",
		"agents jwt {\nsecret {env.COBROWSE_TEST_JWT_SECRET}\nissuer a\naudience b\nalgorithms HS512\n}",
		"agents jwt {\nsecret {env.COBROWSE_TEST_JWT_SECRET} {env.COBROWSE_TEST_NOTHING}\nissuer a\naudience b\n}",
	} {
		out["refused "+wrong] = s.refused("cobrowse {\n" + wrong + "\n}\nrespond x")
	}
	out.file(t, caddy.ConfigAutosavePath)
	out.file(t, logFile)
	for name, text := range out {
		for _, secret := range []string{optest.ClientSecret, jwtSecret} {
			for _, spelling := range spellings(secret) {
				if strings.Contains(text, spelling) {
					t.Errorf("%s shows a secret as %s: %.500s", name, spelling, text)
				}
			}
		}
	}
	if strings.Contains(out["log"], "written out") {
		t.Error("a placeholder is taken for a secret that is written out")
	}
}

// TestAgentSecretWrittenOut: a secret that {$...} has put into the configuration
// is told of, but not told.
func TestAgentSecretWrittenOut(t *testing.T) {
	t.Setenv("COBROWSE_TEST_CLIENT_SECRET", optest.ClientSecret)
	logFile := filepath.Join(t.TempDir(), "log")
	startSiteWith(t, serveHTML(page), "log {\n output file "+logFile+"\n }", "http", `
	cobrowse {
		agents oidc {
			issuer https://login.example
			client_id desk
			client_secret {$COBROWSE_TEST_CLIENT_SECRET}
			origin https://shop.example
			allow_any_user
		}
	}
	reverse_proxy {up}`)
	log, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(log); !strings.Contains(text, "written out in the configuration") || !strings.Contains(text, "client_secret") || strings.Contains(text, optest.ClientSecret) {
		t.Errorf("log %s", log)
	}
}
