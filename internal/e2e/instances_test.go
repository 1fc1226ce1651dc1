package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// patience bounds what takes milliseconds, or a few seconds where a process
// starts. It ends a hang; nothing is measured by it.
const patience = 60 * time.Second

// long reports whether tests do more of the same: COBROWSE_LONG=1.
func long() bool { return os.Getenv("COBROWSE_LONG") != "" }

// settings are what the Caddyfile of an instance is made of.
type settings struct {
	Site     string // the desk's name
	Store    string // the line of the directive; "" is memory
	Limits   string // lines of the block
	Origins  string // the line of the directive; "" is none
	Unlocked bool   // nobody is asked for a password: an operator's mistake
	Source   string // the line of the directive that says who is an agent
	Label    string // of the button
	Secrets  string // the line of the directive; "" is what the environment has
	MaxSize  string // of an audit file
	Debug    bool   // log everything, and every request
	Names    string // the public ones, of a site with TLS; "" is plain HTTP
	TLS      string // files of the certificate and its key

	Port, Admin, Upstream, Audit string // filled in when the instance starts
	Agents                       []string
}

// auditKey seals the records of all instances.
const auditKey = "e2e-audit-key-of-more-than-32-characters"

// agents is how many there are: agent-00, agent-01, and so on.
const agents = 64

func agent(n int) string { return fmt.Sprintf("agent-%02d", n%agents) }

// agentPassword is the password of them all, and agentHash its bcrypt hash of the
// least cost, so that tests measure the proxy.
const (
	agentPassword = "open sesame"
	agentHash     = "$2a$04$MNjBtYH8RX.X0YzmXPryIOjXlcfiSlhKtUJecpokJ55.1qwb75c.q" // #nosec G101 -- of the test's own password
)

// roomy are limits that a test does not meet.
const roomy = `tokens 1000000 per 1m
			sessions_per_address 1000000 per 10m
			sessions_per_site 1000000 per 10m
			customer_tokens 1000000 per 24h
			pin_tries_per_agent 1000000 per 10m
			pin_tries_per_address 1000000 per 10m
			pin_tries_per_site 1000000 per 10m`

// instanceCaddyfile is one of several instances of a site. It has no
// grace_period: Caddy then waits for open requests for as long as they take, so
// that a stream which does not end by itself would hold a reload up for ever.
var instanceCaddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin 127.0.0.1:{{.Admin}}
	persist_config off
	auto_https off
	log {
		level {{if .Debug}}DEBUG{{else}}WARN{{end}}
	}
}

{{or .Names (print "http://:" .Port)}} {
	bind 127.0.0.1
	{{- if .Debug}}
	log
	{{- end}}
	{{- if .TLS}}
	tls {{.TLS}}
	{{- end}}
{{- if not .Unlocked}}
	basic_auth /_cobrowse/desk* {
		{{- range .Agents}}
		{{.}}
		{{- end}}
	}
{{- end}}
	cobrowse {
		{{.Origins}}
		{{.Secrets}}
		{{- if .Label}}
		button {
			label "{{.Label}}"
		}
		{{- end}}
		desk {
			site {{.Site}}
		}
		{{.Source}}
		{{.Store}}
		audit {
			file {{.Audit}}
			key {env.AUDIT_KEY}
			{{- if .MaxSize}}
			max_size {{.MaxSize}}
			{{- end}}
		}
		limits {
			{{.Limits}}
		}
	}
	reverse_proxy {{.Upstream}}
}
`))

// programFolder is where program builds, for as long as the tests run.
var programFolder string

// program builds the proxy, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(programFolder, "cobrowse-proxy")
	if out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "../../cmd/cobrowse-proxy").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the proxy: %w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cobrowse-e2e")
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programFolder = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// legacySite starts the site behind the instances and returns its host:port.
func legacySite(t *testing.T) string {
	t.Helper()
	legacy := httptest.NewServer(site.New())
	t.Cleanup(legacy.Close)
	return strings.TrimPrefix(legacy.URL, "http://")
}

// instance is one process of the proxy, with a folder and an audit record of its
// own.
type instance struct {
	t      *testing.T
	dir    string
	set    settings
	base   string   // its URL
	wrap   []string // a command before the program's
	output *lockedBuffer

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how
}

// newInstance starts an instance that ends with the test.
func newInstance(t *testing.T, set settings, wrap ...string) *instance {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what starts servers")
	}
	i := &instance{t: t, dir: t.TempDir(), wrap: wrap, output: new(lockedBuffer)}
	if set.Site == "" {
		set.Site = "shop"
	}
	if set.Limits == "" {
		set.Limits = roomy
	}
	if set.Source == "" {
		set.Source = "agents caddy_user"
	}
	if set.Upstream == "" {
		set.Upstream = legacySite(t)
	}
	if set.Port == "" {
		set.Port = freePort(t)
	}
	set.Admin = freePort(t)
	if err := os.Mkdir(filepath.Join(i.dir, "audit"), 0o700); err != nil {
		t.Fatal(err)
	}
	set.Audit = filepath.Join(i.dir, "audit", "audit.jsonl")
	for n := range agents {
		set.Agents = append(set.Agents, agent(n)+" "+agentHash)
	}
	i.set, i.base = set, "http://127.0.0.1:"+set.Port
	t.Cleanup(func() {
		i.kill()
		if t.Failed() {
			t.Logf("the last lines of the instance on port %s:\n%s", set.Port, i.output.tail(3000))
		}
	})
	i.start()
	return i
}

// configure writes the Caddyfile and returns its path.
func (i *instance) configure() string {
	i.t.Helper()
	path := filepath.Join(i.dir, "Caddyfile")
	f, err := os.Create(path) // #nosec G304 -- below the test's folder
	if err != nil {
		i.t.Fatal(err)
	}
	if err := instanceCaddyfile.Execute(f, i.set); err != nil {
		i.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// command is the program with an operator's environment.
func (i *instance) command(args ...string) *exec.Cmd {
	i.t.Helper()
	binary, err := program()
	if err != nil {
		i.t.Fatal(err)
	}
	line := append(append([]string{}, i.wrap...), append([]string{binary}, args...)...)
	cmd := exec.CommandContext(context.Background(), line[0], line[1:]...) // #nosec G204 -- the test's own program
	cmd.Env = append(os.Environ(), "HOME="+i.dir, "XDG_DATA_HOME="+i.dir, "XDG_CONFIG_HOME="+i.dir,
		"ZOOM_SDK_KEY="+sdkKey, "ZOOM_SDK_SECRET="+sdkSecret, "AUDIT_KEY="+auditKey)
	return cmd
}

// start starts the process, again after it has ended, and returns when it
// answers; where it wants TLS, that it wants TLS.
func (i *instance) start() {
	i.t.Helper()
	i.cmd = i.command("run", "--config", i.configure(), "--adapter", "caddyfile")
	i.cmd.Stdout, i.cmd.Stderr = i.output, i.output
	if err := i.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		i.err = cmd.Wait()
		close(done)
	}(i.cmd, i.done)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-i.done:
			i.t.Fatalf("the proxy ended: %v\n%s", i.err, i.output.tail(3000))
		default:
		}
		if response, err := http.Get(i.base + "/_cobrowse/nothing"); err == nil {
			_ = response.Body.Close()
			return
		}
	}
	i.t.Fatalf("the proxy does not serve:\n%s", i.output.tail(3000))
}

// kill ends the process as SIGKILL does. Killing it again does nothing.
func (i *instance) kill() {
	if i.cmd != nil && i.cmd.Process != nil {
		_ = i.cmd.Process.Kill()
		<-i.done
	}
}

// stop ends the process as service managers do, with SIGTERM, and fails the
// test where it does not end, or not well.
func (i *instance) stop() {
	i.t.Helper()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		i.t.Fatal(err)
	}
	select {
	case <-i.done:
		if i.err != nil {
			i.t.Errorf("after SIGTERM: %v", i.err)
		}
	case <-time.After(patience):
		i.t.Error("the proxy waits for something after SIGTERM")
		i.kill()
	}
}

// reload loads the settings as they are now, as an operator does.
func (i *instance) reload() {
	i.t.Helper()
	cmd := i.command("reload", "--config", i.configure(), "--adapter", "caddyfile", "--address", "127.0.0.1:"+i.set.Admin)
	output := new(lockedBuffer)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			i.t.Fatalf("reload: %v\n%s", err, output.tail(2000))
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-ended
		i.t.Fatal("the reload waits for something")
	}
	wires.CloseIdleConnections() // the former server ended them
}

// document asks for a page as a browser does.
func (i *instance) document(path string) (int, http.Header, string, error) {
	r, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, i.base+path, nil)
	if err != nil {
		return 0, nil, "", err
	}
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Accept", "text/html")
	body, response, err := do(http.DefaultClient, r)
	if err != nil {
		return 0, nil, "", err
	}
	return response.StatusCode, response.Header, string(body), nil
}
