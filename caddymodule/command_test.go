package caddymodule

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// TestProxyConfig compares the configuration of the command with golden files.
func TestProxyConfig(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"port", []string{"--from", ":8080", "--to", "http://legacy:9000"}},
		{"host", []string{"--from", "shop.example", "--to", "10.0.0.1:9000", "--to", "10.0.0.2:9000"}},
		{"host_port", []string{"--from", "shop.example:8443", "--to", "https://legacy", "--change-host-header"}},
		{"http_host", []string{"--from", "http://shop.example", "--to", "legacy:9000", "--origin", "https://shop.example,https://www.shop.example"}},
		{"everything", []string{"--to", "legacy:9000", "--path", "/help", "--zoom-host", "eu01-zcb.zoom.us", "--expose", "--access-log", "--debug"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options, err := parseProxy(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := options.config()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(cfg)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, raw, "", "\t"); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			golden := "testdata/proxy/" + tt.name + ".json"
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", &got, want)
			}
		})
	}
}

// parseProxy reads arguments as the command does.
func parseProxy(args []string) (proxyOptions, error) {
	cmd := &cobra.Command{Use: "proxy"}
	proxyFlags(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		return proxyOptions{}, err
	}
	return readProxyOptions(caddycmd.Flags{FlagSet: cmd.Flags()})
}

// TestProxyErrors covers arguments that make no proxy.
func TestProxyErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no site":         {nil, "--to is missing"},
		"site with path":  {[]string{"--to", "http://legacy/shop"}, "--to: "},
		"WebSocket site":  {[]string{"--to", "ws://legacy"}, "--to: "},
		"from with path":  {[]string{"--from", "shop.example/help", "--to", "a:1"}, `--from "shop.example/help" has a path`},
		"from is no port": {[]string{"--from", ":99999", "--to", "a:1"}, `--from ":99999" is no address`},
		"from is no site": {[]string{"--from", "ftp://shop.example", "--to", "a:1"}, "only http and https"},
	} {
		t.Run(name, func(t *testing.T) {
			options, err := parseProxy(tt.args)
			if err == nil {
				_, err = options.config()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
