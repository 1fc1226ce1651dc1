package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

// holds is an Observer that remembers holds.
type holds struct {
	noObserver
	methods []string
	longest time.Duration
}

func (h *holds) Held(method string, held time.Duration) {
	h.methods = append(h.methods, method)
	h.longest = max(h.longest, held)
}

// TestHeld: every document that was looked at is told of once, by the way that
// it took, with the time from the site's header on.
func TestHeld(t *testing.T) {
	const pause = 20 * time.Millisecond // at least: a busy machine takes longer
	for name, tt := range map[string]struct {
		mediaType, coding, body string
		want                    []string
	}{
		"identity":     {"text/html", "", page, []string{string(inject.MethodInserted)}},
		"gzip":         {"text/html", "gzip", encode(t, "gzip", page), []string{string(inject.MethodSpliced)}},
		"brotli":       {"text/html", "br", encode(t, "br", page), []string{string(inject.MethodRecoded)}},
		"unknown":      {"text/html", "compress", "no page", []string{string(inject.MethodUntouched)}},
		"no HTML":      {"application/pdf", "", "%PDF", nil},
		"empty":        {"text/html", "", "", nil},
		"another form": {"image/png", "", page, nil},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &holds{}
			m := newTestMiddleware(t, Config{Observer: seen})
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			err := m.ServeHTTP(httptest.NewRecorder(), r, func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", tt.mediaType)
				if tt.coding != "" {
					w.Header().Set("Content-Encoding", tt.coding)
				}
				w.WriteHeader(http.StatusOK)
				time.Sleep(pause)
				_, err := io.WriteString(w, tt.body)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(seen.methods, tt.want) {
				t.Errorf("methods %q, want %q", seen.methods, tt.want)
			}
			if tt.want != nil && seen.longest < pause {
				t.Errorf("held %v, but the site paused for %v", seen.longest, pause)
			}
		})
	}
}

// lockouts is an Observer that remembers lockouts.
type lockouts struct {
	noObserver
	limits []string
}

func (l *lockouts) Lockout(limit string) { l.limits = append(l.limits, limit) }

// TestLockoutIsTold: of the tries beyond a limit, and of no others.
func TestLockoutIsTold(t *testing.T) {
	seen := &lockouts{}
	o := newOffice(t, func(c *Config) {
		c.Observer = seen
		c.Desk.Limits.TriesPerAgent = SessionRate{Max: 2, Window: time.Minute}
	})
	for range 4 {
		o.refused(http.StatusForbidden, "pin-refused", "desk/join", map[string]string{"pin": "000000"}, "Agent", "Eve")
	}
	if want := []string{"too_many_tries_agent", "too_many_tries_agent"}; !slices.Equal(seen.limits, want) {
		t.Errorf("got %q, want %q", seen.limits, want)
	}
}
