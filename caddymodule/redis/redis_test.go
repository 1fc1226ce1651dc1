package redis

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
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

		"redis {\ntls {\nca a\nca b\n}\n}":                       "'tls ca' stands here twice",
		"redis {\ntls {\nserver_name a\nserver_name b\n}\n}":     "'tls server_name' stands here twice",
		"redis {\ntls {\ncertificate a b\ncertificate c d\n}\n}": "'tls certificate' stands here twice",
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
	cfg, _, err := (&Store{Password: "{env.REDIS_TEST_PASSWORD}"}).config(caddy.NewReplacer(), logger)
	if err != nil || cfg.Password != "hush-hush" || log.Len() > 0 {
		t.Errorf("%v, log %s", err, &log)
	}
	if cfg, _, err = (&Store{Password: "hush-hush"}).config(caddy.NewReplacer(), logger); err != nil || !strings.Contains(log.String(), "written out") || strings.Contains(log.String(), "hush") {
		t.Errorf("written out: %v, log %s", err, &log)
	}
	for _, raw := range []string{"{env.REDIS_TEST_MISSING}", "{nonsense.hush-hush}"} {
		if _, _, err := (&Store{Password: raw}).config(caddy.NewReplacer(), logger); err == nil || strings.Contains(err.Error(), "hush") {
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
		"no key pair":      {TLS: &TLS{CertificateFile: "redis_test.go", KeyFile: "redis_test.go"}},
		"unknown user":     {Username: "{nothing.here}"},
		"unset user":       {SentinelUsername: "{env.REDIS_TEST_MISSING}"},
	} {
		if _, _, err := s.config(caddy.NewReplacer(), logger); err == nil {
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

// TestUsers: names are expanded as passwords are, and are no secrets.
func TestUsers(t *testing.T) {
	t.Setenv("REDIS_TEST_USER", "cobrowse")
	t.Setenv("REDIS_TEST_GUARD", "guard")
	t.Setenv("REDIS_TEST_HOST", "::1")
	var log bytes.Buffer
	s := &Store{Username: "{env.REDIS_TEST_USER}", SentinelUsername: "{env.REDIS_TEST_GUARD}", Addresses: []string{"{env.REDIS_TEST_HOST}"}}
	cfg, _, err := s.config(caddy.NewReplacer(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || cfg.Username != "cobrowse" || cfg.SentinelUsername != "guard" {
		t.Errorf("user %q, for the Sentinels %q: %v", cfg.Username, cfg.SentinelUsername, err)
	}
	if len(cfg.Addresses) != 1 || cfg.Addresses[0] != "[::1]:6379" {
		t.Errorf("addresses %q", cfg.Addresses)
	}
	s = &Store{Username: "cobrowse", SentinelUsername: "guard"}
	if cfg, _, err = s.config(caddy.NewReplacer(), slog.New(slog.NewTextHandler(&log, nil))); err != nil || cfg.Username != "cobrowse" || log.Len() > 0 {
		t.Errorf("written out: %q, %v, log %s", cfg.Username, err, &log)
	}
	was, err := digest(s, cfg, tlsFiles{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.SentinelUsername = "another"
	if is, err := digest(s, cfg, tlsFiles{}); err != nil || is == was {
		t.Errorf("another name, the same client: %v", err)
	}
}

func TestHostPort(t *testing.T) {
	for address, want := range map[string]string{
		"cache.internal":      "cache.internal:6379",
		"cache.internal:6380": "cache.internal:6380",
		"cache.internal:":     "cache.internal:6379",
		"10.0.0.2":            "10.0.0.2:6379",
		"::1":                 "[::1]:6379",
		"[::1]":               "[::1]:6379",
		"[::1]:6380":          "[::1]:6380",
		"fe80::1%eth0":        "[fe80::1%eth0]:6379",
		"2001:db8::2":         "[2001:db8::2]:6379",
		"{env.REDIS}":         "{env.REDIS}",
		"{env.REDIS}:6380":    "{env.REDIS}:6380",
		"one:two:three":       "one:two:three",
	} {
		if got := hostPort(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// FuzzHostPort: an address that is complete stays as it is, and only those that
// are none are without a port.
func FuzzHostPort(f *testing.F) {
	for _, address := range []string{"cache", "cache:1", "::1", "[::1]:1", "[::1", "a:b:c", "{env.A}"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		whole := hostPort(address)
		if again := hostPort(whole); again != whole {
			t.Errorf("%q becomes %q, and that %q", address, whole, again)
		}
		if _, err := netip.ParseAddr(address); err == nil && !strings.ContainsAny(address, "[]{") { // a zone may hold any text
			if host, port, err := net.SplitHostPort(whole); host != address || port != "6379" || err != nil {
				t.Errorf("%q becomes %q: %v", address, whole, err)
			}
		}
	})
}

// pair writes a new certificate and its key to the folder, as cert.pem and key.pem.
func pair(t *testing.T, folder string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"redis.internal"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRenewed: a reload after a certificate was renewed in its place makes a new
// client, one without does not.
func TestRenewed(t *testing.T) {
	for name, use := range map[string]func(certificate, key string) *TLS{
		"ca":          func(certificate, _ string) *TLS { return &TLS{CAFile: certificate} },
		"certificate": func(certificate, key string) *TLS { return &TLS{CertificateFile: certificate, KeyFile: key} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
			defer cancel()
			folder := t.TempDir()
			load := func() *Store {
				t.Helper()
				s := &Store{Addresses: []string{"127.0.0.1:1"}, TLS: use(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"))}
				if err := s.Provision(ctx); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := s.Cleanup(); err != nil {
						t.Error(err)
					}
				})
				return s
			}
			pair(t, folder)
			one, two := load(), load()
			if one.SessionStore() != two.SessionStore() {
				t.Error("the same files, another client")
			}
			pair(t, folder)
			if three := load(); three.SessionStore() == one.SessionStore() {
				t.Error("renewed files, the same client")
			}
		})
	}
}
