package oidc_test

import (
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/oidc/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) oidc.Store { return oidc.NewSessions(0) })
}
