package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
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

// verify checks the chain of some files as an auditor does.
func verify(files ...string) (string, error) {
	key, err := audit.NewKey([]byte(auditKey))
	if err != nil {
		return "", err
	}
	var report strings.Builder
	err = audit.VerifyFiles(&report, audit.VerifyOptions{Keys: []audit.Key{key}}, files...)
	return report.String(), err
}

// intact fails the test unless the record's chain is whole.
func (i *instance) intact() {
	i.t.Helper()
	if report, err := verify(i.record()...); err != nil {
		i.t.Errorf("the audit record: %v\n%s", err, report)
	}
}
