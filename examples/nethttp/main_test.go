package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
	"github.com/cobrowse-proxy/cobrowse-proxy/examples/legacy-site/site"
)

// Both ways in give the same: the button on the page, and a desk for agents.
func TestProgram(t *testing.T) {
	legacy := httptest.NewServer(site.New())
	defer legacy.Close()
	binary := program.Build(t, ".")
	env := []string{"ZOOM_SDK_KEY=example-key", "ZOOM_SDK_SECRET=example-secret-of-32-characters!", "DESK_PASSWORD=open sesame"}
	tests := []struct {
		name string
		args []string
	}{
		{"wrapping a handler", nil},
		{"in front of a server", []string{"-upstream", legacy.URL}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := program.Start(t, binary, env, append([]string{"-listen", "127.0.0.1:0"}, tt.args...)...)
			base := p.Address(t)
			status, header, page := program.GetDocument(t, base+"/", "", "")
			if status != http.StatusOK || header.Get("X-Cobrowse") != "injected" {
				t.Errorf("status %d, X-Cobrowse %q", status, header.Get("X-Cobrowse"))
			}
			if !strings.Contains(page, "Savings Bank") {
				t.Error("this is not the bank's page")
			}
			program.CheckButton(t, base, page)
			checkDesk(t, base+"/_cobrowse/desk")
			p.Stop(t)
		})
	}
}

func checkDesk(t *testing.T, desk string) {
	t.Helper()
	for password, want := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, "open sesame": http.StatusOK} {
		user := "ada"
		if password == "" {
			user = ""
		}
		if status, _, _ := program.GetDocument(t, desk, user, password); status != want {
			t.Errorf("desk with password %q: status %d, want %d", password, status, want)
		}
	}
}

func TestDeskWithoutPasswordIsClosed(t *testing.T) {
	handler, err := newHandler("", func(name string) string {
		return map[string]string{"ZOOM_SDK_KEY": "example-key", "ZOOM_SDK_SECRET": "example-secret-of-32-characters!"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/_cobrowse/desk", "/_COBROWSE/desk", "/_cobrowse/./desk"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.SetBasicAuth("ada", "")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusOK {
			t.Errorf("%s: status 200 without a password being set", path)
		}
	}
}

func TestMissingCredentialsStopTheStart(t *testing.T) {
	_, err := newHandler("", func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "ZOOM_SDK_KEY") {
		t.Errorf("error %v, want one that names ZOOM_SDK_KEY", err)
	}
}
