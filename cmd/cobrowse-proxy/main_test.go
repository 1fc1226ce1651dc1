package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/net/http2"
)

const (
	sdkKey    = "TestKeyForCobrowse00"
	sdkSecret = "Vt4Secret-Xk9mZqWp7LrTn2bHs5yJd"
	page      = "<!DOCTYPE html><html><head><title>Konto</title></head><body></body></html>"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cobrowse-proxy")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "cobrowse-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// credentials are the environment of a program that can start.
var credentials = []string{"ZOOM_SDK_KEY=" + sdkKey, "ZOOM_SDK_SECRET=" + sdkSecret}

// command prepares a run of the program in a folder of its own, with nothing in
// its environment but env.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}, env...)
	return cmd
}

// run runs the program to its end, and returns what it said and its exit code.
func run(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	out, err := command(t, env, args...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Cmd returns it bare
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// caddyfile writes a configuration.
func caddyfile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// has fails the test for each text that is missing.
func has(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q does not have %q", out, text)
		}
	}
}

// exampleEnv is the environment that Caddyfile.example wants.
func exampleEnv(hash string) []string {
	const hook = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	return append(slices.Clone(credentials),
		"ANNA_PASSWORD_HASH="+hash, "COBROWSE_AUDIT_KEY="+sdkSecret+sdkSecret,
		"ZOOM_VIDEO_SDK_KEY="+sdkKey+"video", "ZOOM_VIDEO_SDK_SECRET="+sdkSecret+"video",
		"ZOOM_WEBHOOK_SECRET="+sdkSecret+"hook", "CRM_HOOK_SECRET="+hook, "RECORDS_HOOK_SECRET="+hook)
}

// TestCommands is the smoke test of a Caddy build: the modules are there, and
// its commands know the directive.
func TestCommands(t *testing.T) {
	const minimal = ":8080 {\n\tencode\n\tcobrowse\n\treverse_proxy legacy:9000\n}\n"
	site := caddyfile(t, minimal)
	example, err := filepath.Abs("../../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("hiccup"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  []string
		args []string
		code int
		want []string
	}{
		{"list-modules", nil, []string{"list-modules"}, 0, []string{"\nhttp.handlers.cobrowse\n", "\nhttp.handlers.cobrowse.agents.caddy_user\n", "\nhttp.handlers.cobrowse.agents.zoomapp\n", "\nadmin.api.cobrowse\n", "\nhttp.handlers.reverse_proxy\n"}},
		{"adapt", nil, []string{"adapt", "--config", site}, 0, []string{`{"handler":"cobrowse"}`}},
		{"validate", credentials, []string{"validate", "--config", site}, 0, []string{"Valid configuration"}},
		{"validate the example", exampleEnv(string(hash)), []string{"validate", "--adapter", "caddyfile", "--config", example}, 0, []string{"Valid configuration"}},
		{"validate without credentials", nil, []string{"validate", "--config", site}, 1, []string{"environment variable ZOOM_SDK_KEY is not set", "environment variable ZOOM_SDK_SECRET is not set"}},
		{"fmt", nil, []string{"fmt", example}, 0, []string{"cobrowse {"}},
		{"help", nil, []string{"help"}, 0, []string{"ZOOM_SDK_KEY", "ZOOM_SDK_SECRET", "cobrowse-proxy proxy --from :8080 --to http://legacy:9000", "\n  proxy "}},
		{"proxy --help", nil, []string{"proxy", "--help"}, 0, []string{"ZOOM_SDK_KEY", "ZOOM_SDK_SECRET", "cobrowse-proxy proxy --from :8080 --to http://legacy:9000", "--from", "--to", "--path", "--zoom-host", "--origin", "--expose"}},
		{"cobrowse proxy --help", nil, []string{"cobrowse", "proxy", "--help"}, 0, []string{"ZOOM_SDK_SECRET", "--to"}},
		{"proxy without site", credentials, []string{"proxy"}, 1, []string{"--to is missing"}},
		{"proxy without credentials", nil, []string{"proxy", "--from", "127.0.0.1:0", "--to", "http://legacy:9000"}, 1, []string{"environment variable ZOOM_SDK_KEY is not set", "environment variable ZOOM_SDK_SECRET is not set", "Build portal"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, code := run(t, tt.env, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			has(t, out, tt.want...)
			if strings.Contains(out, sdkSecret) {
				t.Errorf("the secret was printed: %s", out)
			}
		})
	}
}

// process is a program that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan error
}

// start runs the program in the background.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(t, env, args...), out: new(bytes.Buffer), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // a process that has ended is not there to be killed
		<-p.done
	})
	return p
}

// ended waits for the end of the program, for as long as wait allows.
func (p *process) ended(wait <-chan time.Time) (error, bool) {
	select {
	case err := <-p.done:
		p.done <- err // for Cleanup
		return err, true
	case <-wait:
		return nil, false
	}
}

// terminate sends SIGTERM and waits for the end, which must be a good one.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	err, ended := p.ended(time.After(time.Minute))
	if !ended {
		p.t.Fatal("does not end")
	}
	if err != nil {
		p.t.Errorf("ended with %v: %s", err, p.out)
	}
	if strings.Contains(p.out.String(), sdkSecret) {
		p.t.Errorf("the secret was logged: %s", p.out)
	}
}

// get asks for a page as a browser does, until the program answers.
func (p *process) get(ctx context.Context, url string) *http.Response {
	p.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Dest", "document")
	for {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp
		}
		if end, ended := p.ended(time.After(20 * time.Millisecond)); ended {
			p.t.Fatalf("ended with %v: %s", end, p.out)
		}
		if ctx.Err() != nil {
			p.t.Fatal(err)
		}
	}
}

// upstream is a site with one page, and a stream that never ends.
func upstream(t *testing.T) string {
	t.Helper()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: begin\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		if r.Header.Get("Upgrade") == "websocket" {
			echo(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(up.Close)
	return up.URL
}

// echo is a WebSocket that answers what it gets.
func echo(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	for {
		kind, message, err := ws.Read(r.Context())
		if err != nil || ws.Write(r.Context(), kind, message) != nil {
			return
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestProxy runs the command that needs no file.
func TestProxy(t *testing.T) {
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	p := start(t, credentials, "proxy", "--from", ":"+port, "--to", upstream(t), "--expose", "--access-log")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	resp := p.get(ctx, "http://"+address+"/konto?access_token=do-not-log")
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(body), `<head><script src="/_cobrowse/loader-`, "<title>Konto</title>")
	if got := resp.Header.Get("X-Cobrowse"); got != "injected" {
		t.Errorf("X-Cobrowse %q", got)
	}
	http.DefaultClient.CloseIdleConnections()
	p.terminate()
	has(t, p.out.String(), "handled request", "access_token=REDACTED")
	if strings.Contains(p.out.String(), "do-not-log") {
		t.Error("the access log shows a token")
	}
}

// TestTermination ends a program that has a stream open, which grace_period
// bounds.
func TestTermination(t *testing.T) {
	address := freeAddress(t)
	config := caddyfile(t, fmt.Sprintf(`{
	admin off
	grace_period 500ms
}
http://%s {
	cobrowse
	reverse_proxy %s
}
`, address, strings.TrimPrefix(upstream(t), "http://")))
	p := start(t, credentials, "run", "--config", config)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	page := p.get(ctx, "http://"+address+"/")
	_ = page.Body.Close()
	resp := p.get(ctx, "http://"+address+"/events")
	defer resp.Body.Close()
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || line != "data: begin\n" {
		t.Fatalf("%q, %v", line, err)
	}
	p.terminate()
}

// TestWebSocketOverHTTP2 upgrades a stream of HTTP/2 (RFC 8441), which Go's
// server allows only where GODEBUG says so.
func TestWebSocketOverHTTP2(t *testing.T) {
	address := freeAddress(t)
	config := caddyfile(t, fmt.Sprintf(`{
	admin off
	servers {
		protocols h1 h2c
	}
}
http://%s {
	encode
	cobrowse
	reverse_proxy %s
}
`, address, strings.TrimPrefix(upstream(t), "http://")))
	p := start(t, append(slices.Clone(credentials), "GODEBUG=http2xconnect=1"), "run", "--config", config)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = p.get(ctx, "http://"+address+"/").Body.Close()

	dial := func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	transport := &http2.Transport{AllowHTTP: true, DialTLSContext: dial} //nolint:staticcheck // net/http's own refuses the pseudo-header :protocol
	defer transport.CloseIdleConnections()                               //nolint:staticcheck // as above
	body, send := io.Pipe()
	defer send.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, "http://"+address+"/socket", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Fetch-Dest": {"empty"}}
	resp, err := transport.RoundTrip(req) //nolint:staticcheck // as above
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Fatalf("%s %s", resp.Proto, resp.Status)
	}
	// A text frame, masked with zeros, and its echo (RFC 6455, section 5.2).
	if _, err := send.Write([]byte("\x81\x82\x00\x00\x00\x00hi")); err != nil {
		t.Fatal(err)
	}
	echo := make([]byte, 4)
	if _, err := io.ReadFull(resp.Body, echo); err != nil || string(echo) != "\x81\x02hi" {
		t.Errorf("echo %q, %v", echo, err)
	}
}
