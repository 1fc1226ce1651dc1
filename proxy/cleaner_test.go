package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// cleaning is a source that believes a header, and takes it from every request.
type cleaning struct{}

func (cleaning) Identify(r *http.Request) (Agent, error) {
	if id := r.Header.Get("X-Agent"); id != "" {
		return Agent{ID: id}, nil
	}
	return Agent{}, agent.ErrNoCredential
}

func (cleaning) Clean(r *http.Request) { r.Header.Del("X-Agent") }

// TestRequestCleaner: what must not come in reaches neither the site, for
// whatever request, nor our own routes.
func TestRequestCleaner(t *testing.T) {
	m := newTestMiddleware(t, Config{Agents: cleaning{}})
	for _, dest := range []string{"document", "image", ""} {
		r := httptest.NewRequest(http.MethodGet, "/konto", nil)
		r.Header.Set("Sec-Fetch-Dest", dest)
		r.Header.Set("X-Agent", "anna")
		r.Header.Set("X-Other", "stays")
		err := m.ServeHTTP(httptest.NewRecorder(), r, func(_ http.ResponseWriter, r *http.Request) error {
			if r.Header.Get("X-Agent") != "" || r.Header.Get("X-Other") != "stays" {
				t.Errorf("%q: the site gets %v", dest, r.Header)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if w := own(t, m, "GET", "/_cobrowse/desk", "X-Agent: anna"); w.Code != http.StatusForbidden {
		t.Errorf("desk: status %d", w.Code)
	}
}
