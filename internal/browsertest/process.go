package browsertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// process is a program that is started for a test.
type process struct {
	cmd   *exec.Cmd
	lines chan string // what it writes to standard error, until somebody has read enough
	ended chan struct{}
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, lines: make(chan string, 64), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case p.lines <- s.Text():
			default: // nobody reads any more
			}
		}
		close(p.lines)
		_ = cmd.Wait()
	}()
	return p, nil
}

// await returns the first group of the pattern in what the process writes.
func (p *process) await(pattern *regexp.Regexp) (string, error) {
	var said []string
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return "", fmt.Errorf("it ended, saying: %s", strings.Join(said, "\n"))
			}
			if found := pattern.FindStringSubmatch(line); found != nil {
				return found[1], nil
			}
			said = append(said, line)
		case <-timeout:
			return "", fmt.Errorf("it never wrote %s, but: %s", pattern, strings.Join(said, "\n"))
		}
	}
}

// stop gives the process some time to end by itself, then kills what is left
// of it and its children.
func (p *process) stop(grace time.Duration) {
	select {
	case <-p.ended:
	case <-time.After(grace):
	}
	kill(p.cmd)
	<-p.ended
}

// removeSoon removes a folder in which children of a browser may still write.
func removeSoon(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
