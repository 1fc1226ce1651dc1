package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each configuration names the addresses, and says whether pages are edited.
func TestPeerConfigurations(t *testing.T) {
	tests := []struct {
		peer, file string
		contains   []string
	}{
		{"caddy", "Caddyfile", []string{"http://127.0.0.1:1111 {\n\treverse_proxy 127.0.0.1:2222\n}", "admin off"}},
		{"ours", "Caddyfile", []string{"http://127.0.0.1:1111 {\n\tcobrowse\n\treverse_proxy 127.0.0.1:2222\n}", "http://127.0.0.1:3333 {\n\tmetrics\n}"}},
		{"nginx", "nginx.conf", []string{"listen 127.0.0.1:1111;", "server 127.0.0.1:2222;", "sub_filter '<head>' '<head>" + peerTag + "';", "worker_processes 2;"}},
		{"apache", "apache.conf", []string{"Listen 127.0.0.1:1111\n", "ProxyPass / http://127.0.0.1:2222/\n", "Substitute 's|<head>|<head>" + peerTag + "|n'\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.peer, func(t *testing.T) {
			s := setting{folder: t.TempDir(), listen: "127.0.0.1:1111", origin: "127.0.0.1:2222", counters: "127.0.0.1:3333", caddy: "/bin/proxy", workers: 2}
			command, err := peerByName(t, tt.peer).command(s)
			if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
				t.Log("the program is not installed; its configuration is written all the same")
			} else if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(command, " "), filepath.Join(s.folder, tt.file)) {
				t.Errorf("command %q does not name its file", command)
			}
			text, err := os.ReadFile(filepath.Join(s.folder, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.contains {
				if !strings.Contains(string(text), want) {
					t.Errorf("the configuration lacks %q:\n%s", want, text)
				}
			}
		})
	}
}

func peerByName(t *testing.T, name string) peer {
	t.Helper()
	for _, p := range peers() {
		if p.name == name {
			return p
		}
	}
	t.Fatalf("no peer %s", name)
	return peer{}
}

func TestEveryPeerHasATitle(t *testing.T) {
	for _, p := range peers() {
		if peerTitles[p.name] == "" {
			t.Errorf("%s has no title", p.name)
		}
	}
}
