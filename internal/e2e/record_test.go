package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
)

// line is what tests read of a line of the audit record.
type line struct {
	Event     string
	Outcome   string
	Reason    string
	Session   string
	AgentID   string `json:"agent_id"`
	TokenHash string `json:"token_hash"`
}

// record are the files of an instance's audit record.
func (i *instance) record() []string {
	i.t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(i.set.Audit), "audit*.jsonl"))
	if err != nil || len(files) == 0 {
		i.t.Fatalf("no audit record: %v", err)
	}
	return files
}

// lines reads the record.
func (i *instance) lines() []line {
	i.t.Helper()
	var all []line
	for _, path := range i.record() {
		f, err := os.Open(path) // #nosec G304 -- below the test's folder
		if err != nil {
			i.t.Fatal(err)
		}
		scanner := bufio.NewScanner(f)
		for scanner.Scan() {
			var l line
			if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
				i.t.Fatalf("%s: %v: %q", path, err, scanner.Text())
			}
			all = append(all, l)
		}
		_ = f.Close()
	}
	return all
}

// verify checks the chain of some files as an auditor does, up to a checkpoint
// that was noted before, if any. The error is that of the command.
func (i *instance) verify(checkpoint string, files ...string) (string, error) {
	args := []string{"audit", "verify", "--key-env", "AUDIT_KEY"}
	if checkpoint != "" {
		args = append(args, "--checkpoint", checkpoint)
	}
	report, err := i.command(append(args, files...)...).CombinedOutput()
	return string(report), err
}

// checkpoint finds the end of a chain in a report.
var checkpoint = regexp.MustCompile(`[0-9a-f]{32}:[0-9]+:[0-9a-f]{64}`)

// intact fails the test unless the record's chain is whole, and returns its
// end.
func (i *instance) intact() string {
	i.t.Helper()
	report, err := i.verify("", i.record()...)
	if err != nil || !checkpoint.MatchString(report) {
		i.t.Errorf("the audit record: %v\n%s", err, report)
	}
	return checkpoint.FindString(report)
}
