package oidc

import (
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Config)
		want string // part of the error; "" means none
	}{
		{"good", func(*Config) {}, ""},
		{"any user", func(c *Config) { c.AllowGroups, c.AllowAnyUser = nil, true }, ""},
		{"public client", func(c *Config) { c.ClientSecret = "" }, ""},
		{"issuer on loopback", func(c *Config) { c.Issuer = "http://localhost:9998" }, ""},
		{"port", func(c *Config) { c.Origin = "https://shop.example:8443" }, ""},
		{"plain loopback", func(c *Config) { c.Origin, c.PlainLoopback = "http://[::1]:8080", true }, ""},

		{"no issuer", func(c *Config) { c.Issuer = "" }, "issuer"},
		{"plain issuer", func(c *Config) { c.Issuer = "http://login.example" }, "not https"},
		{"issuer with password", func(c *Config) { c.Issuer = "https://u:pass-word@login.example" }, "user name or password"},
		{"no client", func(c *Config) { c.ClientID = "" }, "client ID"},
		{"no groups", func(c *Config) { c.AllowGroups = nil }, "name the groups"},
		{"both", func(c *Config) { c.AllowAnyUser = true }, "decide for one"},
		{"empty group", func(c *Config) { c.AllowGroups = []string{""} }, "allowed groups"},
		{"no origin", func(c *Config) { c.Origin = "" }, "origin"},
		{"origin with path", func(c *Config) { c.Origin = "https://shop.example/" }, "origin"},
		{"origin with user", func(c *Config) { c.Origin = "https://u@shop.example" }, "origin"},
		{"plain origin", func(c *Config) { c.Origin = "http://shop.example" }, "plain HTTP"},
		{"plain origin is not loopback", func(c *Config) { c.Origin, c.PlainLoopback = "http://shop.example", true }, "plain HTTP"},
		{"plain loopback is not allowed", func(c *Config) { c.Origin = "http://localhost:8080" }, "plain HTTP"},
		{"not quite loopback", func(c *Config) { c.Origin, c.PlainLoopback = "http://localhost.example", true }, "plain HTTP"},
		{"base", func(c *Config) { c.Base = "cobrowse" }, "base"},
		{"symmetric", func(c *Config) { c.Algorithms = []string{"HS256"} }, "HS256"},
		{"none", func(c *Config) { c.Algorithms = []string{"none"} }, "none"},
		{"times", func(c *Config) { c.Idle, c.Lifetime = time.Hour, time.Minute }, "lifetime"},
		{"negative", func(c *Config) { c.Idle = -1 }, "lifetime"},
		{"short key", func(c *Config) { c.StateKeys = [][]byte{make([]byte, 31)} }, "32"},
		{"return elsewhere", func(c *Config) { c.PostLogoutRedirectURI = "https://shop.example.evil/" }, "post-logout"},
		{"store without key", func(c *Config) { c.Store = struct{ Store }{NewSessions(0)} }, "state keys"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{
				Issuer: "https://login.example", ClientID: clientID, ClientSecret: clientSecret,
				Origin: "https://shop.example", AllowGroups: []string{"agents"},
			}
			tt.edit(&c)
			_, err := New(c)
			switch {
			case (err == nil) != (tt.want == ""):
				t.Fatalf("error %v, want %q", err, tt.want)
			case err == nil:
				return
			case !strings.Contains(err.Error(), tt.want), strings.Contains(err.Error(), clientSecret), strings.Contains(err.Error(), "pass-word"):
				t.Errorf("error %q, want %q and no secret", err, tt.want)
			}
		})
	}
}
