package samples_test

import (
	"flag"
	"os"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token/samples"
)

var update = flag.Bool("update", false, "write docs/compatibility.md again")

// TestPage: docs/compatibility.md says what the lists say.
func TestPage(t *testing.T) {
	const path = "../../../docs/compatibility.md"
	if *update {
		if err := os.WriteFile(path, []byte(samples.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != samples.Page() {
		t.Error("docs/compatibility.md is out of date: go test ./internal/token/samples -update")
	}
}

// TestReasons: a difference has a reason, and what is the same has none.
func TestReasons(t *testing.T) {
	for _, d := range append(samples.Differences(), samples.ZoomApps()...) {
		if d.Topic == "" || d.Sample == "" || (d.Ours == "") != (d.Why == "") || d.Ours == "" && len(d.Cases) > 0 {
			t.Errorf("incomplete: %+v", d)
		}
	}
	for _, s := range samples.Same() {
		if s.Topic == "" || s.Sample == "" || s.Ours != "" || s.Why != "" || len(s.Cases) > 0 {
			t.Errorf("not the same: %+v", s)
		}
	}
}
