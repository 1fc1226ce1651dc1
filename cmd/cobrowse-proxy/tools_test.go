package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
)

// startIn runs a prepared command in the background, after its folder has got the
// files given.
func startIn(t *testing.T, cmd *exec.Cmd, files map[string]string) *process {
	t.Helper()
	write(t, cmd.Dir, files)
	p := &process{t: t, cmd: cmd, out: new(bytes.Buffer), done: make(chan error, 1)}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // a process that has ended is not there to be killed
		<-p.done
	})
	return p
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sampleEnv is the .env of Zoom's sample.
func sampleEnv(port string) string {
	return "# Cobrowse SDK key and secret\nZOOM_SDK_KEY=" + sdkKey + "\nZOOM_SDK_SECRET=\"" + sdkSecret + "\"\nPORT=" + port + "\n"
}

// TestTokenServer starts with nothing but the sample's .env, and answers the
// requests of the sample's README: its example, and its line with curl.
func TestTokenServer(t *testing.T) {
	_, port, _ := net.SplitHostPort(freeAddress(t))
	p := startIn(t, command(t, nil, "token-server"), map[string]string{".env": sampleEnv(port)})
	url := "http://localhost:" + port
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = p.get(ctx, url).Body.Close() // until it answers

	for name, body := range map[string]string{
		"example": `{"role": 1, "userId": "user123"}`,
		"curl":    `{  "role": "1",  "userId": "user123"}`,
	} {
		t.Run(name, func(t *testing.T) {
			claims := tokenClaims(t, postJSON(t, ctx, url, body))
			if claims["app_key"] != sdkKey || claims["role_type"] != 1.0 || claims["user_id"] != "user123" || claims["exp"].(float64)-claims["iat"].(float64) != 7200 {
				t.Errorf("claims %v", claims)
			}
		})
	}
	t.Run("curl itself", func(t *testing.T) {
		curl, err := exec.LookPath("curl")
		if err != nil {
			t.Skip("no curl here")
		}
		out, err := exec.CommandContext(ctx, curl, "-s", url, "-X", "POST", "-d", `{  "role": "1",  "userId": "user123"}`, "-H", "Content-Type: application/json").Output() //nolint:gosec // the line of the README
		if err != nil {
			t.Fatal(err)
		}
		if claims := tokenClaims(t, string(out)); claims["user_id"] != "user123" {
			t.Errorf("claims %v", claims)
		}
	})
	has(t, postJSON(t, ctx, url, `{"userId":"user123"}`), `{"errors":[{"property":"role","reason":"Property required, but not present in request body"}]}`)
	has(t, postJSON(t, ctx, url, `{"role":2}`), `"reason":"Role 2 is`)
	http.DefaultClient.CloseIdleConnections()
	p.terminate()
	has(t, p.out.String(), "listening on port "+port)
}

// TestNewerNames: a newer sample's .env works as well, in each of the commands that
// read one, and in the directive.
func TestNewerNames(t *testing.T) {
	env := map[string]string{".env": "ZOOM_COBROWSE_SDK_KEY=" + sdkKey + "\nZOOM_COBROWSE_SDK_SECRET=" + sdkSecret + "\n"}
	mint := command(t, nil, "token", "mint")
	write(t, mint.Dir, env)
	minted, err := mint.Output()
	if err != nil {
		t.Fatal(err)
	}
	inspect := command(t, nil, "token", "inspect")
	write(t, inspect.Dir, env)
	inspect.Stdin = bytes.NewReader(minted)
	out, err := inspect.CombinedOutput()
	if err != nil {
		t.Errorf("inspect: %v", err)
	}
	has(t, string(out), "good: ", sdkKey)

	_, port, _ := net.SplitHostPort(freeAddress(t))
	env[".env"] += "PORT=" + port + "\n"
	p := startIn(t, command(t, nil, "token-server"), env)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url := "http://localhost:" + port
	_ = p.get(ctx, url).Body.Close() // until it answers
	if claims := tokenClaims(t, postJSON(t, ctx, url, `{"role": 1, "userId": "user123"}`)); claims["app_key"] != sdkKey {
		t.Errorf("claims %v", claims)
	}
	http.DefaultClient.CloseIdleConnections()
	p.terminate()

	site := caddyfile(t, ":8080 {\n\tcobrowse\n\treverse_proxy legacy:9000\n}\n")
	newer := []string{"ZOOM_COBROWSE_SDK_KEY=" + sdkKey, "ZOOM_COBROWSE_SDK_SECRET=" + sdkSecret}
	if said, code := run(t, newer, "validate", "--config", site); code != 0 || strings.Contains(said, sdkSecret) {
		t.Errorf("validate: exit code %d, %s", code, said)
	}
	said, code := run(t, append(newer, "ZOOM_SDK_KEY=another"), "validate", "--config", site)
	if code == 0 {
		t.Error("validate takes keys that differ")
	}
	has(t, said, "ZOOM_SDK_KEY and ZOOM_COBROWSE_SDK_KEY are both set, and differ")
}

// TestTokenServerEnvironment: the environment wins over .env, and what is missing
// or taken is named.
func TestTokenServerEnvironment(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, tt := range []struct {
		name  string
		env   []string
		files map[string]string
		args  []string
		want  []string
	}{
		{"nothing", nil, nil, nil, []string{"ZOOM_SDK_KEY is empty", "ZOOM_SDK_SECRET is empty"}},
		{"environment wins", []string{"ZOOM_SDK_SECRET="}, map[string]string{".env": sampleEnv("4000")}, nil, []string{"ZOOM_SDK_SECRET is empty"}},
		{"port is none", append([]string{"PORT=http"}, credentials...), nil, nil, []string{`PORT "http" is not a port`}},
		{"port is taken", credentials, nil, []string{"--listen", "127.0.0.1:" + port}, []string{"cannot listen", "--listen"}},
		{"no such file", credentials, nil, []string{"--env-file", "production.env"}, []string{"--env-file: open production.env"}},
		{"broken file", credentials, map[string]string{".env": "ZOOM_SDK_KEY: x"}, nil, []string{".env line 1 is not of the form NAME=value"}},
		{"two names that differ", append([]string{"ZOOM_COBROWSE_SDK_SECRET=of-another-account"}, credentials...), nil, nil, []string{"ZOOM_SDK_SECRET and ZOOM_COBROWSE_SDK_SECRET are both set, and differ"}},
		{"two names, of two files", []string{"ZOOM_COBROWSE_SDK_KEY=of-another-account"}, map[string]string{".env": sampleEnv("4000")}, nil, []string{"ZOOM_SDK_KEY and ZOOM_COBROWSE_SDK_KEY are both set, and differ"}},
		{"half of a newer sample's", []string{"ZOOM_COBROWSE_SDK_KEY=" + sdkKey}, nil, nil, []string{"ZOOM_COBROWSE_SDK_SECRET is empty"}},
		{"origin is none", credentials, nil, []string{"--origin", "shop.example"}, []string{`origin "shop.example" is not an origin`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := command(t, tt.env, append([]string{"token-server"}, tt.args...)...)
			write(t, cmd.Dir, tt.files)
			out, err := cmd.CombinedOutput()
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			has(t, string(out), tt.want...)
			if strings.Contains(string(out), sdkSecret) {
				t.Error("the secret was printed")
			}
		})
	}
}

func postJSON(t *testing.T, ctx context.Context, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tokenClaims reads the claims of a reply's token. Signatures are checked elsewhere.
func tokenClaims(t *testing.T, reply string) map[string]any {
	t.Helper()
	var envelope struct{ Token string }
	if err := json.Unmarshal([]byte(reply), &envelope); err != nil || strings.Count(envelope.Token, ".") != 2 {
		t.Fatalf("%s: %v", reply, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(envelope.Token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestToken mints a token and inspects it, as two commands in a pipe do.
func TestToken(t *testing.T) {
	for _, role := range []string{"customer", "agent"} {
		minted, code := run(t, credentials, "token", "mint", "--role", role, "--user-id", "4711", "--user-name", "Ana García", "--ttl", "1h")
		if code != 0 || strings.Count(minted, "\n") != 1 {
			t.Fatalf("%s: exit code %d, %q", role, code, minted)
		}
		inspect := func(env []string, token string) (string, error) {
			cmd := command(t, env, "token", "inspect")
			cmd.Stdin = strings.NewReader(token)
			out, err := cmd.CombinedOutput()
			return string(out), err
		}
		out, err := inspect(credentials, minted)
		if err != nil {
			t.Errorf("%s: %v, %s", role, err, out)
		}
		has(t, out, `"user_id": "4711"`, `"user_name": "Ana García"`, "good: ")
		signature := strings.TrimSpace(minted[strings.LastIndexByte(minted, '.')+1:])
		if strings.Contains(out, signature) {
			t.Errorf("%s: the signature was printed", role)
		}
		if out, err = inspect(nil, minted); err != nil {
			t.Errorf("%s: without a secret: %v, %s", role, err, out)
		}
		has(t, out, "not checked: no SDK secret given")
		if out, err = inspect([]string{"ZOOM_SDK_KEY=" + sdkKey, "ZOOM_SDK_SECRET=Another-secret-zZ"}, minted); err == nil {
			t.Errorf("%s: with another secret: %s", role, out)
		}
		has(t, out, "zoom would refuse this token")
	}
	out, code := run(t, credentials, "token", "mint", "--ttl", "5m")
	if code != 1 {
		t.Errorf("too short a life: exit code %d, %s", code, out)
	}
}

// TestAuditVerify checks a record that a Writer has written, and one that somebody
// has changed.
func TestAuditVerify(t *testing.T) {
	const secret = "an audit key of more than 32 characters"
	key, err := audit.NewKey([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	record := filepath.Join(dir, "audit.jsonl")
	writer, err := audit.Open(audit.Config{Path: record, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"anna", "bob"} {
		line := audit.Record{Event: audit.EventTokenIssued, Outcome: audit.Success, AgentID: who}
		if err := writer.Append(context.Background(), line); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint := writer.Checkpoint().String()
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"key": secret + "\n"})
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	write(t, dir, map[string]string{
		"edited.jsonl": strings.Replace(string(text), `"anna"`, `"eve"`, 1),
		"cut.jsonl":    strings.Join(lines[:2], ""),
	})
	keyFile := []string{"--key-file", filepath.Join(dir, "key")}
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		code int
		want []string
	}{
		{"intact", nil, append(keyFile, record), 0, []string{"OK: nothing was edited", "checkpoint: " + checkpoint}},
		{"key of the environment", []string{"COBROWSE_AUDIT_KEY=" + secret}, []string{record}, 0, []string{"OK: "}},
		{"key of another variable", []string{"OURS=" + secret}, []string{"--key-env", "OURS", record}, 0, []string{"OK: "}},
		{"noted checkpoint", nil, append(keyFile, "--checkpoint", checkpoint, record), 0, []string{"OK: "}},
		{"edited", nil, append(keyFile, filepath.Join(dir, "edited.jsonl")), 1, []string{"edited.jsonl:2: edited: ", "NOT OK: ", "audit record is not intact"}},
		{"cut off", nil, append(keyFile, "--checkpoint", checkpoint, filepath.Join(dir, "cut.jsonl")), 1, []string{"truncated: ", "NOT OK: "}},
		{"no key", nil, []string{record}, 1, []string{"environment variable COBROWSE_AUDIT_KEY is not set"}},
		{"short key", []string{"COBROWSE_AUDIT_KEY=short"}, []string{record}, 1, []string{"the key in COBROWSE_AUDIT_KEY", "too short"}},
		{"another key", []string{"COBROWSE_AUDIT_KEY=" + strings.Repeat("another ", 5)}, []string{record}, 1, []string{"unknown key: "}},
		{"no file", nil, keyFile, 1, []string{"no file is named"}},
		{"no such file", nil, append(keyFile, filepath.Join(dir, "none.jsonl")), 1, []string{"none.jsonl"}},
		{"checkpoint that is none", nil, append(keyFile, "--checkpoint", "17", record), 1, []string{"want CHAIN:SEQ:MAC"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, code := run(t, tt.env, append([]string{"audit", "verify"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			has(t, out, tt.want...)
			if strings.Contains(out, secret) {
				t.Error("the key was printed")
			}
		})
	}
}

// TestToolHelp: the help of each command is enough to begin, at the top and below
// "cobrowse", where other builds of Caddy have it.
func TestToolHelp(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"token-server"}, []string{"ZOOM_SDK_SECRET", "PORT", "curl http://localhost:4000", "--origin", "--env-file"}},
		{[]string{"token"}, []string{"mint", "inspect"}},
		{[]string{"token", "mint"}, []string{"--role", "--user-id", "--ttl", "token mint --role customer"}},
		{[]string{"token", "inspect"}, []string{"standard input", "exit", "ZOOM_VIDEO_SDK_SECRET"}},
		{[]string{"audit", "verify"}, []string{"COBROWSE_AUDIT_KEY", "--key-env", "--key-file", "--checkpoint", "exit status is 1"}},
	} {
		for _, parent := range [][]string{nil, {"cobrowse"}} {
			args := append(append(parent, tt.args...), "--help")
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				out, code := run(t, nil, args...)
				if code != 0 {
					t.Errorf("exit code %d", code)
				}
				has(t, out, tt.want...)
			})
		}
	}
}
