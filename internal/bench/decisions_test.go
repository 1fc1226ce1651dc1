package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestParseDecisions(t *testing.T) {
	const text = `# HELP caddy_cobrowse_injections_total Documents
# TYPE caddy_cobrowse_injections_total counter
caddy_cobrowse_injections_total{result="injected",site="site"} 1.234567e+06
caddy_cobrowse_injections_total{result="not-a-document"} 12
caddy_cobrowse_tokens_total{result="minted",role="customer"} 3
`
	got, err := parseDecisions(text)
	if want := map[string]int64{"injected": 1_234_567, "not-a-document": 12}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := parseDecisions(`caddy_cobrowse_injections_total{result="injected"} many`); err == nil {
		t.Error("a count that is no number was accepted")
	}
}

// What was counted before the action is not the action's.
func TestCounting(t *testing.T) {
	count := "5"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`caddy_cobrowse_injections_total{result="injected"} ` + count + "\n"))
	}))
	defer server.Close()
	one := running{peer: peer{name: ourPeer, counts: true}, counters: server.Listener.Addr().String()}
	got, err := one.counting(t.Context(), func() error { count = "12"; return nil })
	if err != nil || got["injected"] != 7 {
		t.Errorf("got %v, %v, want 7", got, err)
	}
	silent := running{peer: peer{name: basePeer}}
	if got, err := silent.counting(t.Context(), func() error { return nil }); err != nil || len(got) != 0 {
		t.Errorf("a peer that does not count: %v, %v", got, err)
	}
}
