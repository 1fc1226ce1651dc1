package caddymodule_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// collector takes spans as an OpenTelemetry collector does (OTLP over HTTP). In
// Protocol Buffers strings stand as they are, which is all that is read here.
type collector struct{ bodies chan []byte }

func (c collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "not spans", http.StatusBadRequest)
		return
	}
	c.bodies <- body
}

// await waits for a span that has the two strings next to each other, as key and
// value of an attribute.
func (c collector) await(t *testing.T, key, value string) {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		select {
		case body := <-c.bodies:
			// A key is followed by the value's field, its length, the string's
			// field and its length: four bytes for strings this short.
			_, after, found := bytes.Cut(body, []byte(key))
			if found && len(after) > 4+len(value) && string(after[4:4+len(value)]) == value {
				return
			}
		case <-deadline:
			t.Fatalf("no span has %s=%s", key, value)
		}
	}
}

// TestTrace lets Caddy send its spans: they say what we did.
func TestTrace(t *testing.T) {
	c := collector{make(chan []byte, 1000)}
	otlp := httptest.NewServer(c)
	defer otlp.Close()
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/data" {
			w.Header().Set("Content-Type", "application/json")
		}
		_, _ = io.WriteString(w, page)
	})
	s := startSite(t, upstream, fmt.Sprintf(`
	tracing
	basic_auth /_cobrowse/desk* {
		%s
	}
	cobrowse {
		agents caddy_user anna
	}
	reverse_proxy {up}`, passwordOf(t, "anna", "hiccup")))
	injected(t, s.get("/"), page)
	c.await(t, "cobrowse.result", "injected")
	s.get("/data")
	c.await(t, "cobrowse.result", "media-type")
	if got := s.postToken("/_cobrowse/desk/join", `{"pin":"000000"}`, login("anna", "hiccup")); got.status != http.StatusForbidden {
		t.Errorf("a wrong PIN: %d %s", got.status, got.body)
	}
	c.await(t, "cobrowse.claim", "unknown")
	idle(t) // before the collector goes
}
