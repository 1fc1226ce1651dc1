package caddymodule

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

const testSecret = "Zq7-only-for-tests-not-hex"

// TestCredentials covers where credentials may come from, and what is said
// where they don't come.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secretFile, blankFile := file("secret", testSecret+"\n"), file("blank", "  \n")
	tests := []struct {
		name    string
		env     map[string]string
		handler Handler
		want    credentials
		errors  []string // empty: no error
		warns   bool
	}{
		{
			name: "environment", env: map[string]string{"ZOOM_SDK_KEY": "key", "ZOOM_SDK_SECRET": testSecret},
			want: credentials{"key", []string{testSecret}},
		},
		{
			name: "file and rotation", env: map[string]string{"ZOOM_SDK_KEY": "key", "OLD": "previous"},
			handler: Handler{SDKSecrets: []string{"{file." + secretFile + "}", "{env.OLD}"}},
			want:    credentials{"key", []string{testSecret, "previous"}},
		},
		{
			name: "written out", handler: Handler{SDKKey: "key", SDKSecrets: []string{testSecret}},
			want: credentials{"key", []string{testSecret}}, warns: true,
		},
		{
			name:   "nothing",
			errors: []string{"the environment variable ZOOM_SDK_KEY is not set, or empty", "the environment variable ZOOM_SDK_SECRET is not set, or empty", `"sdk_secret {file./run/secrets/zoom_sdk_secret}"`},
		},
		{
			name: "no secret", env: map[string]string{"ZOOM_SDK_KEY": "key"},
			errors: []string{"sdk_secret is missing: the environment variable ZOOM_SDK_SECRET"},
		},
		{
			name: "another variable", env: map[string]string{"ZOOM_SDK_KEY": "key"},
			handler: Handler{SDKSecrets: []string{"{env.COBROWSE_TEST_UNSET}"}},
			errors:  []string{"the environment variable COBROWSE_TEST_UNSET is not set"},
		},
		{
			name: "no file", env: map[string]string{"ZOOM_SDK_KEY": "key"},
			handler: Handler{SDKSecrets: []string{"{file." + dir + "/none}"}},
			errors:  []string{"sdk_secret is missing: the file " + dir + "/none cannot be read, or is empty"},
		},
		{
			name: "blank file", env: map[string]string{"ZOOM_SDK_KEY": "key"},
			handler: Handler{SDKSecrets: []string{"{file." + blankFile + "}"}},
			errors:  []string{"sdk_secret is empty, or has white space around it"},
		},
		{
			name: "unknown placeholder", env: map[string]string{"ZOOM_SDK_KEY": "key"},
			handler: Handler{SDKSecrets: []string{"Zq7-{only-for}-tests"}},
			errors:  []string{"sdk_secret has a placeholder that Caddy does not know", `\{`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("ZOOM_SDK_KEY", "")
			t.Setenv("ZOOM_SDK_SECRET", "")
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			var log bytes.Buffer
			got, err := tt.handler.expandCredentials(caddy.NewReplacer(), slog.New(slog.NewTextHandler(&log, nil)))
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if (err != nil) != (len(tt.errors) > 0) {
				t.Fatalf("error %v", err)
			}
			for _, want := range tt.errors {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not have %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "only-for") {
				t.Errorf("error %q tells the secret", err)
			}
			if strings.Contains(log.String(), testSecret) {
				t.Errorf("log tells the secret: %s", &log)
			}
			if warned := strings.Contains(log.String(), "written out"); warned != tt.warns {
				t.Errorf("log %q", &log)
			}
		})
	}
}
