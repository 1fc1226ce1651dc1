package oidc

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/optest"
)

// What the provider knows of its client.
const (
	clientID     = optest.ClientID
	clientSecret = optest.ClientSecret
	password     = optest.Password
)

// realOP is a real OpenID provider on loopback.
type realOP = optest.Provider

// startOP starts a provider with one client, whose redirect URI is as given.
func startOP(t *testing.T, redirectURI string) *realOP {
	t.Helper()
	return optest.Start(t, redirectURI)
}
