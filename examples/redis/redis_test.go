// Package redis_test starts two servers with the example's Caddyfile, and a
// Redis between them.
package redis_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// hash is the bcrypt hash of "open sesame", made with "hash-password" and the
// least cost.
const hash = "$2a$04$MNjBtYH8RX.X0YzmXPryIOjXlcfiSlhKtUJecpokJ55.1qwb75c.q" // #nosec G101 -- of the test's own password

// startRedis runs a Redis with a password and returns its address.
func startRedis(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("COBROWSE_REDIS")
	if binary == "" {
		binary = "redis-server"
	}
	address := program.FreeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--requirepass", "hush") // #nosec G204 -- the test's own arguments
	if err := server.Start(); err != nil {
		t.Fatalf("starting %s, which make test installs: %v", binary, err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return address
		}
	}
	t.Fatal("Redis does not listen")
	return ""
}

// instance is one of the two servers.
type instance struct {
	*program.Program
	base, audit string
}

// post asks an instance, as a page of the site, or as the agent, would.
func (i instance) post(t *testing.T, path string, body any, agent bool) (int, map[string]any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.base+"/_cobrowse/"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if agent {
		r.SetBasicAuth("ada", "open sesame")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil && len(text) > 0 {
		t.Fatalf("%s answers %d %s", path, resp.StatusCode, text)
	}
	return resp.StatusCode, answer
}

func TestTwoInstances(t *testing.T) {
	legacy := httptest.NewServer(site.New())
	defer legacy.Close()
	redis := startRedis(t)
	binary := program.Build(t, "../../cmd/cobrowse-proxy")
	start := func() instance {
		listen, audit := program.FreeAddress(t), filepath.Join(t.TempDir(), "audit.jsonl")
		env := []string{
			"ADMIN=off", "LISTEN=http://" + listen, "UPSTREAM=" + strings.TrimPrefix(legacy.URL, "http://"),
			"ZOOM_SDK_KEY=example-key", "ZOOM_SDK_SECRET=example-secret-of-32-characters!",
			"REDIS=" + redis, "REDIS_PASSWORD=hush", "AUDIT=" + audit, "COBROWSE_AUDIT_KEY=example-key-of-more-than-32-characters",
			"DESK_USER=ada", "DESK_PASSWORD_HASH=" + hash,
			// Caddy keeps its state below these.
			"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
		}
		p := program.Start(t, binary, env, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
		p.WaitFor(t, "http://"+listen)
		return instance{p, "http://" + listen, audit}
	}
	a, b := start(), start()

	status, made := a.post(t, "sessions", map[string]string{"page": "/account"}, false)
	if status != http.StatusCreated {
		t.Fatalf("sessions on A: %d %v", status, made)
	}
	id, ticket := made["id"].(string), made["ticket"].(string)
	event := func(i instance, body map[string]string) (int, map[string]any) {
		body["ticket"] = ticket
		return i.post(t, "sessions/"+id+"/events", body, false)
	}
	if status, got := event(a, map[string]string{"event": "pincode_updated", "pin": "482913"}); status != http.StatusOK || got["state"] != "waiting" {
		t.Fatalf("the PIN on A: %d %v", status, got)
	}
	if status, got := b.post(t, "desk/join", map[string]string{"pin": "000000"}, true); status != http.StatusForbidden || got["token"] != nil {
		t.Errorf("a wrong PIN on B: %d %v", status, got)
	}
	status, joined := b.post(t, "desk/join", map[string]string{"pin": "482913"}, true)
	if status != http.StatusOK || joined["pin"] != "482913" || joined["token"] == nil {
		t.Fatalf("join on B: %d %v", status, joined)
	}

	a.Stop(t)
	if status, got := event(b, map[string]string{"event": "agent_joined"}); status != http.StatusOK || got["state"] != "active" {
		t.Errorf("the page goes on through B: %d %v", status, got)
	}
	line, err := os.ReadFile(b.audit)
	if err != nil || !strings.Contains(string(line), `"event":"session.claimed"`) || strings.Contains(string(line), "482913") {
		t.Errorf("B's record: %v %s", err, line)
	}
	b.Stop(t)
}
