package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
)

func Example() {
	folder, _ := os.MkdirTemp("", "audit")
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "audit.jsonl")
	key, err := audit.NewKey([]byte("32 bytes that are kept elsewhere")) // better: random ones
	if err != nil {
		fmt.Println(err)
		return
	}

	writer, err := audit.Open(audit.Config{Path: path, Key: key})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := "eyJ…"
	err = writer.Append(context.Background(), audit.Record{
		Event: audit.EventTokenIssued, Outcome: audit.Success, Role: "agent", AgentID: "anna", AgentSource: "oidc",
		Session: "5f0c", Page: "https://shop.example/checkout?card=4711", TokenHash: audit.TokenHash(token),
	})
	if err != nil {
		fmt.Println("no token:", err)
		return
	}
	// Now, and not before, the token may leave.
	_ = writer.Close()

	var options audit.VerifyOptions
	options.Keys = []audit.Key{key}
	f, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = f.Close() }()
	report, err := audit.Verify(options, audit.Source{Name: "audit.jsonl", Reader: f})
	fmt.Println(report.OK(), report.Chains[0].Lines, err)
	// Output: true 2 <nil>
}
