package redis

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func parse(text string) (*Store, error) {
	s := new(Store)
	return s, s.UnmarshalCaddyfile(caddyfile.NewTestDispenser(text))
}

func TestCaddyfile(t *testing.T) {
	s, err := parse(`redis cache.internal 10.0.0.2:6380 {
		sentinel main guard {env.SENTINEL}
		db 3
		user cobrowse
		password {env.REDIS_PASSWORD}
		prefix shop:
		timeout 300ms
		tls {
			ca /etc/ca.pem
			certificate /etc/c.pem /etc/k.pem
			server_name redis.internal
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"addresses":["cache.internal:6379","10.0.0.2:6380"],"sentinel_master":"main","db":3,"username":"cobrowse","password":"{env.REDIS_PASSWORD}",` +
		`"sentinel_username":"guard","sentinel_password":"{env.SENTINEL}","tls":{"ca_file":"/etc/ca.pem","certificate_file":"/etc/c.pem","key_file":"/etc/k.pem","server_name":"redis.internal"},` +
		`"prefix":"shop:","timeout":300000000}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCaddyfileErrors(t *testing.T) {
	for block, want := range map[string]string{
		"redis {\ncolour red\n}":                  "unknown word 'colour'; known are cluster",
		"redis {\ndb one\n}":                      "db 'one' is no number",
		"redis {\ndb\n}":                          "write db <number>",
		"redis {\ndb 1\ndb 2\n}":                  "twice",
		"redis {\ncluster yes\n}":                 "takes nothing",
		"redis {\nsentinel a b\n}":                "write sentinel",
		"redis {\npassword a b\n}":                "write password",
		"redis {\ntimeout soon\n}":                "no duration",
		"redis {\ntls on\n}":                      "tls alone",
		"redis {\ntls {\ncertificate x\n}\n}":     "<key file>",
		"redis {\ntls {\ncolour red\n}\n}":        "unknown word 'tls colour'",
		"redis {\ntls {\nca\n}\n}":                "write tls ca",
		"redis {\ntls {\nserver_name a b\n}\n}":   "write tls server_name",
		"redis {\nprefix\n}":                      "write prefix",
		"redis {\nuser\n}":                        "write user",
		"redis {\ncluster\ncluster\n}":            "twice",
		"redis 127.0.0.1 {\nuser a\nuser b\n}":    "twice",
		"redis {\nsentinel\n}":                    "write sentinel",
		"redis {\ntimeout\n}":                     "write timeout",
		"redis {\ntls {\ncertificate a b c\n}\n}": "<key file>",
	} {
		if _, err := parse(block); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", block, err, want)
		}
	}
}

// TestSecrets: a password is expanded, missing ones are told, and none is shown.
func TestSecrets(t *testing.T) {
	t.Setenv("REDIS_TEST_PASSWORD", "hush-hush")
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	cfg, err := (&Store{Password: "{env.REDIS_TEST_PASSWORD}"}).config(caddy.NewReplacer(), logger)
	if err != nil || cfg.Password != "hush-hush" || log.Len() > 0 {
		t.Errorf("%v, log %s", err, &log)
	}
	if cfg, err = (&Store{Password: "hush-hush"}).config(caddy.NewReplacer(), logger); err != nil || !strings.Contains(log.String(), "written out") || strings.Contains(log.String(), "hush") {
		t.Errorf("written out: %v, log %s", err, &log)
	}
	for _, raw := range []string{"{env.REDIS_TEST_MISSING}", "{nonsense.hush-hush}"} {
		if _, err := (&Store{Password: raw}).config(caddy.NewReplacer(), logger); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: error %v", raw, err)
		}
	}
	for name, s := range map[string]*Store{
		"both kinds":       {Cluster: true, SentinelMaster: "m"},
		"half a pair":      {TLS: &TLS{CertificateFile: "x"}},
		"no such file":     {TLS: &TLS{CAFile: "/does/not/exist"}},
		"unknown address":  {Addresses: []string{"{nothing.here}"}},
		"no certificate":   {TLS: &TLS{CAFile: "redis_test.go"}},
		"no such key pair": {TLS: &TLS{CertificateFile: "x", KeyFile: "y"}},
	} {
		if _, err := s.config(caddy.NewReplacer(), logger); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestPool: a client outlives a reload, and ends with its last user. Nothing is
// asked of the server, of which there is none.
func TestPool(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	one, two := &Store{Addresses: []string{"127.0.0.1:1"}}, &Store{Addresses: []string{"127.0.0.1:1"}}
	if err := one.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	if err := two.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	if one.SessionStore() != two.SessionStore() {
		t.Error("a reload makes another client")
	}
	if err := one.Cleanup(); err != nil {
		t.Error(err)
	}
	if n, running := stores.References(two.key); !running || n != 1 {
		t.Errorf("%d references", n)
	}
	if err := two.Cleanup(); err != nil {
		t.Error(err)
	}
	if err := two.Cleanup(); err != nil {
		t.Error(err)
	}
}
