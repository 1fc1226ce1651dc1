package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
)

func TestDemo(t *testing.T) {
	proxy := program.Build(t, "../../cmd/cobrowse-proxy")
	env := []string{"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(), "ZOOM_SDK_KEY=", "ZOOM_SDK_SECRET=", "ZOOM_VIDEO_SDK_KEY=", "ZOOM_VIDEO_SDK_SECRET="}
	from := "http://" + program.FreeAddress(t)
	p := program.Start(t, program.Build(t, "."), env, "-binary", proxy, "-from", from, "-upstream", "127.0.0.1:0")

	customer := p.Find(t, regexp.MustCompile(`customer +(http://[^ ]+)/$`))[1]
	desk := p.Find(t, regexp.MustCompile(`agent +(http://[^ ]+)$`))[1]
	login := p.Find(t, regexp.MustCompile(`user ([a-z]+), password ([a-z2-7-]{14})$`))
	if customer != from || desk != from+"/_cobrowse/desk" {
		t.Errorf("the addresses are %s and %s, want them below %s", customer, desk, from)
	}

	status, header, page := program.GetDocument(t, customer+"/", "", "")
	if status != http.StatusOK || header.Get("X-Cobrowse") != "injected" || !strings.Contains(page, "Savings Bank") {
		t.Errorf("home page: status %d, X-Cobrowse %q, %d bytes", status, header.Get("X-Cobrowse"), len(page))
	}
	program.CheckButton(t, customer, page)
	if status, _, _ := program.GetDocument(t, desk, "", ""); status != http.StatusUnauthorized {
		t.Errorf("desk without login: status %d, want 401", status)
	}
	if status, _, _ := program.GetDocument(t, desk, login[1], login[2]); status != http.StatusOK {
		t.Errorf("desk as the agent: status %d, want 200", status)
	}
	if status, _, _ := program.GetDocument(t, customer+"/_cobrowse/sandbox/static/resource/sdk/sandbox/js/3.10.x", "", ""); status != http.StatusOK {
		t.Errorf("the sandbox's SDK: status %d, want 200", status)
	}
	if status, _, room := program.GetDocument(t, customer+"/_cobrowse/video", "", ""); status != http.StatusOK || !strings.Contains(room, "<title>") {
		t.Errorf("the video room: status %d, %d bytes", status, len(room))
	}
	if status, _, _ := program.GetDocument(t, customer+"/_cobrowse/sandbox/uitoolkit/2.5.0-1/videosdk-ui-toolkit.css", "", ""); status != http.StatusOK {
		t.Errorf("the sandbox's UI Toolkit: status %d, want 200", status)
	}
	p.Stop(t)
}

func TestMissingBinarySaysSo(t *testing.T) {
	err := run(t.Context(), options{binary: "no/such/binary", from: "http://127.0.0.1:0", upstream: "127.0.0.1:0"}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "no/such/binary") {
		t.Errorf("error %v, want one that names the binary", err)
	}
}
