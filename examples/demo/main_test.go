package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
)

func TestDemo(t *testing.T) {
	proxy := program.Build(t, "../../cmd/cobrowse-proxy")
	env := []string{"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir()}
	listen := program.FreeAddress(t)
	p := program.Start(t, program.Build(t, "."), env, "-binary", proxy, "-listen", listen, "-upstream", "127.0.0.1:0")
	base := p.Address(t)
	if base != "http://"+listen {
		t.Errorf("the first address is %s, want the customers', http://%s", base, listen)
	}
	p.WaitFor(t, base)
	status, header, page := program.GetDocument(t, base+"/", "", "")
	if status != http.StatusOK || header.Get("X-Cobrowse") != "injected" || !strings.Contains(page, "Savings Bank") {
		t.Errorf("home page: status %d, X-Cobrowse %q, %d bytes", status, header.Get("X-Cobrowse"), len(page))
	}
	program.CheckButton(t, base, page)
	if status, _, _ := program.GetDocument(t, base+"/_cobrowse/desk", "", ""); status != http.StatusUnauthorized {
		t.Errorf("desk without login: status %d, want 401", status)
	}
	if status, _, _ := program.GetDocument(t, base+"/_cobrowse/desk", "agent", "harbour"); status != http.StatusOK {
		t.Errorf("desk as the agent: status %d, want 200", status)
	}
	p.Stop(t)
}

func TestMissingBinarySaysSo(t *testing.T) {
	err := run(t.Context(), options{binary: "no/such/binary", listen: "127.0.0.1:0", upstream: "127.0.0.1:0"}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "no/such/binary") {
		t.Errorf("error %v, want one that names the binary", err)
	}
}
