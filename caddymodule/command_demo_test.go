package caddymodule

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// parseDemo reads arguments as the command does.
func parseDemo(args ...string) (demoOptions, error) {
	cmd := &cobra.Command{Use: "demo"}
	demoFlags(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		return demoOptions{}, err
	}
	return readDemoOptions(caddycmd.Flags{FlagSet: cmd.Flags()})
}

// demoConfig is Caddy's configuration as JSON.
func demoConfig(t testing.TB, args ...string) string {
	t.Helper()
	options, err := parseDemo(args...)
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
	if err := caddy.Validate(cfg); err != nil {
		t.Errorf("Caddy refuses it: %v", err)
	}
	return string(raw)
}

func TestDemoConfig(t *testing.T) {
	tests := []struct {
		name      string
		args      []string
		has, lack []string
	}{
		{"default", []string{"--to", "http://legacy:9000"}, []string{`"listen":["127.0.0.1:8080"]`, `"provider":"sandbox"`, `"all_input":true`, `"agents":true`, `"customers":true`, `"disabled":true`, `^https?://(?:legacy:9000)(/|$)`}, []string{"tls"}},
		{"address", []string{"--to", ":9000", "--from", "http://10.1.2.3:81"}, []string{`"listen":["10.1.2.3:81"]`}, []string{`"Location"`}},
		{"https", []string{"--to", "https://shop.example", "--from", "https://demo.localhost:8443"}, []string{`"listen":["127.0.0.1:8443"]`, `"install_trust":false`, `"host":["demo.localhost"]`, `"disable_redirects":true`}, nil},
		{"open to others", []string{"--to", "legacy:9000", "--from", "http://shop.example:8080"}, []string{`"listen":[":8080"]`}, nil},
		{"IPv6", []string{"--to", "legacy:9000", "--from", "http://[::1]:8080"}, []string{`"listen":["[::1]:8080"]`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := demoConfig(t, append(tt.args, "--password", "a-secret-word")...)
			for _, want := range tt.has {
				if !strings.Contains(strings.ReplaceAll(got, `\\`, ``), want) {
					t.Errorf("%s is missing in %s", want, got)
				}
			}
			for _, no := range append(tt.lack, "a-secret-word") {
				if strings.Contains(got, no) {
					t.Errorf("%s is in %s", no, got)
				}
			}
		})
	}
}

// TestDemoCredentials shows that the demo signs with nothing of Zoom's, whatever the
// environment has, all of it or a part.
func TestDemoCredentials(t *testing.T) {
	secrets := map[string]bool{}
	for _, set := range [][]string{
		{"ZOOM_SDK_KEY", "ZOOM_SDK_SECRET", "ZOOM_VIDEO_SDK_KEY", "ZOOM_VIDEO_SDK_SECRET"},
		{"ZOOM_SDK_KEY", "ZOOM_COBROWSE_SDK_KEY"},
		{"ZOOM_VIDEO_SDK_KEY"},
	} {
		t.Run(strings.Join(set, " "), func(t *testing.T) {
			for _, name := range set {
				t.Setenv(name, "operators-own-"+name)
			}
			config := demoConfig(t, "--to", "http://legacy:9000")
			found := regexp.MustCompile(`"sdk_key":"([^"]*)","sdk_secrets":\["([A-Z2-7]{52})"\]`).FindAllStringSubmatch(config, -1)
			if len(found) != 2 || found[0][1] == found[1][1] {
				t.Fatalf("credentials %q", found)
			}
			for _, of := range found {
				if !strings.HasPrefix(of[1], proxy.SandboxKey) || secrets[of[2]] {
					t.Errorf("credentials %q", of)
				}
				secrets[of[2]] = true
			}
		})
	}
}

func TestDemoPassword(t *testing.T) {
	one, err := parseDemo("--to", "x")
	if err != nil {
		t.Fatal(err)
	}
	other, err := parseDemo("--to", "x")
	if err != nil {
		t.Fatal(err)
	}
	if one.password == other.password || !regexp.MustCompile(`^[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}$`).MatchString(one.password) {
		t.Errorf("passwords %q and %q", one.password, other.password)
	}
}

func TestDemoErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no site":        {nil, "--to is missing"},
		"site with path": {[]string{"--to", "http://legacy/shop"}, "--to: "},
		"from with path": {[]string{"--to", "legacy:1", "--from", "http://localhost/x"}, "has a path"},
		"long password":  {[]string{"--to", "legacy:1", "--password", strings.Repeat("x", 80)}, "72 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			options, err := parseDemo(tt.args...)
			if err == nil {
				_, err = options.config()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestDemoAnnounce(t *testing.T) {
	for from, want := range map[string]string{
		"http://10.1.2.3:81":          "http://10.1.2.3:81/",
		"http://localhost:8080":       "http://localhost:8080/",
		":8080":                       "http://localhost:8080/",
		"https://demo.localhost":      "https://demo.localhost/",
		"https://demo.localhost:8443": "https://demo.localhost:8443/",
		"http://[::1]:81":             "http://[::1]:81/",
	} {
		var out strings.Builder
		if err := (demoOptions{from: from, password: "pass-word"}).announce(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "customer   "+want+"\n") || !strings.Contains(out.String(), "agent      "+want+"_cobrowse/desk\n") || !strings.Contains(out.String(), "password pass-word") {
			t.Errorf("%s: %s", from, &out)
		}
		if strings.Contains(out.String(), "HTTPS only") != (from == "http://10.1.2.3:81") {
			t.Errorf("%s: what is said of cameras: %s", from, &out)
		}
	}
}
