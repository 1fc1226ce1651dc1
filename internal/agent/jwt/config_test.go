package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	tests := []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"good", func(*Config) {}, ""},
		{"no leeway", func(c *Config) { c.Leeway = -1 }, ""},
		{"nothing to check with", func(c *Config) { c.Secrets = nil }, "checked in one way"},
		{"two ways", func(c *Config) { c.JWKSURL = "https://login.example/jwks" }, "checked in one way"},
		{"two places", func(c *Config) { c.Header, c.Cookie = "X-Jwt", "jwt" }, "one place"},
		{"header name", func(c *Config) { c.Header = "X Jwt" }, "header name"},
		{"cookie name", func(c *Config) { c.Cookie = "a;b" }, "cookie name"},
		{"no issuer", func(c *Config) { c.Issuer = "" }, "issuer"},
		{"no audience", func(c *Config) { c.Audience = nil }, "audience"},
		{"empty audience", func(c *Config) { c.Audience = []string{""} }, "audience"},
		{"leeway", func(c *Config) { c.Leeway = time.Hour }, "leeway"},
		{"short secret", func(c *Config) { c.Secrets = [][]byte{secret, []byte("short")} }, "32 bytes"},
		{"secret too short for HS512", func(c *Config) { c.Algorithms = []string{"HS512"} }, "64 bytes"},
		{"RS256 with a secret", func(c *Config) { c.Algorithms = []string{"HS256", "RS256"} }, "not for secrets"},
		{"none with a secret", func(c *Config) { c.Algorithms = []string{"none"} }, "not for secrets"},
		{"HS256 with a key", func(c *Config) {
			c.Secrets, c.Keys, c.Algorithms = nil, []crypto.PublicKey{rsaKey.private.Public()}, []string{"HS256"}
		}, "not for public keys"},
		{"none with a key set", func(c *Config) {
			c.Secrets, c.JWKSURL, c.Algorithms = nil, "https://login.example/jwks", []string{"none"}
		}, "not for public keys"},
		{"a key for none of the algorithms", func(c *Config) {
			c.Secrets, c.Keys, c.Algorithms = nil, []crypto.PublicKey{ecKey.private.Public()}, []string{"RS256"}
		}, "fits none"},
		{"a small key", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{small.Public()} }, "2048 bits"},
		{"another curve", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{p224.Public()} }, "P-256"},
		{"a secret as key", func(c *Config) { c.Secrets, c.Keys = nil, []crypto.PublicKey{secret} }, "public key"},
		{"plain key set", func(c *Config) { c.Secrets, c.JWKSURL = nil, "http://login.example/jwks" }, "not https"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Issuer: issuer, Audience: []string{audience}, Secrets: [][]byte{secret}}
			tt.edit(&c)
			_, err := New(c)
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), string(secret))) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParsePEM(t *testing.T) {
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(rsaKey.private))})
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(rsaKey.private.Public().(*rsa.PublicKey))})
	template := &x509.Certificate{SerialNumber: must(rand.Int(rand.Reader, rsaKey.private.Public().(*rsa.PublicKey).N))}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: must(x509.CreateCertificate(rand.Reader, template, template, rsaKey.private.Public(), rsaKey.private))})
	for name, text := range map[string][]byte{"PKIX": publicPEM(rsaKey.private), "PKCS #1": pkcs1, "certificate": cert, "text around": append([]byte("# ours\n"), pkcs1...)} {
		keys, err := ParsePEM(text)
		if err != nil || len(keys) != 1 || !keys[0].(*rsa.PublicKey).Equal(rsaKey.private.Public()) {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
	for name, text := range map[string][]byte{"private": private, "after a public one": append(publicPEM(ecKey.private), private...), "empty": nil, "no PEM": []byte("key"), "broken": []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")} {
		if keys, err := ParsePEM(text); err == nil {
			t.Errorf("%s: %v", name, keys)
		}
	}
}
