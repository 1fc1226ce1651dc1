package caddymodule_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// panicking is a guest module, and a handler, that panics.
type panicking struct{}

func init() {
	caddy.RegisterModule(panicking{})
	caddy.RegisterModule(panickingHandler{})
}

func (panicking) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.cobrowse.agents.test_panicking", New: func() caddy.Module { return new(panicking) }}
}

func (*panicking) Identify(*http.Request) (proxy.Agent, error) { panic("identify") }

type panickingHandler struct{}

func (panickingHandler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.test_panicking", New: func() caddy.Module { return new(panickingHandler) }}
}

func (*panickingHandler) ServeHTTP(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
	panic("next")
}

// spellings are the forms in which a secret could slip out.
func spellings(secret string) []string {
	b := []byte(secret)
	return []string{
		secret, hex.EncodeToString(b),
		// without the last characters, which depend on what follows
		base64.StdEncoding.EncodeToString(b)[:len(secret)], base64.URLEncoding.EncodeToString(b)[:len(secret)],
		secret[:len(secret)/2], secret[len(secret)/2:],
	}
}

// outputs collects everything that leaves the process.
type outputs map[string]string

// answers keeps what an answer shows.
func (o outputs) answer(name string, a answer) {
	var b strings.Builder
	_ = a.header.Write(&b)
	o[name] = b.String() + a.body
}

// file keeps what was written.
func (o outputs) file(t testing.TB, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	o[filepath.Base(name)] = string(text)
}

// TestSecretStaysHidden looks for the secrets, and for signed tokens, in
// everything that Caddy says, with logs at their most verbose.
func TestSecretStaysHidden(t *testing.T) {
	const previous = "Nw8Previous-Gd3kYvQz6RtXcPm1uJf"
	logFile := filepath.Join(t.TempDir(), "log")
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte(sdkSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PREVIOUS_SDK_SECRET", previous)
	s := startSiteWith(t, serveHTML(page), "debug\nlog {\n output file "+logFile+"\n }", "http", `
	log
	encode
	cobrowse {
		sdk_secret {file.`+secretFile+`} {env.PREVIOUS_SDK_SECRET}
		inject {
			expose
		}
	}
	reverse_proxy /down 127.0.0.1:1
	reverse_proxy {up}`)

	out := outputs{}
	tag := injected(t, s.get("/konto", "Accept-Encoding: identity"), page)
	loader, _, _ := strings.Cut(strings.TrimPrefix(tag, `<script src="`), `"`)
	for _, path := range []string{"/konto", "/down", loader, "/_cobrowse/", "/_cobrowse/desk", "/_cobrowse/widget-x.js", "/_cobrowse/desk-x.js", "/_cobrowse/token"} {
		out.answer("GET "+path, s.get(path, "Accept-Encoding: identity"))
	}
	minted := s.postToken("/_cobrowse/token", `{"role":1}`)
	readToken(t, minted.body)
	out.answer("token", minted)
	for _, body := range []string{`{"role":2}`, `{"role":3}`, `{`, `{"role":1,"userId":"` + strings.Repeat("x", 40) + `"}`, strings.Repeat("x", 9000)} {
		out.answer("POST "+body, s.postToken("/_cobrowse/token", body))
		out.answer("POST desk "+body, s.postToken("/_cobrowse/desk/join", body))
	}
	for _, path := range []string{"/config/", "/metrics", "/cobrowse/status", "/debug/vars", "/debug/pprof/goroutine?debug=2", "/reverse_proxy/upstreams"} {
		out[path] = s.adminGet(path)
	}
	adapted, _, err := adapt(t, s.caddyfile(s.block))
	if err != nil {
		t.Fatal(err)
	}
	out["adapt"] = adapted
	for _, wrong := range []string{"zoom_host a/b", "sdk_key {env.ZOOM_SDK_SECRET}", "sdk_secret {env.ZOOM_SDK_SECRET} {env.NOTHING}", "path {env.NOTHING}", "origins x", "sdk_secret {env.ZOOM_SDK_KEY}"} {
		out["refused "+wrong] = s.refused("cobrowse {\n" + wrong + "\n}")
	}
	out.panics(t, s)
	// Caddy writes a request's line after the answer, so the files may be late.
	written := func() bool {
		out.file(t, caddy.ConfigAutosavePath)
		out.file(t, logFile)
		return strings.Contains(out["log"], "token request") && strings.Contains(out["log"], "handled request") && strings.Contains(out["autosave.json"], "cobrowse")
	}
	for range 100 {
		if written() {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !written() {
		t.Fatal("the logs, or the saved configuration, are not what they should be")
	}
	for name, text := range out {
		for _, spelling := range append(spellings(sdkSecret), spellings(previous)...) {
			if strings.Contains(text, spelling) {
				t.Errorf("%s shows the secret as %s", name, spelling)
			}
		}
		if name != "token" && strings.Contains(text, "eyJhbGci") {
			t.Errorf("%s shows a token", name)
		}
	}
}

// panics makes modules around us panic.
func (o outputs) panics(t testing.TB, s *site) {
	t.Helper()
	for name, config := range map[string]string{
		"agents": `{"handler":"cobrowse","agents":{"provider":"test_panicking"}}`,
		"next":   `{"handler":"cobrowse"},{"handler":"test_panicking"}`,
	} {
		adapted, _, err := adapt(t, s.caddyfile("respond x"))
		if err != nil {
			t.Fatal(err)
		}
		const placeholder = `"handler": "static_response"`
		begin := strings.Index(adapted, placeholder)
		begin = strings.LastIndex(adapted[:begin], "{")
		end := begin + strings.Index(adapted[begin:], "}") + 1
		s.tester.InitServer(adapted[:begin]+config+adapted[end:], "json")
		client := s.client()
		if got, err := s.try(client, http.MethodGet, "/page", "", asDocument); err == nil {
			o.answer("panic "+name, got)
		}
		if got, err := s.try(client, http.MethodPost, "/_cobrowse/desk/join", `{"pin":"482913"}`, "Content-Type: application/json", "Sec-Fetch-Site: same-origin"); err == nil {
			o.answer("panic desk "+name, got)
			if got.status < 400 {
				t.Errorf("%s: status %d", name, got.status)
			}
		}
	}
}

// TestSecretWrittenOut shows that a secret which {$...} has put into the
// configuration is told of, but not told.
func TestSecretWrittenOut(t *testing.T) {
	logFile := filepath.Join(t.TempDir(), "log")
	s := startSiteWith(t, serveHTML(page), "log {\n output file "+logFile+"\n }", "http", "cobrowse {\n sdk_secret {$ZOOM_SDK_SECRET}\n }\n reverse_proxy {up}")
	injected(t, s.get("/"), page)
	log, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "written out in the configuration") || strings.Contains(string(log), sdkSecret) {
		t.Errorf("log %s", log)
	}
}
