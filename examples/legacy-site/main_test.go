package main

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The program is built and run as a user would, fetched once while a ticker is
// open, and stopped by a signal.
func TestProgramServesAndStops(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "legacy-site")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	command := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill() }()

	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if base == "" {
		t.Fatalf("first line %q names no address", line)
	}
	ticker, err := http.Get(base + "/ticker/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ticker.Body.Close() }()
	response, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || !strings.Contains(string(page), "Savings Bank") {
		t.Errorf("home page: %v, %d bytes", err, len(page))
	}

	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}
