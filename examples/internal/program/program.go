// Package program builds and runs the examples in tests, as a user would from a
// shell: one process each, stopped by its own process id.
package program

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Limits of a test's patience. They bound a hang; nothing is measured by them.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 15 * time.Second
)

// Build compiles a package, named as for "go build", and returns the program's
// path in a folder that the test removes.
func Build(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg)+".bin")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, pkg).CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, out)
	}
	return binary
}

// Program is a running process.
type Program struct {
	command *exec.Cmd
	lines   chan string
	ended   chan error
}

// Start runs a binary with env added to the test's environment. It is killed at
// the end of the test, unless [Program.Stop] was called.
func Start(t *testing.T, binary string, env []string, args ...string) *Program {
	t.Helper()
	command := exec.Command(binary, args...) // #nosec G204 -- the test's own binary
	command.Env = append(os.Environ(), env...)
	command.Stderr = &testLog{t: t}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Program{command: command, lines: make(chan string, 100), ended: make(chan error, 1)}
	go p.follow(stdout)
	t.Cleanup(p.kill)
	return p
}

// follow passes the program's output on, then waits for its end.
func (p *Program) follow(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		select {
		case p.lines <- lines.Text():
		default: // nobody reads that much
		}
	}
	close(p.lines)
	p.ended <- p.command.Wait()
}

var address = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)

// Address returns the first address in the program's output, without a slash
// at its end.
func (p *Program) Address(t *testing.T) string {
	t.Helper()
	return p.Find(t, address)[0]
}

// Find returns the first match in the program's output, and its groups. It reads
// on from the line where an earlier call found what it looked for.
func (p *Program) Find(t *testing.T, pattern *regexp.Regexp) []string {
	t.Helper()
	timeout := time.After(startTimeout)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("the program ended without a line that matches %s", pattern)
			}
			if found := pattern.FindStringSubmatch(line); found != nil {
				return found
			}
		case <-timeout:
			t.Fatalf("the program did not print a line that matches %s", pattern)
		}
	}
}

// WaitFor returns once something answers at an URL.
func (p *Program) WaitFor(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-p.ended:
			p.ended <- err
			t.Fatalf("the program ended before it answered: %v", err)
		default:
		}
		if response, err := http.Get(url); err == nil { // #nosec G107 -- loopback
			_ = response.Body.Close()
			return
		}
	}
	t.Fatalf("nothing answers at %s", url)
}

// Stop asks the program to end, and fails the test where it does not end, or
// ends with an error.
func (p *Program) Stop(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			t.Errorf("stopping: %v", err)
		}
	case <-time.After(stopTimeout):
		t.Error("the program did not stop")
	}
}

func (p *Program) kill() {
	if err := p.command.Process.Kill(); errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-p.ended
}

// FreeAddress returns a loopback address that was free a moment ago.
func FreeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// GetDocument fetches an URL as a browser fetches a document, with or without
// user and password, and returns the status, the header and the body.
func GetDocument(t *testing.T, url, user, password string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Dest", "document")
	request.Header.Set("Sec-Fetch-Mode", "navigate")
	request.Header.Set("Sec-Fetch-Site", "none")
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

var loader = regexp.MustCompile(`<script src="(/_cobrowse/loader-[0-9A-Za-z_-]+\.js)"[^>]*></script>`)

// CheckButton fails the test unless the page at base holds the tag as the first
// element of its head, and the script that it names is there.
func CheckButton(t *testing.T, base, page string) {
	t.Helper()
	found := loader.FindStringSubmatchIndex(page)
	if found == nil {
		t.Fatalf("the page has no tag of ours:\n%.400s", page)
	}
	head := strings.LastIndex(page[:found[0]], "<head>")
	if head < 0 || strings.TrimSpace(page[head+len("<head>"):found[0]]) != "" {
		t.Errorf("the tag is not the first element of head:\n%.400s", page)
	}
	status, header, body := GetDocument(t, base+page[found[2]:found[3]], "", "")
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/javascript") || body == "" {
		t.Errorf("loader: status %d, Content-Type %q, %d bytes", status, header.Get("Content-Type"), len(body))
	}
}

// testLog writes what the program says on stderr to the test's log, for the
// case that the test fails. Lines that come after the test are dropped.
type testLog struct {
	t *testing.T
}

func (l *testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimRight(string(p), "\n"))
	}
	return len(p), nil
}
